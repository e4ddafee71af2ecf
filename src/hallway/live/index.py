"""Which streams there are, whose they are, and which mailbox each reads."""

from collections import defaultdict
from collections.abc import Iterator

from .mailbox import Mailbox
from .sse import Format
from .stream import Stream


class Index:
    """Streams by author, mailboxes by room. A mailbox exists as long as somebody reads it."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._by_author: dict[int, set[Stream]] = {}
        self._by_room: dict[int, set[Mailbox]] = {}
        self._mailboxes: dict[tuple[frozenset[int], Format], Mailbox] = {}
        self._readers: defaultdict[Mailbox, set[Stream]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[Stream]:
        """Every stream; some may leave meanwhile."""
        return iter(tuple(self._streams))

    def of_author(self, author_id: int) -> tuple[Stream, ...]:
        return tuple(self._by_author.get(author_id, ()))

    def mailboxes_of_room(self, room_id: int) -> tuple[Mailbox, ...]:
        return tuple(self._by_room.get(room_id, ()))

    def readers(self, mailbox: Mailbox) -> tuple[Stream, ...]:
        return tuple(self._readers.get(mailbox, ()))

    def mailbox(self, rooms: frozenset[int], format: Format) -> Mailbox:
        """The mailbox for exactly these rooms: the one that is read already, or a new one."""
        return self._mailboxes.get((rooms, format)) or Mailbox(rooms, format)

    def add(self, stream: Stream) -> None:
        self._streams.add(stream)
        self._by_author.setdefault(stream.author_id, set()).add(stream)
        self._attach(stream)

    def move(self, stream: Stream) -> None:
        """Let the stream read from the mailbox of exactly the rooms it tells about now."""
        mailbox = self.mailbox(stream.wanted, stream.mailbox.format)
        if mailbox is not stream.mailbox and stream in self._streams:
            self._detach(stream)
            stream.move(mailbox)
            self._attach(stream)

    def discard(self, stream: Stream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)
            mine = self._by_author[stream.author_id]
            mine.remove(stream)
            if not mine:
                del self._by_author[stream.author_id]
            self._detach(stream)

    def _attach(self, stream: Stream) -> None:
        mailbox = stream.mailbox
        if mailbox not in self._readers:
            self._mailboxes[mailbox.rooms, mailbox.format] = mailbox
            for room in mailbox.rooms:
                self._by_room.setdefault(room, set()).add(mailbox)
        self._readers[mailbox].add(stream)

    def _detach(self, stream: Stream) -> None:
        mailbox = stream.mailbox
        readers = self._readers[mailbox]
        readers.remove(stream)
        if readers:
            return
        del self._readers[mailbox]
        del self._mailboxes[mailbox.rooms, mailbox.format]
        for room in mailbox.rooms:
            self._by_room[room].remove(mailbox)
            if not self._by_room[room]:
                del self._by_room[room]
