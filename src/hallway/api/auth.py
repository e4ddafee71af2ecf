"""Who calls the API: the session's author, with Django's CSRF token for what changes things."""

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

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
        if check_csrf(request):
            raise CsrfFailed
        return author


class ApiRequest(HttpRequest):
    """A request that has passed `SessionAuth`."""

    auth: Author
