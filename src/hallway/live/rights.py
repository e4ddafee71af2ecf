"""What an event changes in what somebody may see."""

import json
from enum import Enum
from functools import lru_cache
from typing import Final

from hallway.events.log import Entry

from .stream import Rights, Stream

OF_ONE: Final = frozenset({"member.joined", "member.left", "session.ended"})
OF_ALL: Final = frozenset({"room.created", "room.changed", "room.deleted"})
# After these the sessions of the author they are for must be looked at again.
RECHECKS: Final = frozenset({"access.changed"})
# What was said to a session of the past concerns nobody who is here now.
OF_THE_PAST: Final = frozenset({"session.ended", "access.changed"})
NOBODY: Final = 0
EVERYBODY: Final = -1


class Change(Enum):
    GAIN = "before the event is told"
    LOSE = "after the event is told"


def whose_rights(entry: Entry) -> int:
    """The author (id) whose rights this event changes, `EVERYBODY` or `NOBODY`."""
    if entry.kind in OF_ONE:
        if entry.author_id is not None:
            return entry.author_id
        author: int = json.loads(entry.payload)["author"]["id"]
        return author
    # What is told to one author about a room changes nothing: `member.joined` has let them in.
    return EVERYBODY if entry.kind in OF_ALL and entry.author_id is None else NOBODY


def rights_after(stream: Stream, entry: Entry, change: Change) -> Rights | None:
    """What a reader may see once this event has passed; None when everything ends."""
    if change is Change.LOSE and entry.kind == "session.ended":
        return None if entry.id > stream.since else stream.rights
    if entry.room_id is None:
        return stream.rights
    if change is Change.GAIN:
        return _gained(stream.rights, entry, entry.room_id)
    return _kept(stream.rights, entry, entry.room_id)


def _gained(rights: Rights, entry: Entry, room: int) -> Rights:
    match entry.kind:
        case "member.joined":
            return rights.with_room(room).as_member(room)
        case "room.created" | "room.changed" if _is_open(entry.payload):
            return rights.with_room(room)
    return rights


def _kept(rights: Rights, entry: Entry, room: int) -> Rights:
    match entry.kind:
        case "member.left" if _is_open(entry.payload):
            return rights.as_visitor(room)
        case "room.changed" if room in rights.member_of or _is_open(entry.payload):
            return rights
        case "member.left" | "room.changed" | "room.deleted":
            return rights.without(room)
    return rights


def may_see(stream: Stream, entry: Entry) -> bool:
    """Whether an event of the past belongs on this stream, by the rights of today."""
    if entry.room_id is not None and entry.room_id not in stream.wanted:
        return False
    if entry.author_id is None:
        return entry.room_id is not None
    # A sign-out of the past is over for whoever is signed in again.
    return entry.author_id == stream.author_id and entry.kind not in OF_THE_PAST


@lru_cache(maxsize=16)
def _is_open(payload: str) -> bool:
    """Open rooms stay readable to those who left them; the event says what the room was.

    Remembered, since it is asked for every stream when a room opens or closes.
    """
    kind: str = json.loads(payload).get("kind", "")
    return kind == "open"
