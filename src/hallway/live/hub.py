"""One hub a process, on the event loop: reads the log once per ring and fans it out.

Everything here runs on the event loop except the reads themselves. The hub passes events strictly
in the order of the log; what a stream may see changes when the hub passes the event that changed
it, so nothing committed after somebody's removal can reach them.
"""

import asyncio
import itertools
import logging
import random
from collections import defaultdict
from collections.abc import Iterable
from time import monotonic
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from hallway import conf
from hallway.actions import accounts
from hallway.errors import StreamsFull, TooManyStreams
from hallway.events import log
from hallway.events.log import Cursor, Entry, Span

from . import bell, door, sse
from .door import Door, Visitor
from .mailbox import Mailbox
from .memory import Memory
from .rights import AFFECTS_RIGHTS, EVERYBODY, Change, may_see, rooms_after, whose_rights
from .stream import Stream
from .threads import in_reader_thread

logger = logging.getLogger("hallway.live")

READ_EVENTS = 1000
LONGEST_REST = 0.03
MEMORY_BYTES = 32_000_000
# Heartbeats are spread over this many ticks, so that ten thousand streams don't beat at once.
SLOTS = 20
# Streams that end together come back spread over as many seconds as this rate needs.
RETURNS_PER_SECOND = 400


class Hub:
    """The streams of one event loop, and the newest events of the log."""

    def __init__(self) -> None:
        self.door = Door()
        self.position = 0
        self.epoch = ""
        self.is_stopping = False
        self._memory = Memory(events=0, size=0, since=0)
        self._streams: set[Stream] = set()
        self._by_author: defaultdict[int, set[Stream]] = defaultdict(set)
        self._mailboxes: dict[tuple[frozenset[int], sse.Format], Mailbox] = {}
        self._readers: defaultdict[Mailbox, set[Stream]] = defaultdict(set)
        self._by_room: defaultdict[int, set[Mailbox]] = defaultdict(set)
        self._slots = itertools.cycle(range(SLOTS))
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Learn where the log stands, remember its newest events, and follow it from there."""
        self._begin(await in_reader_thread(log.span))
        await self.catch_up()
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._tick()),
            asyncio.create_task(self._recheck()),
        ]

    def _begin(self, span: Span) -> None:
        settings = conf.get()
        self.epoch = span.epoch
        self.formats = (sse.EventFormat(span.epoch), sse.TutorialFormat())
        # A little before the newest: what is remembered has no gap, wherever ids jump.
        since = max(span.oldest - 1, span.newest - settings.MEMORY_EVENTS, 0)
        self._memory = Memory(events=settings.MEMORY_EVENTS, size=MEMORY_BYTES, since=since)
        self.position = since

    def _begin_anew(self, span: Span) -> None:
        """The database was replaced under us by one restored from a backup."""
        logger.warning("The log has a new epoch; %s streams end and come back.", self.count())
        # They come back with a cursor of the old epoch, and are told to load afresh.
        self._end_all()
        self._by_room.clear()
        self._begin(span)

    def stop(self) -> None:
        """End every stream, each with a moment of its own to come back at."""
        self.is_stopping = True
        self._end_all()

    def _end_all(self) -> None:
        spread = len(self._streams) / RETURNS_PER_SECOND
        for stream in self._streams:
            stream.end(sse.retry(random.uniform(0.5, 1.5 + spread)))

    def close(self) -> None:
        """Stop listening to the log."""
        for task in self._tasks:
            task.cancel()

    # Streams come and go.

    def join(
        self, visitor: Visitor, *, only: frozenset[int] | None = None, tutorial: bool = False
    ) -> Stream:
        """Register a stream; from here on it misses nothing after `self.position`.

        Raises `StreamsFull` or `TooManyStreams`. The caller replays what lies before, follows the
        stream, and in the end calls `leave`.
        """
        settings = conf.get()
        if self.is_stopping or len(self._streams) >= settings.STREAMS:
            raise StreamsFull(retry_after=5)
        mine = self._by_author.get(visitor.author_id, ())
        if settings.STREAMS_PER_AUTHOR and len(mine) >= settings.STREAMS_PER_AUTHOR:
            raise TooManyStreams(retry_after=30)
        stream = Stream(
            author_id=visitor.author_id,
            session_key=visitor.session_key,
            since=visitor.position,
            rooms=frozenset(visitor.rooms),
            only=only,
            mailbox=self._mailbox(frozenset(), self.formats[tutorial]),
        )
        stream.slot = next(self._slots)
        self._streams.add(stream)
        self._by_author[stream.author_id].add(stream)
        self._readers[stream.mailbox].add(stream)
        self._move(stream)
        # Rights that changed between the visitor's look at the database and now.
        for entry in self._memory.after(visitor.position, up_to=self.position):
            if whose_rights(entry) in (stream.author_id, EVERYBODY):
                self._change([stream], entry, Change.GAIN)
                self._change([stream], entry, Change.LOSE)
        return stream

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)
        mine = self._by_author[stream.author_id]
        mine.discard(stream)
        if not mine:
            del self._by_author[stream.author_id]
        self._abandon(stream)

    def count(self) -> int:
        return len(self._streams)

    # What a stream missed.

    async def reach(self, cursor: Cursor) -> None:
        """Make sure the hub is not behind a page that was rendered a moment ago."""
        if cursor.epoch == self.epoch and cursor.id > self.position:
            await self.catch_up()

    async def missed(self, stream: Stream, cursor: Cursor, *, joined_at: int) -> str | list[bytes]:
        """The frames after `cursor` up to where the stream joined; or why they can't be told."""
        if cursor.epoch != self.epoch:
            return "epoch"
        if cursor.id > joined_at:
            return "ahead"
        if self._memory.covers(cursor.id):
            entries = list(self._memory.after(cursor.id, up_to=joined_at))
        else:
            span = await in_reader_thread(log.span)
            if cursor.id < span.oldest - 1:
                return "trimmed"
            entries = await self._read(cursor.id, up_to=joined_at)
        encode = stream.mailbox.format.encode
        return [encode(entry) for entry in entries if may_see(stream, entry)]

    async def catch_up(self) -> None:
        """Pass everything the log has, up to now."""
        async with self._reading:
            while True:
                entries, span = await in_reader_thread(_read_on, self.position)
                if span.epoch != self.epoch:
                    self._begin_anew(span)
                    continue
                self._pass(entries)
                if len(entries) < READ_EVENTS:
                    return

    async def _read(self, position: int, *, up_to: int) -> list[Entry]:
        entries: list[Entry] = []
        while position < up_to:
            found = await in_reader_thread(log.read_after, position, limit=READ_EVENTS, up_to=up_to)
            if not found:
                break
            entries += found
            position = found[-1].id
        return entries

    # The log is followed.

    async def _listen(self) -> None:
        poll = conf.get().POLL_SECONDS
        with bell.listen() as listener:
            while True:
                await listener.wait(poll)
                try:
                    began = monotonic()
                    await self.catch_up()
                    # Under load rest as long as the round took: more comes in meanwhile, and goes
                    # out in the same write. Writers get their share of the processor, too.
                    await asyncio.sleep(min(monotonic() - began, LONGEST_REST))
                except DatabaseError as error:
                    logger.warning("The log could not be read, trying again: %s", error)
                    await asyncio.sleep(poll)

    def _pass(self, entries: Iterable[Entry]) -> None:
        """Fan these events out, in order, then wake every stream that has something to send."""
        filled: set[Mailbox] = set()
        for entry in entries:
            affected = self._affected(entry)
            # Who gains a room hears the event that let them in; who loses it hears that too.
            self._change(affected, entry, Change.GAIN)
            if entry.room_id is not None:
                for mailbox in self._by_room.get(entry.room_id, ()):
                    if mailbox not in filled:
                        filled.add(mailbox)
                        mailbox.drop_read(stream.position for stream in self._readers[mailbox])
                    frame = mailbox.format.encode(entry)
                    if frame:
                        mailbox.put(frame)
            elif entry.author_id is not None:
                for stream in self._by_author.get(entry.author_id, ()):
                    stream.tell(stream.mailbox.format.encode(entry))
            self._change(affected, entry, Change.LOSE)
            self._remember(entry)
        for mailbox in filled:
            for stream in self._readers[mailbox]:
                stream.wake()

    def _remember(self, entry: Entry) -> None:
        if entry.message_id is not None and entry.kind != "message.posted":
            # Edited or deleted: who resumes from memory must not meet the old text.
            self._memory.replace(
                old._replace(
                    kind=entry.kind if entry.kind == "message.deleted" else old.kind,
                    payload=entry.payload,
                )
                for old in self._memory.about(entry.message_id)
            )
        self._memory.add(entry)
        self.position = entry.id

    # What a stream may see.

    def _affected(self, entry: Entry) -> Iterable[Stream]:
        """The streams whose rights this event may change."""
        if entry.kind == "room.created":
            return tuple(self._streams)
        if entry.kind in AFFECTS_RIGHTS:
            return tuple(self._by_author.get(whose_rights(entry), ()))
        return ()

    def _change(self, streams: Iterable[Stream], entry: Entry, change: Change) -> None:
        for stream in streams:
            rooms = rooms_after(stream, entry, change)
            if rooms is None:
                stream.end()
            elif rooms != stream.rooms:
                stream.rooms = rooms
                self._move(stream)

    def _move(self, stream: Stream) -> None:
        """Let the stream read from the mailbox of exactly the rooms it may see."""
        mailbox = self._mailbox(stream.wanted, stream.mailbox.format)
        self._abandon(stream)
        stream.move(mailbox)
        self._readers[mailbox].add(stream)

    def _mailbox(self, rooms: frozenset[int], format: sse.Format) -> Mailbox:
        mailbox = self._mailboxes.get((rooms, format))
        if mailbox is None:
            mailbox = self._mailboxes[rooms, format] = Mailbox(rooms, format)
            for room in rooms:
                self._by_room[room].add(mailbox)
        return mailbox

    def _abandon(self, stream: Stream) -> None:
        mailbox = stream.mailbox
        readers = self._readers[mailbox]
        readers.discard(stream)
        if not readers:
            del self._readers[mailbox]
            del self._mailboxes[mailbox.rooms, mailbox.format]
            for room in mailbox.rooms:
                self._by_room[room].discard(mailbox)
                if not self._by_room[room]:
                    del self._by_room[room]

    # What time does to streams.

    async def _tick(self) -> None:
        """Heartbeats, a slice of the streams at a time; and an end for those that don't read."""
        settings = conf.get()
        for tick in itertools.count():
            await asyncio.sleep(settings.HEARTBEAT_SECONDS / SLOTS)
            now = monotonic()
            for stream in tuple(self._streams):
                if stream.sending_since is not None:
                    events, size = stream.waiting()
                    if (
                        now - stream.sending_since > settings.STALL_SECONDS
                        or events > settings.MAILBOX_EVENTS
                        or size > settings.MAILBOX_BYTES
                    ):
                        stream.cut()
                        continue
                if stream.slot == tick % SLOTS:
                    stream.tell(stream.mailbox.format.heartbeat(self.position))

    async def _recheck(self) -> None:
        """End the streams of sessions that are over: a few queries for all of them."""
        while True:
            await asyncio.sleep(conf.get().RECHECK_SECONDS)
            sessions = {
                stream.session_key: stream.author_id
                for stream in self._streams
                if stream.session_key is not None
            }
            try:
                valid = await in_reader_thread(door.still_valid, sessions)
                await in_reader_thread(accounts.saw, set(sessions.values()))
            except DatabaseError as error:
                logger.warning("Sessions could not be rechecked, trying again: %s", error)
                continue
            for stream in tuple(self._streams):
                if stream.session_key in sessions and stream.session_key not in valid:
                    ended = sse.frame("session.ended", "{}", Cursor(self.epoch, self.position))
                    stream.end(ended)


def _read_on(position: int) -> tuple[list[Entry], Span]:
    """The next events; the epoch is read after them, so it is theirs if it has not changed."""
    return log.read_after(position, limit=READ_EVENTS), log.span()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, "asyncio.Task[Hub]"] = WeakKeyDictionary()


async def current() -> Hub:
    """The hub of the running event loop, started at its first use."""
    loop = asyncio.get_running_loop()
    starting = _hubs.get(loop)
    if starting is None or (starting.done() and running_on(loop) is None):
        starting = _hubs[loop] = loop.create_task(_start())
    return await asyncio.shield(starting)


def running_on(loop: asyncio.AbstractEventLoop) -> Hub | None:
    """The hub of this event loop, if one has started."""
    starting = _hubs.get(loop)
    if starting is None or not starting.done() or starting.exception() is not None:
        return None
    return starting.result()


async def _start() -> Hub:
    hub = Hub()
    await hub.start()
    return hub
