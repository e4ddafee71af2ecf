"""Django's middlewares, without what they would do in vain: every request pays for them."""

from collections.abc import Awaitable
from functools import lru_cache

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# What fits into one packet arrives no sooner when it is compressed.
ONE_PACKET = 1200


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages and JSON; streams do not come this way."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.streaming and len(response.content) < ONE_PACKET:  # type: ignore[attr-defined]
            return response
        return super().process_response(request, response)


class SessionMiddleware(sessions.SessionMiddleware):
    """There is little to do for a session that was only read, in an answer that nobody keeps."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if _is_kept(response) or session.modified or session.is_empty():
            return super().process_response(request, response)
        if session.accessed:
            response.headers.setdefault("Vary", "Cookie")
        return response


class LanguageMiddleware(LocaleMiddleware):
    """The reader's language. Addresses have none here, and there are few that browsers ask for."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        request.LANGUAGE_CODE = language = _language(chosen, accepted)
        translation.activate(language)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if _is_kept(response):
            return super().process_response(request, response)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class AdminMessagesMiddleware(MessageMiddleware):
    """What the admin says on its next page; nobody else here does."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if request.path_info.startswith("/admin/"):
            return super().__call__(request)
        return self.get_response(request)


def _is_kept(response: HttpResponseBase) -> bool:
    """Whether anybody may keep it, or something was said already of what it varies with."""
    return response.headers.get("Cache-Control") != "no-store" or "Vary" in response.headers


@lru_cache(256)
def _language(chosen: str, accepted: str) -> str:
    request = HttpRequest()
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)
