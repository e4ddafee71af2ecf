"""The stream as a plain ASGI application in front of Django.

Through Django's handler a stream holds a thread and its view's machinery for as long as it is
open; here it is a mailbox and a connection. Django is asked once, in a batch, who is there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import DatabaseError
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from hallway import asking
from hallway.asking import Asking
from hallway.errors import (
    BadHost,
    Busy,
    CrossSite,
    HallwayError,
    MethodNotAllowed,
    NeedsHttps,
    NotSignedIn,
    TryAgainLater,
)
from hallway.problems import problem

from . import hub, opening, sse
from .push import Push, Send, sends_inline
from .stream import Stream

logger = logging.getLogger("hallway.live")

# ASGI's own words: https://asgi.readthedocs.io/en/latest/specs/main.html
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """`GET /api/stream`."""
    await _answer(scope, receive, send, tutorial=False)


async def tutorial(scope: Scope, receive: Receive, send: Send) -> None:
    """`GET /stream-chat-messages/`."""
    await _answer(scope, receive, send, tutorial=True)


async def _answer(scope: Scope, receive: Receive, send: Send, *, tutorial: bool) -> None:
    headers = _headers(scope)
    try:
        _check(scope, headers)
        current = await hub.current()
        visitor = await current.door.let_in(_session_key(headers))
        if visitor is None:
            raise NotSignedIn
        if tutorial:
            stream, preface = await opening.tutorial(current, visitor)
        else:
            stream, preface = await opening.events(current, visitor, _ask(scope, headers))
    except HallwayError as error:
        await _refuse(scope, send, error)
        return
    except DatabaseError:
        await _refuse(scope, send, Busy())
        return
    serving = asyncio.current_task()
    assert serving is not None
    stream.serve_with(on_close=serving.cancel)
    try:
        headers_out = sse.HEADERS + _request_id(scope)
        await send({"type": "http.response.start", "status": 200, "headers": headers_out})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif sends_inline(send):
            await _push(receive, send, stream, preface)
        else:
            await _pull(receive, send, stream, preface)
    except asyncio.CancelledError:
        if not stream.is_closed:  # not the hub that drops it, but the server that ends everything
            raise
    except (DatabaseError, OSError) as error:
        logger.info("A stream broke off; its reader resumes: %s", error)
    finally:
        current.leave(stream)


async def _push(receive: Receive, send: Send, stream: Stream, preface: opening.Preface) -> None:
    """The hub itself sends, and this task only waits for the end."""
    await _begin(send, preface)
    push = Push(stream, send)
    stream.push_with(push.push)
    try:
        push.push()
        await _disconnected(receive)
    finally:
        push.stop()


async def _pull(receive: Receive, send: Send, stream: Stream, preface: opening.Preface) -> None:
    """One task sends, another waits for the end."""
    sending = asyncio.create_task(_send_all(send, stream, preface))
    gone = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, gone):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await sending


async def _begin(send: Send, preface: opening.Preface) -> None:
    # A coroutine of its own: what is left in its variables would stay as long as the stream does.
    async for body in preface:
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _send_all(send: Send, stream: Stream, preface: opening.Preface) -> None:
    await _begin(send, preface)
    async for body in stream.bodies():
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(scope: Scope, send: Send, error: HallwayError) -> None:
    status, headers, body = problem(error)
    running = hub.running_on(asyncio.get_running_loop())
    if running is not None:
        running.refusals[status] += 1
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
                *_request_id(scope),
                *_closing(scope, error),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _closing(scope: Scope, error: HallwayError) -> list[tuple[bytes, bytes]]:
    """Who is to try again comes over another connection: a proxy that keeps this one would ask the
    same full process again, where another has room. HTTP/2 knows no such header."""
    is_for_now = isinstance(error, TryAgainLater) and scope.get("http_version") == "1.1"
    return [(b"connection", b"close")] if is_for_now else []


def _request_id(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What the request is called, where somebody has named it."""
    one: Asking | None = scope.get(asking.KEY)
    return [(b"x-request-id", one.request_id.encode())] if one is not None else []


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """The last value of each header, as they came; cookies of several lines are joined."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        is_more = name == b"cookie" and name in headers
        headers[name] = headers[name] + b"; " + value if is_more else value
    return headers


def _check(scope: Scope, headers: dict[bytes, bytes]) -> None:
    if scope["method"] not in ("GET", "HEAD"):
        raise MethodNotAllowed(allow=("GET", "HEAD"))
    # What Django's own request would check, had this one gone through it.
    host, _ = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    if not validate_host(host, allowed):
        raise BadHost
    if settings.SECURE_SSL_REDIRECT and scope.get("scheme") != "https":
        raise NeedsHttps
    if headers.get(b"sec-fetch-site") == b"cross-site":
        raise CrossSite


def _session_key(headers: dict[bytes, bytes]) -> str:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(settings.SESSION_COOKIE_NAME, "")


def _ask(scope: Scope, headers: dict[bytes, bytes]) -> opening.Ask:
    query = parse_qs(scope["query_string"].decode("latin-1"), errors="replace")
    last = headers.get(b"last-event-id")
    since = last.decode("latin-1") if last else query.get("since", [""])[-1]
    return opening.Ask(rooms=tuple(query.get("room", ())), since=since or None)
