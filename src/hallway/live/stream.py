"""One reader: what still has to be sent to it, and how far it has come.

A stream is open from the moment it joins the hub until `close`, which everybody may call and which
is final: nothing can be taken from it afterwards, so nothing out of order can be sent. While it is
doubtful whether its session still lives it is held: nothing can be taken until that is known.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import NamedTuple, Self

from .mailbox import Mailbox

# Bytes in one write at most: a reader far behind must not make the server's buffer grow with it.
WRITE_SIZE = 256 * 1024


class Rights(NamedTuple):
    """The rooms an author may read, and those among them that they belong to."""

    rooms: frozenset[int]
    member_of: frozenset[int]

    def with_room(self, room: int) -> Self:
        return self if room in self.rooms else self._replace(rooms=self.rooms | {room})

    def without(self, room: int) -> Self:
        """Neither a reader nor a member any more."""
        left = self._replace(rooms=self.rooms - {room}) if room in self.rooms else self
        return left.as_visitor(room)

    def as_member(self, room: int) -> Self:
        return self if room in self.member_of else self._replace(member_of=self.member_of | {room})

    def as_visitor(self, room: int) -> Self:
        return self._replace(member_of=self.member_of - {room}) if room in self.member_of else self


NO_RIGHTS = Rights(frozenset(), frozenset())


class Stream:
    """A place in a shared mailbox, and frames of its own that go before what is there."""

    def __init__(
        self,
        *,
        author_id: int,
        session_key: str | None,
        since: int,
        rights: Rights,
        only: frozenset[int] | None,
        mailbox: Mailbox,
    ) -> None:
        self.author_id = author_id
        self.session_key = session_key
        # The log's position when the reader's rights were read.
        self.since = since
        # What the reader may see, and what they asked for; None is everything.
        self.rights = rights
        self.only = only
        # Which beat of the hub's heart is this stream's.
        self.slot = 0
        self.is_ending = False
        self.is_closed = False
        self.is_held = False
        # Since when the reader has not taken all there was; None while it waits for more.
        self.sending_since: float | None = monotonic()
        self._mailbox = mailbox
        self._position = mailbox.end
        # A list: an empty deque takes 0.7 KB, a twentieth of all that a stream costs.
        self._own: list[bytes] = []
        self._own_size = 0
        # While held: how many of its own frames came before, and where the log stood then.
        self._undoubted = 0
        self.held_at = 0
        self._waiter: asyncio.Future[None] | None = None
        self._push: Callable[[], None] | None = None
        self._on_close: Callable[[], object] | None = None

    @property
    def wanted(self) -> frozenset[int]:
        """The rooms that this stream tells about."""
        rooms = self.rights.rooms
        return rooms if self.only is None else rooms & self.only

    @property
    def mailbox(self) -> Mailbox:
        return self._mailbox

    @property
    def position(self) -> int:
        return self._position

    # What the hub does.

    def move(self, mailbox: Mailbox) -> None:
        """Read from another mailbox from now on; what waits in the old one is kept."""
        self._settle()
        self._mailbox, self._position = mailbox, mailbox.end
        self.wake()

    def tell(self, frame: bytes) -> None:
        """Send a frame to this reader alone, after everything that waits already."""
        if frame:
            self._settle()
            self._own.append(frame)
            self._own_size += len(frame)
        self.wake()

    def hold(self, position: int) -> None:
        """Send nothing for now: what comes after `position` of the log may not be for them."""
        if not self.is_held and not self.is_ending:
            self._settle()
            self.is_held = True
            self._undoubted, self.held_at = len(self._own), position

    def release(self) -> None:
        """The session lives: everything that was held back is for this reader."""
        if self.is_held:
            self.is_held = False
            self.wake()

    def end(self, farewell: bytes = b"") -> None:
        """Send what waits now and a last frame, then finish the response."""
        if self.is_held:
            self._drop_doubtful()
        else:
            self._settle()
        self.is_ending = True
        self.tell(farewell)

    def wake(self) -> None:
        """Something waits to be sent, or the stream is to end."""
        if self._push is not None:
            self._push()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def waiting(self) -> tuple[int, int]:
        """Events and bytes that wait for this reader."""
        events, size = self._mailbox.waiting(self._position)
        return events + len(self._own), size + self._own_size

    def close(self) -> None:
        """Nothing more is sent, and whoever serves the response is told to drop it."""
        told = self._on_close
        self.finish()
        if told is not None:
            told()

    def finish(self) -> None:
        """Nothing more is sent: the response has ended."""
        self.is_closed = self.is_ending = True
        self.is_held = False
        self._own.clear()
        self._own_size = 0
        self._push = self._on_close = None

    # What serves the response does.

    def serve_with(self, *, on_close: Callable[[], object]) -> None:
        """Whom to tell when the stream is closed."""
        self._on_close = on_close

    def push_with(self, push: Callable[[], None]) -> None:
        """Whom to tell, instead of whoever waits for `bodies`, that there is something to send."""
        self._push = push

    def begin_with(self, frames: list[bytes]) -> None:
        """Put what the reader missed before everything that waits."""
        self._own[:0] = frames
        self._own_size += sum(map(len, frames))
        self._undoubted += len(frames)

    async def undoubted(self) -> None:
        """Wait until the stream is held no longer; for who sends what comes before it."""
        while self.is_held:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def take(self) -> bytes:
        """The next piece to send, empty when nothing waits. Whatever is taken must be sent."""
        if self.is_closed or self.is_held:
            return b""
        if not self._own and self.is_ending:
            return b""  # what came into the mailbox since is not for this reader any more
        if not self._own:
            body, self._position = self._mailbox.take(self._position, most=WRITE_SIZE)
            return body
        count = size = 0
        for frame in self._own:
            if size >= WRITE_SIZE:
                break
            count += 1
            size += len(frame)
        body = b"".join(self._own[:count])
        del self._own[:count]
        self._own_size -= size
        return body

    async def bodies(self) -> AsyncIterator[bytes]:
        """What waits, in pieces to be sent, then what comes, until the stream ends."""
        loop = asyncio.get_running_loop()
        while True:
            body = self.take()
            if body:
                self.sending_since = monotonic()
                yield body
            elif self.is_ending:
                return
            else:
                self.sending_since = None
                self._waiter = loop.create_future()
                await self._waiter

    def _drop_doubtful(self) -> None:
        self.is_held = False
        self._position = self._mailbox.end
        while len(self._own) > self._undoubted:
            self._own_size -= len(self._own.pop())

    def _settle(self) -> None:
        """Take what waits in the shared mailbox into the stream's own hands, in order."""
        if self.is_ending:
            return
        while self._position != self._mailbox.end:
            body, self._position = self._mailbox.take(self._position, most=WRITE_SIZE)
            self._own.append(body)
            self._own_size += len(body)
