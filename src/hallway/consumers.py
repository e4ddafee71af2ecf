"""Hands every event of the log to the host project's own code, in order and at least once.

A consumer has a position of its own, kept in the database: what happened while the worker was
down comes when it is up again. What it does is done outside of any transaction of ours.
"""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.utils.module_loading import import_string

from hallway import conf
from hallway.actions import consuming
from hallway.events import log
from hallway.events.log import Entry
from hallway.models import ConsumerState

logger = logging.getLogger("hallway.consumers")

# A consumer that fails is asked again after this long, and then more and more seldom.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# Events that may come a second time after a crash: the position is written once for so many.
AT_ONCE = 100


class LoggedEvent(NamedTuple):
    """One event as docs/protocol.md describes it, with the ids of what it is about."""

    id: int
    kind: str
    payload: dict[str, Any]
    room_id: int | None
    author_id: int | None
    message_id: int | None


Handler = Callable[[LoggedEvent], object]


def handlers() -> dict[str, Handler]:
    return {name: import_string(path) for name, path in conf.get().CONSUMERS.items()}


def consume(name: str, handle: Handler) -> int:
    """Hand on what has come since last time; how many. Raises what the handler raises, and goes
    on from that same event next time."""
    span = log.span()
    state = ConsumerState.objects.filter(name=name).first()
    if state is None or state.epoch != span.epoch:
        # New, or in a database restored from a backup: it begins with what comes now.
        consuming.note(name, span.epoch, span.newest)
        return 0
    if state.position < span.oldest - 1:
        logger.error("%s missed the events up to %s: they were trimmed.", name, span.oldest - 1)
    entries = log.read_after(state.position, limit=AT_ONCE)
    done = state.position
    try:
        for entry in entries:
            handle(_logged(entry))
            done = entry.id
    finally:
        if done != state.position:
            consuming.note(name, span.epoch, done)
    return len(entries)


def run(stop: threading.Event) -> None:
    """Follow the log for every consumer, until told to stop."""
    pauses: dict[str, float] = {}
    while not stop.is_set():
        busy = False
        for name, handle in handlers().items():
            if pauses.get(name, 0) > 0:
                pauses[name] -= conf.get().POLL_SECONDS
                continue
            try:
                busy = consume(name, handle) == AT_ONCE or busy
                pauses.pop(name, None)
            except Exception as error:
                pauses[name] = FIRST_PAUSE if isinstance(error, DatabaseError) else LONGEST_PAUSE
                logger.exception("Consumer %s failed; it is asked again.", name)
        if not busy:
            stop.wait(conf.get().POLL_SECONDS)


def _logged(entry: Entry) -> LoggedEvent:
    return LoggedEvent(
        id=entry.id,
        kind=entry.kind,
        payload=json.loads(entry.payload),
        room_id=entry.room_id,
        author_id=entry.author_id,
        message_id=entry.message_id,
    )
