"""What is true for a moment only, such as that somebody types. Never stored, never missed.

Signals travel the way of the bell, past the log: they have no id and no order, and whoever is not
there hears nothing of them later.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple


class Signal(NamedTuple):
    """Told to those who may read the room, but not to the author it is about. JSON on one line."""

    kind: str
    room_id: int
    author_id: int
    payload: str


Receive = Callable[[Signal], object]

_receivers: set[tuple[asyncio.AbstractEventLoop, Receive]] = set()
_guard = threading.Lock()


def send(signal: Signal) -> None:
    """From any thread, to every hub of this process."""
    for loop, receive in tuple(_receivers):
        with suppress(RuntimeError):  # the loop has closed: nobody is left to hear it
            loop.call_soon_threadsafe(receive, signal)


@contextmanager
def received_by(receive: Receive) -> Iterator[None]:
    """Have `receive` called on the running event loop for every signal."""
    receiver = (asyncio.get_running_loop(), receive)
    with _guard:
        _receivers.add(receiver)
    try:
        yield
    finally:
        with _guard:
            _receivers.discard(receiver)
