"""What a client knows of a room: a page, and the events after it, must be the page drawn anew."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hallway.events import log
from hallway.events.shapes import message_shape
from hallway.models import Room
from hallway.queries.timeline import timeline

State = dict[int, dict[str, Any]]


@contextmanager
def keeps_up(room: Room) -> Iterator[None]:
    """Old page + the events of what happens inside = fresh page."""
    state, position = page_of(room), log.span().newest
    yield
    for entry in log.read_after(position, limit=1000):
        if entry.room_id == room.pk:
            apply(state, entry.kind, json.loads(entry.payload))
    assert state == page_of(room)


def page_of(room: Room) -> State:
    shapes = [message_shape(message) for message in timeline(room, limit=1000).messages]
    return {shape["id"]: json.loads(json.dumps(shape)) for shape in shapes}


def apply(state: State, kind: str, told: dict[str, Any]) -> None:
    """As docs/protocol.md says."""
    match kind:
        case "message.posted" | "message.edited":
            quote = told.pop("quote", None)
            state[told["id"]] = told
            _requote(state, told["id"], quote)
        case "message.deleted":
            state.pop(told["id"], None)
            gone = {"id": told["id"], "author": None, "excerpt": "", "deleted": True}
            _requote(state, told["id"], gone)
        case "reaction.added" | "reaction.removed" | "message.pinned" | "message.unpinned":
            message = state.get(told["message"])
            if message is None or message["version"] >= told["version"]:
                return
            message["version"] = told["version"]
            if "emoji" in told:
                _react(message["reactions"], told, adds=kind == "reaction.added")
            else:
                message["pinned_at"] = told["pinned_at"]


def _requote(state: State, message_id: int, quote: dict[str, Any] | None) -> None:
    for message in state.values():
        if quote and message["reply_to"] and message["reply_to"]["id"] == message_id:
            message["reply_to"] = quote


def _react(reactions: list[dict[str, Any]], told: dict[str, Any], *, adds: bool) -> None:
    author = told["author"]["id"]
    found = next((one for one in reactions if one["emoji"] == told["emoji"]), None)
    if found is None:
        reactions.append({"emoji": told["emoji"], "count": 1, "authors": [author]})
    elif adds:
        found["count"] += 1
        found["authors"] = [*found["authors"], author][:50]
    else:
        found["count"] -= 1
        found["authors"] = [pk for pk in found["authors"] if pk != author]
        if not found["count"]:
            reactions.remove(found)
