"""Around everything: a name for each request, what every answer carries, and what is counted.

A stream's writes do not come this way: only its beginning is looked at.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hallway import asking
from hallway.asking import Asking
from hallway.live.app import Receive, Scope
from hallway.live.push import Send

HEADER = b"x-request-id"
# On every answer, of Django or not, unless it says otherwise: it is what it says it is, nobody
# frames it, and no other site learns from where a link was followed. Streams have their own.
GUARDS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
}
# What a proxy may call a request.
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# Told of a request when its answer begins: scope, status, seconds since it came.
Observe = Callable[[Scope, int, float], None]


class Watched:
    def __init__(
        self,
        application: Any,
        *,
        proxies: list[str],
        is_stream: Callable[[Scope], bool],
        observe: Observe | None = None,
    ) -> None:
        self._is_stream = is_stream
        self._observe = observe
        self._application = application
        self._trusted: Any = ()
        if proxies:
            # In here and not in uvicorn's: it forgets who it is that speaks for others.
            believing = ProxyHeadersMiddleware(application, trusted_hosts=proxies)
            self._application, self._trusted = believing, believing.trusted_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        one = Asking(self._name(scope), scope)
        scope[asking.KEY] = one
        asking.current.set(one)
        if self._is_stream(scope):
            # Its own code writes the header: nothing may stand between it and the connection.
            await self._application(scope, receive, send)
            return
        came, name = monotonic(), one.request_id.encode()

        async def tell(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _guarded(message.get("headers", ()), name)
                if self._observe is not None:
                    self._observe(scope, message["status"], monotonic() - came)
            await send(message)

        await self._application(scope, receive, tell)

    def _name(self, scope: Scope) -> str:
        """As the proxy named it, if it is one that we believe; else a new one."""
        client = scope.get("client")
        if self._trusted and client and client[0] in self._trusted:
            for header, value in scope["headers"]:
                if header == HEADER and _GIVEN.fullmatch(value):
                    given: str = value.decode()
                    return given
        return secrets.token_hex(8)


def _guarded(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    """These headers, those guards that are not among them, and what the request is called."""
    told = [*headers, (HEADER, name)]
    known = {header.lower() for header, _ in told}
    told.extend(guard for guard in GUARDS.items() if guard[0] not in known)
    return told
