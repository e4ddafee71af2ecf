"""Errors for people: a page, or the problem document where a program asks."""

import sys

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hallway import asking
from hallway.errors import BadRequest, CsrfFailed, Failed, HallwayError, NotAllowed, NotFound
from hallway.problems import database_problem, problem


def error_page(request: HttpRequest, error: HallwayError) -> HttpResponse:
    """The answer to a request that could not be done."""
    document = error_document(error)
    if not request.accepts("text/html") or request.path.startswith("/api/"):
        return document
    context = {
        "status": error.status,
        "title": error.title,
        "detail": error.detail and str(error),
        "request_id": _request_id() if error.status == 500 else "",
    }
    response = render(request, "hallway/error.html", context, status=error.status)
    for name in ("Retry-After", "Allow"):
        if name in document:
            response[name] = document[name]
    response["Cache-Control"] = "no-store"
    return response


def _request_id() -> str:
    one = asking.current.get()
    return one.request_id if one is not None else ""


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
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError):
        # Before or after the view, where sessions are read and kept.
        return error_page(request, database_problem(error))
    return error_page(request, Failed())
