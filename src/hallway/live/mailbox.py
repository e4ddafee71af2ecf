"""What waits to be sent, kept once for all streams that see the same rooms.

A thousand readers of one room share one mailbox: an event is put in once, whatever their number,
and each stream only remembers how far it has read. Streams that stand at the same place are given
the very same bytes. That is why a delivery costs next to nothing.
"""

from collections.abc import Iterable

from .sse import Format

# Joined pieces kept until the next event. Most streams stand at the same place; a hundred slow ones
# at a hundred places must not keep a hundred copies.
KEPT = 8


class Mailbox:
    """Frames in order, with positions that go on counting when the oldest are dropped."""

    def __init__(self, rooms: frozenset[int], format: Format) -> None:
        self.rooms = rooms
        self.format = format
        self.end = 0
        self._base = 0
        self._frames: list[bytes] = []
        # Bytes ever put in before each frame, to tell how much waits for a stream.
        self._offsets: list[int] = []
        self._total = 0
        self._joined: dict[int, tuple[bytes, int]] = {}

    def put(self, frame: bytes) -> None:
        if self._joined:
            self._joined = {}
        self._frames.append(frame)
        self._offsets.append(self._total)
        self._total += len(frame)
        self.end += 1

    def take(self, position: int, *, most: int) -> tuple[bytes, int]:
        """Everything after `position` in one piece of about `most` bytes, and where it ends."""
        if position == self.end:
            return b"", position
        taken = self._joined.get(position)
        if taken is None:
            if len(self._joined) == KEPT:
                self._joined.clear()
            taken = self._joined[position] = self._join(position, most)
        return taken

    def waiting(self, position: int) -> tuple[int, int]:
        """Events and bytes that wait for a stream at `position`."""
        if position == self.end:
            return 0, 0
        return self.end - position, self._total - self._offsets[position - self._base]

    def drop_read(self, positions: Iterable[int]) -> None:
        """Forget what every stream has read."""
        read = min(positions, default=self.end) - self._base
        if read:
            del self._frames[:read], self._offsets[:read]
            self._base += read

    def _join(self, position: int, most: int) -> tuple[bytes, int]:
        start = stop = position - self._base
        assert start >= 0, "taken from a mailbox that was left"
        limit = self._offsets[start] + most
        while stop < len(self._frames) and (stop == start or self._offsets[stop] < limit):
            stop += 1
        return b"".join(self._frames[start:stop]), self._base + stop
