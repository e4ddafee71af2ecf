"""Who is here: whoever has a stream open, on whatever device, at whatever process. Never stored.

Somebody is seen in the rooms they belong to, by those who may read these rooms; nobody else hears
of them. Who comes is told after a moment, with the others who came in it; who goes is told once
they had time to come back, so that a page that loads afresh makes nobody flicker.

Processes tell each other who is at theirs: at every change, and all of it again now and then. What
was not said again for some time is not true any more, for its process may have been killed.
"""

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic

from . import bell
from .index import Index
from .signals import PRESENCE
from .stream import Rights, Stream

SETTLE_SECONDS = 0.5
GRACE_SECONDS = 4.0
# In a room where more are present nobody is told who comes and goes.
CROWD = 100
# Between processes: how often everything is said again, and how long it counts.
REFRESH_SECONDS = 10.0
COUNTS_SECONDS = 25.0
# What one letter may hold: PostgreSQL carries 8,000 bytes.
LONGEST_LETTER = 6000
MOST_ROOMS = 500


class Presence:
    """The authors of a hub's streams, as others see them."""

    def __init__(self, streams: Index) -> None:
        self._streams = streams
        # The rooms in which each author who is here is seen.
        self._seen_in: dict[int, frozenset[int]] = {}
        self._in_room: dict[int, set[int]] = {}
        # What the others were told last of our authors, and what they told us, by process: the
        # rooms, and until when that counts.
        self._told: dict[int, frozenset[int]] = {}
        self._elsewhere: dict[int, dict[str, tuple[frozenset[int], float]]] = {}

    def online(self, authors: Iterable[int]) -> set[int]:
        """Which of these authors are here. May be asked from any thread."""
        return {author for author in authors if author in self._seen_in}

    def seen(self, authors: Iterable[int], rooms: Iterable[int]) -> set[int]:
        """Which of them are here, for those who may read `rooms`. May be asked from any thread."""
        rooms = frozenset(rooms)
        return {
            author
            for author in authors
            if not rooms.isdisjoint(self._seen_in.get(author, frozenset()))
        }

    def came(self, stream: Stream) -> None:
        """A stream has joined: tell the others of its author, and it of them."""
        loop = asyncio.get_running_loop()
        loop.call_later(SETTLE_SECONDS, self._look, stream.author_id)
        loop.call_later(SETTLE_SECONDS, self._welcome, stream, stream.wanted)

    def went(self, author: int) -> None:
        """A stream of this author has ended."""
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._look, author)

    def changed(self, stream: Stream, before: Rights) -> None:
        """What the author may see, or where they are seen, is not as it was before."""
        lost = before.rooms - stream.rights.rooms
        if lost and not stream.is_ending:
            gone = self._present_in(lost) - self._present_in(stream.wanted)
            for author in gone - {stream.author_id}:
                _tell(stream, author, is_online=False)
        # A room that opens or closes changes what every stream may see, and where nobody is seen.
        loop = asyncio.get_running_loop()
        if stream.rights.member_of != before.member_of:
            loop.call_soon(self._look, stream.author_id)
        if gained := stream.rights.rooms - before.rooms:
            loop.call_later(SETTLE_SECONDS, self._welcome, stream, gained)

    def told(self, origin: str, here: dict[str, list[int] | None] | None) -> None:
        """Another process tells who is at it, author → rooms, None for who has gone; without a
        name: the link with the others is new."""
        if here is None:
            if not origin:
                bell.tell_others({})
            self.refresh()
        elif not here:
            # It has just begun to listen.
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self.refresh)
        else:
            until = monotonic() + COUNTS_SECONDS
            for key, rooms in here.items():
                places = self._elsewhere.setdefault(int(key), {})
                if rooms is None:
                    places.pop(origin, None)
                else:
                    places[origin] = (frozenset(rooms), until)
                self._look(int(key))

    def refresh(self) -> None:
        """Tell the other processes everybody who is here, and forget what they tell no more."""
        _tell_others(self._told)
        now = monotonic()
        for author, places in tuple(self._elsewhere.items()):
            old = [origin for origin, (_, until) in places.items() if until < now]
            for origin in old:
                del places[origin]
            if not places:
                del self._elsewhere[author]
            if old:
                self._look(author)

    def leave(self) -> None:
        """This process ends, and its streams come back at another one."""
        loop = asyncio.get_running_loop()
        gone = dict.fromkeys(self._told)
        self._told.clear()
        loop.call_soon(_tell_others, gone)

    def _look(self, author: int) -> None:
        """Tell what is different about this author since it was told last."""
        open_streams = [one for one in self._streams.of_author(author) if not one.is_ending]
        before = self._seen_in.get(author, frozenset())
        here = frozenset().union(*(stream.rights.member_of for stream in open_streams))
        self._tell_of(author, here if open_streams else None)
        elsewhere = self._elsewhere.get(author, {}).values()
        now = here.union(*(rooms for rooms, _ in elsewhere))
        if (open_streams or elsewhere) and self._seen_in.get(author) == now:
            return  # one more page of theirs: not worth a look at everybody who might be told
        readers_before = self._readers(before, author)
        self._keep(author, now if open_streams or elsewhere else None)
        readers_now = self._readers(now, author)
        for stream in readers_before - readers_now:
            _tell(stream, author, is_online=False)
        for stream in readers_now - readers_before:
            _tell(stream, author, is_online=True)

    def _tell_of(self, author: int, rooms: frozenset[int] | None) -> None:
        if rooms != self._told.get(author):
            if rooms is None:
                del self._told[author]
            else:
                self._told[author] = rooms
            _tell_others({author: rooms})

    def _welcome(self, stream: Stream, rooms: frozenset[int]) -> None:
        """Tell who is in these rooms, as far as the stream still tells about them."""
        if not stream.is_ending:
            present = self._present_in(rooms & stream.wanted) - {stream.author_id}
            # In one write, however many they are.
            stream.tell(b"".join(_signal(stream, author, is_online=True) for author in present))

    def _keep(self, author: int, rooms: frozenset[int] | None) -> None:
        for room in self._seen_in.pop(author, frozenset()):
            self._in_room[room].discard(author)
            if not self._in_room[room]:
                del self._in_room[room]
        if rooms is not None:
            self._seen_in[author] = rooms
            for room in rooms:
                self._in_room.setdefault(room, set()).add(author)

    def _present_in(self, rooms: Iterable[int]) -> set[int]:
        quiet = (self._in_room.get(room, set()) for room in rooms)
        return set().union(*(present for present in quiet if len(present) <= CROWD))

    def _readers(self, rooms: Iterable[int], besides: int) -> set[Stream]:
        return {
            stream
            for room in rooms
            if len(self._in_room.get(room, ())) <= CROWD
            for mailbox in self._streams.mailboxes_of_room(room)
            for stream in self._streams.readers(mailbox)
            if stream.author_id != besides and not stream.is_ending
        }


def _tell(stream: Stream, author: int, *, is_online: bool) -> None:
    stream.tell(_signal(stream, author, is_online=is_online))


def _signal(stream: Stream, author: int, *, is_online: bool) -> bytes:
    online = "true" if is_online else "false"
    payload = f'{{"author":{{"id":{author}}},"online":{online}}}'
    return stream.mailbox.format.signal(PRESENCE, payload)


def _tell_others(here: Mapping[int, frozenset[int] | None]) -> None:
    letter: dict[int, list[int] | None] = {}
    size = 0
    for author, rooms in here.items():
        letter[author] = None if rooms is None else sorted(rooms)[:MOST_ROOMS]
        size += 15 + 10 * len(letter[author] or ())
        if size > LONGEST_LETTER:
            bell.tell_others(letter)
            letter, size = {}, 0
    if letter:
        bell.tell_others(letter)
