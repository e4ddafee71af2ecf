"""Opening a stream: the same steps under every server, whatever carries the bytes.

`app.py` is the plain ASGI application in front of Django, `views.py` the view for host projects.
"""

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic

from hallway import conf
from hallway.errors import RoomNotFound
from hallway.events import log
from hallway.events.log import Cursor
from hallway.models import Room
from hallway.queries.timeline import timeline

from . import sse
from .door import Visitor
from .hub import Hub
from .rights import may_see
from .stream import WRITE_SIZE, Stream
from .threads import in_door_thread

# Seconds a browser waits before it comes back on its own, different for each.
RETRY_SECONDS = (1.0, 4.0)
HISTORY_PAGE = 200
# Events replayed at a time to one who was away for long.
REPLAY_PAGE = 500

# What is sent before the stream itself goes on: the welcome, and what is read from the database.
Preface = AsyncIterator[bytes]


@dataclass(frozen=True)
class Ask:
    """What a client asks of a stream: rooms (slugs, none = all), and where it stopped reading."""

    rooms: tuple[str, ...] = ()
    since: str | None = None


async def events(hub: Hub, visitor: Visitor, ask: Ask) -> tuple[Stream, Preface]:
    """The stream of the API: registered, and ready to be sent from the client's cursor.

    Raises `RoomNotFound`, `StreamsFull` or `TooManyStreams` before the first byte. The caller
    sends the preface, then what the stream gives, and however that ends calls `hub.leave(stream)`.
    """
    cursor = Cursor.parse(ask.since) if ask.since else None
    if cursor is not None:
        await hub.reach(cursor)
    stream = hub.join(visitor, only=_only(visitor, ask))
    # Taken here, before anything is awaited: what the hub passes from now on is in the mailbox.
    return stream, _paced(stream, _events_preface(hub, stream, cursor, ask, hub.position))


async def tutorial(hub: Hub, visitor: Visitor) -> tuple[Stream, Preface]:
    """The tutorial's stream: every message of the default room, oldest first, then each new one.

    Raises and obliges as `events` does.
    """
    room = await in_door_thread(_default_room, visitor)
    stream = hub.join(visitor, only=frozenset([room.pk]), tutorial=True)
    return stream, _paced(stream, _tutorial_preface(stream, room, hub.position))


async def _paced(stream: Stream, preface: Preface) -> Preface:
    """Let the hub see that the reader still takes what is sent."""
    async for body in preface:
        stream.sending_since = monotonic()
        yield body


async def _events_preface(
    hub: Hub, stream: Stream, cursor: Cursor | None, ask: Ask, joined_at: int
) -> Preface:
    epoch = hub.epoch
    here = Cursor(epoch, joined_at)
    # The first heartbeat tells a client without a cursor where it stands.
    stream.begin_with([sse.heartbeat(here)])
    yield sse.WELCOME + sse.retry(random.uniform(*RETRY_SECONDS))
    await stream.undoubted()
    if not ask.since:
        return
    if cursor is None:
        yield sse.reset("unknown", here)
    elif cursor.epoch != epoch:
        yield sse.reset("epoch", here)
    elif cursor.id > joined_at:
        yield sse.reset("ahead", here)
    else:
        async for frames in _missed(hub, stream, cursor.id, joined_at):
            yield frames


async def _missed(hub: Hub, stream: Stream, position: int, joined_at: int) -> Preface:
    """What came after `position` up to where the stream joined, as it may see it now."""
    encode = stream.mailbox.format.encode
    while position < joined_at:
        entries = hub.remembered(position, up_to=joined_at, limit=REPLAY_PAGE)
        if entries is None:
            # Read before it is asked how far back the log goes: it may be trimmed in between.
            entries = await in_door_thread(
                log.read_after, position, limit=REPLAY_PAGE, up_to=joined_at
            )
            span = await in_door_thread(log.span)
            if position < span.oldest - 1:
                yield sse.reset("trimmed", Cursor(hub.epoch, joined_at))
                return
        position = entries[-1].id if entries else joined_at
        for piece in _pieces(encode(entry) for entry in entries if may_see(stream, entry)):
            yield piece


def _pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """The frames joined to what one write may hold, so that a slow reader slows down its replay."""
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        piece.append(frame)
        size += len(frame)
        if size >= WRITE_SIZE:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)


async def _tutorial_preface(stream: Stream, room: Room, joined_at: int) -> Preface:
    yield sse.WELCOME + sse.retry(random.uniform(*RETRY_SECONDS))
    await stream.undoubted()
    last = 0
    while not stream.is_ending:
        page = await in_door_thread(_history, room, last, joined_at)
        if not page:
            return
        last = page[-1][0]
        for piece in _pieces(
            sse.tutorial_frame(number, name, content) for number, name, content in page if name
        ):
            yield piece


def _history(room: Room, last: int, joined_at: int) -> list[tuple[int, str, str]]:
    """The next page of (id, name, content); the name is empty where the stream itself will tell.

    What was posted since the stream joined comes from its mailbox. It is looked up after the page
    was read, so whatever the page holds is known by then.
    """
    messages = timeline(room, after=last, limit=HISTORY_PAGE).messages
    told_live = log.posted_since(joined_at, [message.pk for message in messages])
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
