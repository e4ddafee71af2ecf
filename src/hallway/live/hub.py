"""One hub a process, on the event loop: reads the log once per ring and fans it out.

Everything here runs on the event loop except the reads themselves. The hub passes events strictly
in the order of the log; what a stream may see changes when the hub passes the event that changed
it, so nothing committed after somebody's removal can reach them.
"""

import asyncio
import itertools
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from time import monotonic
from weakref import WeakKeyDictionary

from hallway import conf
from hallway.actions import accounts, objects
from hallway.errors import Busy, StreamsFull, TooManyStreams
from hallway.events import log
from hallway.events.log import Cursor, Entry, Span

from . import bell, door, sse
from .door import Door, Visitor
from .index import Index
from .mailbox import Mailbox
from .memory import Memory
from .presence import REFRESH_SECONDS, Presence
from .rights import EVERYBODY, NOBODY, RECHECKS, Change, rights_after, whose_rights
from .stream import NO_RIGHTS, Rights, Stream
from .threads import in_hub_thread, in_upkeep_thread

logger = logging.getLogger("hallway.live")

# Events read from the log at a time: some 20 ms of work, so the loop is never held up for long.
READ_EVENTS = 1000
# A round under load makes the next message wait half as long as it took, and so long at most. Twice
# that saves an eighth of the processor time of a delivery, and half as much again is its p99.
LONGEST_REST = 0.015
# Text of the events kept in memory: 5,000 of 6 KB, or 200 of the largest.
MEMORY_BYTES = 32_000_000
# Heartbeats are spread over this many ticks, so that ten thousand streams don't beat at once.
SLOTS = 20
# Streams that end together come back over as many seconds as this takes; one is let in in 1 ms.
RETURNS_PER_SECOND = 400
# Where more than so many listen, nobody is told who types.
TYPING_LISTENERS = 100
# A round that failed is tried again after this long.
TRY_AGAIN_SECONDS = 1.0


