"""What every answer is held to, beyond what Django's own middlewares know."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hallway.errors import NeedsHttps
from hallway.problems import problem


class PagePolicyMiddleware(CSPMiddleware):
    """On pages and only there: what one may load, and that no other's window reaches into it."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return super().process_response(request, response)


class ApiOverHttpsMiddleware:
    """Pages are led from plain HTTP to HTTPS. A program that was would go on sending its cookie in
    the open, and nobody would notice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/") and not request.is_secure():
            status, headers, body = problem(NeedsHttps())
            return HttpResponse(body, status=status, headers=dict(headers))
        return self._get_response(request)
