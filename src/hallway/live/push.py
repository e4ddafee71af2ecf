"""Sending without a task switch for each write.

A thousand streams that wake up a thousand tasks spend more on waking than on writing. Where the
server's `send` is a coroutine that finishes at once as long as the peer keeps up, the hub runs it
on the spot; only a `send` that wants to wait is given a task of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from time import monotonic
from types import coroutine
from typing import Any

from .stream import Stream

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def sends_inline(send: Send) -> bool:
    """Whether this server's `send` may be run outside of its task. We have read uvicorn's: it
    appends to the transport's buffer and awaits nothing but an `asyncio.Event`."""
    # A method of an extension module, as Granian's is, has None there.
    return (getattr(send, "__module__", None) or "").startswith("uvicorn.protocols.http.")


class Push:
    """Sends what a stream has, whenever it wakes. The stream is closed when that fails."""

    def __init__(self, stream: Stream, send: Send) -> None:
        self._stream = stream
        self._send: Any = send
        self._waiting: asyncio.Task[None] | None = None
        self._is_over = False

    def push(self) -> None:
        stream = self._stream
        while self._waiting is None and not self._is_over:
            body = stream.take()
            if not body:
                if not stream.is_ending:
                    stream.sending_since = None
                    return
                self._is_over = True
            try:
                self._write(body)
            except Exception:  # noqa: BLE001  the peer is gone, in whatever way the server says so
                stream.close()
                return

    def stop(self) -> None:
        """Write nothing more, not even what a slow peer has not taken yet."""
        self._is_over = True
        if self._waiting is not None:
            self._waiting.cancel()

    def _write(self, body: bytes) -> None:
        step: Coroutine[Any, Any, None] = self._send(
            {"type": "http.response.body", "body": body, "more_body": not self._is_over}
        )
        try:
            wanted = step.send(None)
        except StopIteration:
            return
        self._stream.sending_since = monotonic()
        self._waiting = asyncio.ensure_future(_resume(step, wanted))
        self._waiting.add_done_callback(self._go_on)

    def _go_on(self, task: asyncio.Task[None]) -> None:
        self._waiting = None
        if task.cancelled() or task.exception() is not None:
            self._stream.close()
        else:
            self.push()


@coroutine
def _resume(step: Coroutine[Any, Any, None], wanted: Any) -> Generator[Any, Any, None]:
    """Finish a coroutine that was begun elsewhere and waits for `wanted`."""
    while True:
        failed: BaseException | None = None
        try:
            given = yield wanted
        except BaseException as error:  # noqa: BLE001  a cancellation, too, goes to where it waits
            failed = error
        try:
            wanted = step.send(given) if failed is None else step.throw(failed)
        except StopIteration:
            return