class Hub:
    """The streams of one event loop, and the newest events of the log."""

    def __init__(self) -> None:
        self.door = Door()
        self.position = 0
        self.epoch = ""
        self.is_stopping = False
        # For whoever counts: events put before a reader, streams cut, streams refused by status.
        self.deliveries = 0
        self.cuts = 0
        self.refusals: Counter[int] = Counter()
        self._streams = Index()
        self.presence = Presence(self._streams)
        self._memory = Memory(events=0, size=0, since=0)
        self._events_format = sse.EventFormat("")
        self._tutorial_format = sse.TutorialFormat()
        self._slots = itertools.cycle(range(SLOTS))
        self._ticks = itertools.count()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        # Authors whose sessions are to be looked at, and the task that does.
        self._suspects: set[int] = set()
        self._looking: asyncio.Task[None] | None = None
        # Authors one of whose streams has ended since it was noted last who was here.
        self._gone: set[int] = set()

    async def start(self) -> None:
        """Learn where the log stands, remember its newest events, and follow it from there."""
        self._begin(await in_hub_thread(log.span))
        await self.catch_up()
        self._tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(_for_ever(self._tick)),
            asyncio.create_task(_for_ever(self._recheck)),
            asyncio.create_task(_for_ever(self._refresh)),
        ]

    def stop(self) -> None:
        """End every stream, each with a moment of its own to come back at."""
        self.is_stopping = True
        self.presence.leave()
        self._end_all()

    def close(self) -> None:
        """Stop listening to the log."""
        for task in (*self._tasks, *([self._looking] if self._looking else [])):
            task.cancel()

    @property
    def is_well(self) -> bool:
        """Whether the log is being followed."""
        return not any(task.done() for task in self._tasks)

    def __len__(self) -> int:
        return len(self._streams)

    # Streams come and go.

    def join(
        self, visitor: Visitor, *, only: frozenset[int] | None = None, tutorial: bool = False
    ) -> Stream:
        """Register a stream; from here on it misses nothing after `self.position`.

        Raises `StreamsFull`, `TooManyStreams` or `Busy`. The caller replays what lies before,
        sends what the stream gives, and in the end calls `leave`.
        """
        self._check_limits(visitor)
        if not self._memory.covers(visitor.position):
            raise Busy  # so much has happened since they were let in that their rights are unsure
        stream = Stream(
            author_id=visitor.author_id,
            session_key=visitor.session_key,
            since=visitor.position,
            rights=Rights(frozenset(visitor.rooms), visitor.member_of),
            only=only,
            mailbox=Mailbox(
                frozenset(), self._tutorial_format if tutorial else self._events_format
            ),
        )
        stream.slot = next(self._slots)
        # Rights that changed between the visitor's look at the database and now.
        for entry in self._memory.after(visitor.position, up_to=self.position):
            if whose_rights(entry) in (stream.author_id, EVERYBODY):
                self._change([stream], entry, Change.GAIN)
                self._change([stream], entry, Change.LOSE)
            if entry.kind in RECHECKS and entry.author_id == stream.author_id:
                self._suspect([stream], entry)
        stream.move(self._streams.mailbox(stream.wanted, stream.mailbox.format))
        self._streams.add(stream)
        self.presence.came(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """The stream's response has ended. May be called again."""
        self._discard(stream)
        stream.finish()

    async def reach(self, cursor: Cursor) -> None:
        """Make sure the hub is not behind a page that was rendered a moment ago."""
        if cursor.epoch == self.epoch and cursor.id > self.position:
            await self.catch_up()

    def remembered(self, position: int, *, up_to: int, limit: int) -> list[Entry] | None:
        """The next events after `position`; None if they reach back further than memory does."""
        if not self._memory.covers(position):
            return None
        return list(itertools.islice(self._memory.after(position, up_to=up_to), limit))

    def _check_limits(self, visitor: Visitor) -> None:
        settings = conf.get()
        if self.is_stopping or len(self._streams) >= settings.STREAMS:
            raise StreamsFull(retry_after=5)
        mine = len(self._streams.of_author(visitor.author_id))
        if settings.STREAMS_PER_AUTHOR and mine >= settings.STREAMS_PER_AUTHOR:
            raise TooManyStreams(retry_after=30)

    def _drop(self, stream: Stream) -> None:
        """Break the connection where it stands: the reader is late, never wrong, and resumes."""
        self.cuts += 1
        self._discard(stream)
        stream.close()

    def _discard(self, stream: Stream) -> None:
        self._streams.discard(stream)
        self._gone.add(stream.author_id)
        if not self.is_stopping:
            self.presence.went(stream.author_id)

    def _end_all(self) -> None:
        spread = len(self._streams) / RETURNS_PER_SECOND
        for stream in self._streams:
            stream.end(sse.retry(random.uniform(0.5, 1.5 + spread)))

    # The log is followed.

    async def catch_up(self) -> None:
        """Pass everything the log has, up to now."""
        async with self._reading:
            while True:
                entries, span = await in_hub_thread(_read_on, self.position)
                if span.epoch != self.epoch:
                    self._begin_anew(span)
                    continue
                self._pass(entries)
                if len(entries) < READ_EVENTS:
                    return

    async def _listen(self) -> None:
        with bell.listen(self.presence.told) as listener, bell.received_by(self.pass_on):

            async def follow() -> None:
                await listener.wait(conf.get().POLL_SECONDS)
                began = monotonic()
                await self.catch_up()
                # Under load rest a while: more comes in meanwhile, and goes out in the same write.
                # Writers get their share of the processor, too.
                await asyncio.sleep(min((monotonic() - began) / 2, LONGEST_REST))

            await _for_ever(follow)

    def pass_on(self, signal: bell.Signal) -> None:
        """Tell a signal to those who may see it now, and keep up with what they are sent."""
        listening = [
            stream
            for mailbox in self._streams.mailboxes_of_room(signal.room_id)
            for stream in self._streams.readers(mailbox)
            if stream.author_id != signal.author_id
        ]
        if len({stream.author_id for stream in listening}) > TYPING_LISTENERS:
            return
        for stream in listening:
            if stream.sending_since is None and not stream.is_ending:
                stream.tell(stream.mailbox.format.signal(signal.kind, signal.payload))

    def _begin(self, span: Span) -> None:
        settings = conf.get()
        self.epoch = span.epoch
        self._events_format = sse.EventFormat(span.epoch)
        # The newest events, or all there are; what is remembered has no gap, wherever ids jump.
        since = max(span.oldest - 1, span.newest - settings.MEMORY_EVENTS, 0)
        self._memory = Memory(events=settings.MEMORY_EVENTS, size=MEMORY_BYTES, since=since)
        self.position = since

    def _begin_anew(self, span: Span) -> None:
        """The database was replaced under us by one restored from a backup."""
        logger.warning("The log has a new epoch; %s streams end and come back.", len(self))
        # They come back with a cursor of the old epoch, and are told to load afresh.
        self._end_all()
        for stream in self._streams:
            self._discard(stream)
        self._begin(span)

    def _pass(self, entries: Iterable[Entry]) -> None:
        """Fan these events out, in order, then wake every stream that has something to send."""
        filled: set[Mailbox] = set()
        for entry in entries:
            affected = self._affected(entry)
            # Who gains a room hears the event that let them in; who loses it hears that too.
            self._change(affected, entry, Change.GAIN)
            if entry.author_id is not None:
                self._tell(entry, entry.author_id)
            elif entry.room_id is not None:
                self._put(entry, entry.room_id, filled)
            self._change(affected, entry, Change.LOSE)
            if entry.kind in RECHECKS and entry.author_id is not None:
                self._suspect(self._streams.of_author(entry.author_id), entry)
            self._memory.add(entry)
            self.position = entry.id
        for mailbox in filled:
            for stream in self._streams.readers(mailbox):
                stream.wake()

    def _tell(self, entry: Entry, author_id: int) -> None:
        """To one author alone; what is about a room, where that room is told about."""
        for stream in self._streams.of_author(author_id):
            is_heard = entry.room_id is None or entry.room_id in stream.wanted
            if entry.id > stream.since and is_heard and not stream.is_ending:
                stream.tell(stream.mailbox.format.encode(entry))

    def _put(self, entry: Entry, room_id: int, filled: set[Mailbox]) -> None:
        for mailbox in self._streams.mailboxes_of_room(room_id):
            if mailbox not in filled:
                filled.add(mailbox)
                readers = self._streams.readers(mailbox)
                mailbox.drop_read(stream.position for stream in readers)
            frame = mailbox.format.encode(entry)
            if frame:
                mailbox.put(frame)
                self.deliveries += len(self._streams.readers(mailbox))

    def _affected(self, entry: Entry) -> Iterable[Stream]:
        """The streams whose rights this event may change."""
        whose = whose_rights(entry)
        if whose == NOBODY:
            return ()
        return self._streams if whose == EVERYBODY else self._streams.of_author(whose)

    def _change(self, streams: Iterable[Stream], entry: Entry, change: Change) -> None:
        for stream in streams:
            before, after = stream.rights, rights_after(stream, entry, change)
            if after is None:
                stream.rights = NO_RIGHTS  # nor is anything replayed, if it is only opening
                stream.end()
            elif after is not before:
                stream.rights = after
                if after.rooms is not before.rooms:
                    self._streams.move(stream)
                self.presence.changed(stream, before)

    # What time does to streams.

    async def _tick(self) -> None:
        """Heartbeats, a slice of the streams at a time; and an end for those that don't read."""
        settings = conf.get()
        await asyncio.sleep(settings.HEARTBEAT_SECONDS / SLOTS)
        slot = next(self._ticks) % SLOTS
        now = monotonic()
        for stream in self._streams:
            if (stream.sending_since is not None or stream.is_held) and self._is_late(stream, now):
                self._drop(stream)
            elif stream.slot == slot and stream.sending_since is None:
                # Not to one that is behind: it hears that we live by what it is sent, and a frame
                # of its own would copy all that waits for it, megabytes for each slow reader.
                stream.tell(stream.mailbox.format.heartbeat(self.position))

    def _is_late(self, stream: Stream, now: float) -> bool:
        settings = conf.get()
        events, size = stream.waiting()
        return (
            now - (stream.sending_since or now) > settings.STALL_SECONDS
            or events > settings.MAILBOX_EVENTS
            or size > settings.MAILBOX_BYTES
        )

    async def _refresh(self) -> None:
        await asyncio.sleep(REFRESH_SECONDS)
        self.presence.refresh()

    async def _recheck(self) -> None:
        """End the streams of sessions that are over: a few queries for all of them."""
        await asyncio.sleep(conf.get().RECHECK_SECONDS)
        streams = tuple(self._streams)
        await self._end_invalid(streams)
        authors = {stream.author_id for stream in streams}
        gone, self._gone = self._gone, set()
        await in_upkeep_thread(accounts.saw, authors | gone)
        await in_upkeep_thread(objects.look_again_at, authors)

    def _suspect(self, streams: Iterable[Stream], entry: Entry) -> None:
        """Look at the sessions of these streams, all of one author, soon; those of several events
        are looked at together. What comes until then is kept back: it may not be for them."""
        for stream in streams:
            if stream.session_key is not None:
                stream.hold(entry.id)
                self._suspects.add(stream.author_id)
        if not self._suspects:
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_again())

    async def _look_again(self) -> None:
        while self._suspects:
            authors, self._suspects = self._suspects, set()
            try:
                await self._end_invalid(
                    stream for author in authors for stream in self._streams.of_author(author)
                )
            except Exception:
                logger.exception("Sessions could not be looked at; trying again.")
                self._suspects |= authors
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            else:
                # Not those of whom something new was heard while their sessions were looked at.
                for author in authors - self._suspects:
                    for stream in self._streams.of_author(author):
                        stream.release()

    async def _end_invalid(self, streams: Iterable[Stream]) -> None:
        suspects = [(stream, stream.session_key) for stream in streams]
        sessions = {key: stream.author_id for stream, key in suspects if key is not None}
        valid = await door.still_valid(sessions)
        for stream, key in suspects:
            if key is not None and key not in valid and not stream.is_ending:
                stream.rights = NO_RIGHTS  # nor is anything replayed, if it is only opening
                # Whoever signs in again resumes from here: what was held back comes then.
                here = stream.held_at if stream.is_held else self.position
                stream.end(sse.frame("session.ended", "{}", Cursor(self.epoch, here)))


