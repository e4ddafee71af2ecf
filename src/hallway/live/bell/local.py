"""The bell inside one process: from whatever thread committed to the event loops that listen."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_listeners: set["Listener"] = set()
_guard = threading.Lock()


class Listener:
    """One event loop's end of the bell. Rings that arrive before it wakes count as one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rung = asyncio.Event()
        self._on_its_way = False

    def ring(self) -> None:
        """From any thread. A shared commit of 60 posts rings 60 times and wakes the loop once."""
        if self._on_its_way:
            return
        self._on_its_way = True
        try:
            self._loop.call_soon_threadsafe(self._arrive)
        except RuntimeError:  # the loop has closed: nobody is left to hear it
            self._on_its_way = False

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """From any thread: call this on the loop."""
        with suppress(RuntimeError):  # the loop has closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(function, *arguments)

    async def wait(self, timeout: float) -> bool:
        """Until it rings, or `timeout` seconds at most; whether it rang."""
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def _arrive(self) -> None:
        # Cleared before the log is read: a commit from here on rings again.
        self._on_its_way = False
        self._rung.set()


def ring() -> None:
    """Tell every listener of this process that the log has grown."""
    for listener in tuple(_listeners):
        listener.ring()


@contextmanager
def listen() -> Iterator[Listener]:
    """Hear the bell on the running event loop."""
    listener = Listener(asyncio.get_running_loop())
    with _guard:
        _listeners.add(listener)
    try:
        yield listener
    finally:
        with _guard:
            _listeners.discard(listener)
