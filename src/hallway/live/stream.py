"""One reader: what still has to be sent to it, and the loop that sends it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from time import monotonic

from .mailbox import Mailbox

# Bytes in one write at most: a reader far behind must not make the server's buffer grow with it.
WRITE_SIZE = 256 * 1024


class Stream:
    """A place in a shared mailbox, and frames of its own that go before what is there."""

    def __init__(
        self,
        *,
        author_id: int,
        session_key: str | None,
        since: int,
        rooms: frozenset[int],
        only: frozenset[int] | None,
        mailbox: Mailbox,
    ) -> None:
        self.author_id = author_id
        self.session_key = session_key
        # The log's position when the reader's rights were read.
        self.since = since
        # What the reader may see, and what they asked for; None is everything.
        self.rooms = rooms
        self.only = only
        # Which beat of the hub's heart is this stream's.
        self.slot = 0
        self.is_ending = False
        self.sending_since: float | None = None
        self._mailbox = mailbox
        self._position = mailbox.end
        self._own: deque[bytes] = deque()
        self._own_size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._pushed_by: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None

    @property
    def wanted(self) -> frozenset[int]:
        """The rooms that this stream tells about."""
        return self.rooms if self.only is None else self.rooms & self.only

    @property
    def mailbox(self) -> Mailbox:
        return self._mailbox

    @property
    def position(self) -> int:
        return self._position

    def move(self, mailbox: Mailbox) -> None:
        """Read from another mailbox from now on; what waits in the old one is kept."""
        self._settle()
        self._mailbox, self._position = mailbox, mailbox.end
        self.wake()

    def tell(self, frame: bytes) -> None:
        """Send a frame to this reader alone, after everything that waits already."""
        self._settle()
        self._own.append(frame)
        self._own_size += len(frame)
        self.wake()

    def end(self, farewell: bytes = b"") -> None:
        """Send what waits and a last frame, then finish the response."""
        self.is_ending = True
        self.tell(farewell)

    def cut(self) -> None:
        """Drop the connection where it stands: the reader is late, never wrong, and resumes."""
        self.is_ending = True
        if self._task is not None:
            self._task.cancel()

    def waiting(self) -> tuple[int, int]:
        """Events and bytes that wait for this reader."""
        events, size = self._mailbox.waiting(self._position)
        return events + len(self._own), size + self._own_size

    def wake(self) -> None:
        """Something waits to be sent, or the stream is to end."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self._pushed_by is not None:
            self._pushed_by()

    def begin_with(self, frames: list[bytes]) -> None:
        """Put what the reader missed before everything that waits."""
        self._own.extendleft(reversed(frames))
        self._own_size += sum(map(len, frames))

    def take(self) -> bytes:
        """The next piece to send, empty when nothing waits. Whatever is taken must be sent."""
        if not self._own:
            body, self._position = self._mailbox.take(self._position, most=WRITE_SIZE)
            return body
        taken = []
        size = 0
        while self._own and size < WRITE_SIZE:
            frame = self._own.popleft()
            taken.append(frame)
            size += len(frame)
        self._own_size -= size
        return b"".join(taken)

    def push_with(self, push: Callable[[], None]) -> None:
        """Call `push` whenever something waits, instead of waiting in `bodies`."""
        self._task = asyncio.current_task()
        self._pushed_by = push
        push()

    async def bodies(self) -> AsyncIterator[bytes]:
        """What waits, in pieces to be sent, then what comes, until the stream ends."""
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        while True:
            body = self.take()
            if body:
                self.sending_since = monotonic()
                yield body
                self.sending_since = None
            elif self.is_ending:
                return
            else:
                self._waiter = loop.create_future()
                await self._waiter

    def _settle(self) -> None:
        """Take what waits in the shared mailbox into the stream's own hands, in order."""
        while self._position != self._mailbox.end:
            body, self._position = self._mailbox.take(self._position, most=WRITE_SIZE)
            self._own.append(body)
            self._own_size += len(body)
