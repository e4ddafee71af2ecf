"""Who calls the API: the session's author, with Django's CSRF token for what changes things."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security.base import AuthBase

from hallway.errors import CsrfFailed, NotSignedIn
from hallway.identity import author_of
from hallway.models import Author


class SessionAuth(AuthBase):
    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Author:
        author = author_of(request)
        if author is None:
            raise NotSignedIn
        # Kept whole before the check of the token looks into a form: a multipart body can be read
        # from its source once only, and what parses it for the call comes second.
        _ = request.body
        if _lacks_token(request):
            raise CsrfFailed
        return author


def _lacks_token(request: HttpRequest) -> bool:
    """As Ninja's `check_csrf`, which makes a middleware for every call."""
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    if "CSRF_COOKIE" not in request.META:  # as the site's own middleware has read it
        _csrf.process_request(request)
    return _csrf.process_view(request, _no_view, (), {}) is not None


def _no_view(request: HttpRequest) -> HttpResponseBase:
    raise NotImplementedError  # nobody calls it: the middleware looks whether it is exempt


_csrf = CsrfViewMiddleware(_no_view)


class ApiRequest(HttpRequest):
    """A request that has passed `SessionAuth`."""

    auth: Author
