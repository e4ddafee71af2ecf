"""Opening a stream: the same steps under every server, whatever carries the bytes.

`app.py` is the plain ASGI application in front of Django, `views.py` the view for host projects.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

from hallway import conf
from hallway.errors import RoomNotFound
from hallway.events import log
from hallway.events.log import Cursor
from hallway.models import Room
from hallway.queries.timeline import timeline

from . import sse
from .door import Visitor
from .hub import Hub
from .stream import Stream
from .threads import in_reader_thread

# Seconds a browser waits before it comes back on its own, different for each.
RETRY_SECONDS = (1.0, 4.0)
HISTORY_PAGE = 200


@dataclass(frozen=True)
class Ask:
    """What a client asks of a stream: rooms (slugs, none = all), and where it stopped reading."""

    rooms: tuple[str, ...] = ()
    since: str | None = None


# What is sent before the stream itself goes on: the welcome, and what is read from the database.
Preface = AsyncIterator[bytes]


async def events(hub: Hub, visitor: Visitor, ask: Ask) -> tuple[Stream, Preface]:
    """The stream of the API: registered, and ready to be sent from the client's cursor.

    Raises `RoomNotFound`, `StreamsFull` or `TooManyStreams` before the first byte. The caller
    sends the preface, then what the stream gives, and however that ends calls `hub.leave(stream)`.
    """
    cursor = Cursor.parse(ask.since) if ask.since else None
    if cursor is not None:
        await hub.reach(cursor)
    stream = hub.join(visitor, only=_only(visitor, ask))
    return stream, _preface(hub, stream, cursor, ask)


async def _preface(hub: Hub, stream: Stream, cursor: Cursor | None, ask: Ask) -> Preface:
    joined_at = hub.position
    here = Cursor(hub.epoch, joined_at)
    yield sse.WELCOME + sse.retry(random.uniform(*RETRY_SECONDS))
    frames: list[bytes] = []
    if ask.since:
        missed = await hub.missed(stream, cursor, joined_at=joined_at) if cursor else "unknown"
        frames = [sse.reset(missed, here)] if isinstance(missed, str) else missed
    # The first heartbeat tells a client without a cursor where it stands.
    stream.begin_with([*frames, sse.heartbeat(here)])


async def tutorial(hub: Hub, visitor: Visitor) -> tuple[Stream, Preface]:
    """The tutorial's stream: every message of the default room, oldest first, then each new one.

    Raises and obliges as `events` does.
    """
    room = await in_reader_thread(_default_room, visitor)
    stream = hub.join(visitor, only=frozenset([room.pk]), tutorial=True)
    return stream, _tutorial_preface(hub, stream, room)


async def _tutorial_preface(hub: Hub, stream: Stream, room: Room) -> Preface:
    joined_at = hub.position
    yield sse.WELCOME + sse.retry(random.uniform(*RETRY_SECONDS))
    last = 0
    while page := await in_reader_thread(_history, room, last, joined_at):
        last = page[-1][0]
        yield b"".join(
            sse.tutorial_frame(number, name, content) for number, name, content in page if name
        )


def _history(room: Room, last: int, joined_at: int) -> list[tuple[int, str, str]]:
    """The next page of (id, name, content); the name is empty where the stream itself will tell.

    What was posted since the stream joined comes from its mailbox. It is looked up after the page
    was read, so whatever the page holds is known by then.
    """
    messages = timeline(room, after=last, limit=HISTORY_PAGE).messages
    told_live = log.messages_since(joined_at)
    return [
        (message.pk, "" if message.pk in told_live else message.author.name, message.content)
        for message in messages
    ]


def _default_room(visitor: Visitor) -> Room:
    room = Room.objects.filter(slug=conf.get().DEFAULT_ROOM, pk__in=visitor.rooms).first()
    if room is None:
        raise RoomNotFound
    return room


def _only(visitor: Visitor, ask: Ask) -> frozenset[int] | None:
    if not ask.rooms:
        return None
    by_slug = {slug: room for room, slug in visitor.rooms.items()}
    if not by_slug.keys() >= set(ask.rooms):
        raise RoomNotFound
    return frozenset(by_slug[slug] for slug in ask.rooms)
