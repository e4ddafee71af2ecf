"""uvicorn's HTTP protocol with limits it leaves to a proxy: how slow and large a head may be.

Without them anybody holds a connection for ever by sending a header a minute, or fills the memory
with one header that never ends. What a request's body may cost is limited in `hallway.asgi`.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# From the connection, or the first byte of the next request on it, to the end of the headers.
HEAD_SECONDS = 15.0
# A browser's head has 1 to 4 KB; proxies allow 8 to 32.
HEAD_BYTES = 64 * 1024
HEADERS = 200


class HeadTooLarge(Exception):
    """The head of a request has more bytes or headers than any honest one."""


class PatientProtocol(HttpToolsProtocol):
    """Patient, but not for ever."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _header_bytes = 0
    _is_in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_in_head and self._is_idle():
            self._begin_head()
        was_in_head = self._is_in_head
        if was_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        # What is still not a whole head by now is held in the parser.
        if was_in_head and self._is_in_head and self._head_bytes > HEAD_BYTES:
            self._refuse()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        # A head that came in one piece is whole before its bytes are counted: count what it holds.
        self._header_bytes += len(name) + len(value)
        if len(self.headers) > HEADERS or self._header_bytes > HEAD_BYTES:
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete

    def _begin_head(self) -> None:
        self._end_head()
        self._is_in_head = True
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse)

    def _end_head(self) -> None:
        self._is_in_head = False
        self._head_bytes = self._header_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        is_asked = self._head_bytes > 0
        self._end_head()
        if self.transport.is_closing():
            return
        if is_asked:
            self.send_400_response("This request takes too long or is too large.")
        else:
            # Browsers open connections ahead of need. An answer on one that asked for nothing
            # would be taken for the answer to what it asks next.
            self.transport.close()
