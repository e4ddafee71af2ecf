"""What an event changes in what somebody may see."""

import json
from enum import Enum
from typing import Final

from hallway.events.log import Entry

from .stream import Stream

AFFECTS_RIGHTS: Final = frozenset({"member.joined", "member.left", "session.ended"})
NOBODY: Final = 0
EVERYBODY: Final = -1


class Change(Enum):
    GAIN = "before the event is told"
    LOSE = "after the event is told"


def whose_rights(entry: Entry) -> int:
    """The author (id) whose rights this event changes, `EVERYBODY` or `NOBODY`."""
    if entry.kind == "room.created":
        return EVERYBODY
    if entry.kind not in AFFECTS_RIGHTS:
        return NOBODY
    if entry.author_id is not None:
        return entry.author_id
    author: int = json.loads(entry.payload)["author"]["id"]
    return author


def rooms_after(stream: Stream, entry: Entry, change: Change) -> frozenset[int] | None:
    """The rooms a reader may see once this event has passed; None when everything ends."""
    rooms, room = stream.rooms, entry.room_id
    if change is Change.GAIN and room is not None:
        if entry.kind == "member.joined" or (entry.kind == "room.created" and _is_open(entry)):
            return rooms | {room}
    elif change is Change.LOSE:
        if entry.kind == "session.ended" and entry.id > stream.since:
            return None
        if entry.kind == "member.left" and room is not None and not _is_open(entry):
            return rooms - {room}
    return rooms


def may_see(stream: Stream, entry: Entry) -> bool:
    """Whether an event of the past belongs on this stream, by the rights of today."""
    if entry.room_id is not None:
        return entry.room_id in stream.wanted
    # A sign-out of the past is over for whoever is signed in again.
    return entry.author_id == stream.author_id and entry.kind != "session.ended"


def _is_open(entry: Entry) -> bool:
    """Open rooms stay readable to those who left them; the event says what the room was."""
    kind: str = json.loads(entry.payload).get("kind", "")
    return kind == "open"
