"""Errors for people: a page, or the problem document where a program asks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hallway.errors import BadRequest, CsrfFailed, Failed, HallwayError, NotAllowed, NotFound
from hallway.problems import problem


def error_page(request: HttpRequest, error: HallwayError) -> HttpResponse:
    """The answer to a request that could not be done."""
    document = error_document(error)
    if not request.accepts("text/html") or request.path.startswith("/api/"):
        return document
    context = {
        "status": error.status,
        "title": error.title,
        "detail": error.detail and str(error),
    }
    response = render(request, "hallway/error.html", context, status=error.status)
    for name in ("Retry-After", "Allow"):
        if name in document:
            response[name] = document[name]
    response["Cache-Control"] = "no-store"
    return response


def error_document(error: HallwayError) -> HttpResponse:
    """The same for programs: a problem document."""
    status, headers, body = problem(error)
    return HttpResponse(body, status=status, headers=dict(headers))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, BadRequest())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, NotFound())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, CsrfFailed())


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, Failed())
