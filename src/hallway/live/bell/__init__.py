"""Tells every hub, in every process, that the log has grown.

A ring carries nothing and may be lost or doubled. Hubs read the log when it rings and every
`POLL_SECONDS` anyway, so a broken bell costs delay, never a message.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from hallway.driver import DATABASE

from . import between, local, signals
from .local import Listener
from .signals import Signal, received_by

__all__ = [
    "Listener",
    "Signal",
    "listen",
    "received_by",
    "ring",
    "ring_with_commit",
    "send",
    "tell_others",
]

# Kinds of words between processes; an empty word is a ring.
SIGNAL, TOLD = "signal", "told"


def ring() -> None:
    """After a commit: the log has grown."""
    local.ring()
    link = between.link()
    if link is not None and not link.carrier.rings_with_commit:
        link.tell([])


def ring_with_commit() -> None:
    """Inside a transaction: let the other processes hear the bell when it is committed."""
    link = between.link()
    if link is not None and link.carrier.rings_with_commit:
        with connections[DATABASE].cursor() as cursor:
            cursor.execute("SELECT pg_notify('hallway', %s)", [json.dumps([between.ORIGIN])])


def send(signal: Signal) -> None:
    """From any thread, to every hub."""
    signals.send(signal)
    link = between.link()
    if link is not None:
        link.tell([SIGNAL, *signal])


def tell_others(word: Any) -> None:
    """From any thread, to the hubs of other processes: something of their own concern."""
    link = between.link()
    if link is not None:
        link.tell([TOLD, word])


@contextmanager
def listen(told: Callable[[str, Any], object] | None = None) -> Iterator[Listener]:
    """Hear the bell on the running event loop, and what hubs of other processes tell, with the
    name of the process; a nameless nothing whenever the link is new."""
    link = between.link()
    with local.listen() as listener:

        def hear(origin: str, word: between.Word) -> None:
            if not word:
                listener.ring()
            if told is not None and (not word or word[0] == TOLD):
                listener.call(told, origin, word[1] if word else None)
            elif word and word[0] == SIGNAL:
                signals.send(Signal(*word[1:]))

        if link is not None:
            link.hear(hear)
        try:
            yield listener
        finally:
            if link is not None:
                link.unhear(hear)
