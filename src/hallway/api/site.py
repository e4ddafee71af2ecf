"""The API put together: its routes, its one shape of error, its contract."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

import hallway
from hallway.errors import (
    HallwayError,
    InvalidBody,
    InvalidParameters,
    MethodNotAllowed,
    NotFound,
    TooLarge,
)
from hallway.problems import database_problem, problem

from . import me, members, messages, moderation, people, rooms, search, typing
from .auth import SessionAuth
from .parsing import JsonOrForm
from .shapes import tell_problems
from .stream import STREAM_OPERATION

DESCRIPTION = """
Everything the page can do. Sign in by the session cookie, with the token of the `csrftoken` cookie
in the header `X-CSRFToken` for whatever changes something. Times are ISO 8601 in UTC, ids are
whole numbers, errors are `application/problem+json`.
""".strip()


class HallwayAPI(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The contract; the stream, which is no ordinary operation, is described by hand."""
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for operation in methods.values():
                tell_problems(operation["responses"])
        me = next(path for path in schema["paths"] if path.endswith("/me"))
        prefix = me.removesuffix("/me")
        schema["paths"][f"{prefix}/stream"] = {"get": STREAM_OPERATION}
        return schema

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """What operations could put headers into. All of ours answer a response of their own, and
        one for nobody would be a thirtieth of a post."""
        return cast(HttpResponse, None)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The routes; where one does not know a method, its plain answer becomes a problem."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _telling_methods(pattern.callback)
        return patterns, app_name, namespace


def _telling_methods(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def tell(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return _respond(MethodNotAllowed(allow=tuple(sorted(response["Allow"].split(", ")))))
        return response

    return tell


api = HallwayAPI(
    title="Hallway",
    version=hallway.__version__,
    description=DESCRIPTION,
    urls_namespace="hallway:api",
    auth=SessionAuth(),
    parser=JsonOrForm(),
    docs_url=None,
)
# Routes are tried in this order: the one that is asked most comes first.
api.add_router("", messages.router)
api.add_router("", rooms.router)
api.add_router("", members.router)
api.add_router("", me.router)
api.add_router("", people.router)
api.add_router("", moderation.router)
api.add_router("", search.router)
api.add_router("", typing.router)


def _respond(error: HallwayError) -> HttpResponse:
    status, headers, body = problem(error)
    return HttpResponse(body, status=status, headers=dict(headers))


@api.exception_handler(HallwayError)
def on_error(request: HttpRequest, error: HallwayError) -> HttpResponse:
    return _respond(error)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = (".".join(str(step) for step in fault["loc"][1:]) for fault in error.errors)
    reasons = (fault["msg"] for fault in error.errors)
    told = "; ".join(
        f"{place or 'body'}: {why}" for place, why in zip(places, reasons, strict=True)
    )
    return _respond(InvalidParameters(told))


# Whoever looks at a form first meets this: often the check of its CSRF token.
@api.exception_handler(MultiPartParserError)
@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Ninja says this of every body it cannot parse; why is behind it."""
    match error.__cause__:
        case HallwayError() as ours:
            return _respond(ours)
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return _respond(TooLarge())
    return _respond(InvalidBody())


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _respond(NotFound())


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
def on_too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return _respond(TooLarge())


@api.exception_handler(DatabaseError)
def on_database_error(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    return _respond(database_problem(error))
