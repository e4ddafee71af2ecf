"""The stream as an ordinary Django view, for host projects under any ASGI server.

`hallway.asgi` answers the same addresses faster; with nothing but urls these views serve them.
"""

import asyncio
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from hallway import identity
from hallway.errors import Busy, CrossSite, HallwayError, MethodNotAllowed, NeedsAsgi, NotSignedIn
from hallway.events import log
from hallway.problems import problem

from . import hub, opening, sse
from .door import Visitor, visitor_of_author
from .hub import Hub
from .stream import Stream


@transaction.non_atomic_requests
async def events(request: HttpRequest) -> HttpResponseBase:
    """`GET /api/stream`."""
    return await _answer(request, tutorial=False)


@transaction.non_atomic_requests
async def tutorial(request: HttpRequest) -> HttpResponseBase:
    """`GET /stream-chat-messages/`."""
    return await _answer(request, tutorial=True)


async def _answer(request: HttpRequest, *, tutorial: bool) -> HttpResponseBase:
    try:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(allow=("GET", "HEAD"))
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise CrossSite
        if not isinstance(request, ASGIRequest):
            raise NeedsAsgi
        visitor = await sync_to_async(_visitor)(request)
        if visitor is None:
            raise NotSignedIn
        current = await hub.current()
        if tutorial:
            stream, preface = await opening.tutorial(current, visitor)
        else:
            stream, preface = await opening.events(current, visitor, _ask(request))
    except HallwayError as error:
        return _refusal(error)
    except DatabaseError:
        return _refusal(Busy())
    if request.method == "HEAD":
        current.leave(stream)
        response: HttpResponseBase = HttpResponse()
    else:
        response = StreamingHttpResponse(_until_gone(current, stream, preface))
    for name, value in sse.HEADERS:
        response[name.decode().title()] = value.decode()
    # Compression would hold the frames back; Django's middleware leaves encoded answers alone.
    response["Content-Encoding"] = "identity"
    return response


async def _until_gone(
    current: Hub, stream: Stream, preface: opening.Preface
) -> AsyncGenerator[bytes, None]:
    serving = asyncio.current_task()
    assert serving is not None
    stream.serve_with(on_close=serving.cancel)
    try:
        async for body in preface:
            yield body
        async for body in stream.bodies():
            yield body
    finally:
        current.leave(stream)


def _visitor(request: HttpRequest) -> Visitor | None:
    # The position first: whatever changes from here on, the hub passes it again.
    position = log.span().newest
    author = identity.author_of(request)
    visitor = None
    if author is not None:
        visitor = visitor_of_author(author, request.session.session_key, position)
    # The view lives as long as the stream; a connection kept that long is one fewer for others.
    if not connection.in_atomic_block:
        connection.close()
    return visitor


def _ask(request: HttpRequest) -> opening.Ask:
    since = request.headers.get("Last-Event-ID") or request.GET.get("since")
    return opening.Ask(
        rooms=tuple(room for room in request.GET.getlist("room") if room), since=since
    )


def _refusal(error: HallwayError) -> HttpResponse:
    status, headers, body = problem(error)
    return HttpResponse(body, status=status, headers=dict(headers))