async def _for_ever(step: Callable[[], Awaitable[None]]) -> None:
    """One round after the other. Nothing that fails in one may keep the next from running."""
    while True:
        try:
            await step()
        except Exception:
            logger.exception("A round of the hub failed; trying again.")
            await asyncio.sleep(TRY_AGAIN_SECONDS)


def _read_on(position: int) -> tuple[list[Entry], Span]:
    """The next events; the epoch is read after them, so it is theirs if it has not changed."""
    return log.read_after(position, limit=READ_EVENTS), log.span()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Hub]] = WeakKeyDictionary()


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
    if starting is None or not starting.done() or starting.cancelled() or starting.exception():
        return None
    return starting.result()


def who_is_here(authors: Iterable[int], *, rooms: Collection[int]) -> set[int]:
    """Which of these authors are here, as those see them who may read `rooms`. From any thread.

    A process at which no stream was opened yet knows of nobody.
    """
    authors = set(authors)
    return set().union(*(hub.presence.seen(authors, rooms) for hub in all_running()))


def is_here(author: int) -> bool:
    """Whether this author is here at all; not for everybody to know. From any thread."""
    return any(hub.presence.online([author]) for hub in all_running())


def are_well() -> bool:
    """Whether every hub of this process follows the log."""
    return all(hub.is_well for hub in all_running())


def all_running() -> list[Hub]:
    """The hubs of this process."""
    found = (running_on(loop) for loop in tuple(_hubs))
    return [hub for hub in found if hub is not None]


async def _start() -> Hub:
    hub = Hub()
    await hub.start()
    return hub
