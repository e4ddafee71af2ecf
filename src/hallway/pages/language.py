"""Which language the pages speak to this browser, when it is not the one the browser asks for."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils.module_loading import import_string

from hallway.errors import InvalidParameters

from .page import Page, next_page

# Those that Hallway is translated into, each by its own name.
SPOKEN = {"en": "English", "zh-hans": "中文"}
YEAR = 365 * 86400


class LanguageView(Page):
    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember a language in Django's own cookie; a blank one leaves it to the browser."""
        language = request.POST.get("language", "")
        if language and language not in offered():
            raise InvalidParameters
        answer = HttpResponseRedirect(next_page(request) or reverse("hallway:home"))
        path, domain = settings.LANGUAGE_COOKIE_PATH, settings.LANGUAGE_COOKIE_DOMAIN
        if not language:
            answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, path=path, domain=domain)
            return answer
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE or YEAR,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
            path=path,
            domain=domain,
        )
        return answer


def offered() -> dict[str, str]:
    """The languages to choose from: none where the site knows one only, or never asks."""
    if not any(map(_tells_languages, settings.MIDDLEWARE)):
        return {}
    known = dict(settings.LANGUAGES)
    spoken = {code: name for code, name in SPOKEN.items() if code in known}
    return spoken if len(spoken) > 1 else {}


@cache
def _tells_languages(middleware: str) -> bool:
    made = import_string(middleware)
    return isinstance(made, type) and issubclass(made, LocaleMiddleware)


def chosen(request: HttpRequest) -> str:
    """The language this browser has chosen here; blank for its own."""
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if code in SPOKEN else ""
