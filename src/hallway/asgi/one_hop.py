"""Django behind ASGI, in one hop.

Django's own handler crosses into a thread and back for every middleware that is not async: with
the usual seven, 480 empty answers a second on one core. Here the whole request is served in one
thread, middlewares and view alike: 1,200.
"""

import asyncio
import io
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import IO, Any, TypeVar, cast

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, get_resolver, set_script_prefix

from hallway import asking
from hallway.errors import HallwayError, TooLarge, TooSlow
from hallway.live.app import Receive, Scope
from hallway.problems import problem

from .shared_commit import SharedCommit

V = TypeVar("V", bound=Callable[..., Any])

# For what reads and answers. Threads that think at the same time take Python's lock from each other
# at every row they read: a room page costs 5.8 ms of processor with two of them, 8.7 with six.
READERS = 2
# For everything else, which may wait: for a password to be hashed, a letter to be sent, the lock.
OTHERS = 4
# For a body to come in whole.
BODY_SECONDS = 25.0
# Addresses whose view is remembered, and how long they may be: 200 KB at most.
ROUTES, ROUTE_LENGTH = 1024, 200


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class OneHop(ASGIHandler):
    """Serves Django's synchronous views.

    Those `shares_commit` picks share one transaction; those `only_reads` picks are quick, and
    wait for nobody.
    """

    def __init__(
        self,
        *,
        body_limit: int,
        shares_commit: Callable[[Scope], bool],
        only_reads: Callable[[Scope], bool],
    ) -> None:
        # Not the parent's: that loads the middlewares the async way, with a hop for each.
        self.load_middleware(is_async=False)
        self._body_limit = body_limit
        self._shares_commit = shares_commit
        self._only_reads = only_reads
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="hallway-reader")
        self._others = ThreadPoolExecutor(OTHERS, thread_name_prefix="hallway-request")
        self._commits = SharedCommit()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Hallway speaks HTTP, not {scope['type']}.")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_body(receive, self._body_limit)
        except ClientGone:
            return
        except TooLarge as error:
            await self._refuse(error, send)
            return
        except TimeoutError:
            await self._refuse(TooSlow(), send)
            return
        loop = asyncio.get_running_loop()
        try:
            if self._shares_commit(scope):
                response = await self._commits.run(lambda: self._serve(scope, body))
            else:
                threads = self._readers if self._only_reads(scope) else self._others
                response = await loop.run_in_executor(threads, self._serve_alone, scope, body)
            await self.send_response(response, send)
            if response.streaming:
                await loop.run_in_executor(self._others, response.close)
        finally:
            body.close()

    async def _refuse(self, error: HallwayError, send: Any) -> None:
        status, headers, content = problem(error)
        # What is left of the body is not waited for.
        await self.send_response(
            HttpResponse(content, status=status, headers={**headers, "Connection": "close"}), send
        )

    def _serve_alone(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        signals.request_started.send(sender=type(self), scope=scope)
        response = self._serve(scope, body)
        if not response.streaming:
            response.close()
        return response

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """As Django's, which goes through all the routes for every request."""
        path = request.path_info
        if hasattr(request, "urlconf") or len(path) > ROUTE_LENGTH:
            return super().resolve_request(request)
        request.resolver_match = match = _route(path)
        return match

    def make_view_atomic(self, view: V) -> V:
        """Actions open their transactions themselves; Django's looks at each database for it."""
        return view

    def _serve(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """The response; whoever calls closes it. No signals: they would close the connection."""
        asking.current.set(scope.get(asking.KEY))
        set_script_prefix(get_script_prefix(scope))
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = type(self)  # noqa: SLF001  who is told that it was closed
        return cast(HttpResponseBase, response)


@lru_cache(ROUTES)
def _route(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


async def _read_body(receive: Receive, limit: int) -> IO[bytes]:
    """The whole body, on disk if it is large; `TooLarge` as soon as it is too large."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole = message.get("body", b"")
        if len(whole) > limit:
            raise TooLarge
        return io.BytesIO(whole)
    body = tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            body.close()
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            body.close()
            raise TooLarge
        body.write(chunk)
        if not message.get("more_body", False):
            body.seek(0)
            return body
        message = await receive()
