"""Histories made by hand: a clean one, and eight that a checker must not believe.

A checker that finds nothing proves nothing until it has found what was hidden for it.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAYA, JOE, ZOE = 1, 2, 3
HALL, DEN = 1, 2  # an open room, and a private one that is not Zoe's
SLUGS = {HALL: "hall", DEN: "den"}
NAMES = {MAYA: "Maya", JOE: "Joe", ZOE: "Zoe"}
SCHEMA = """
CREATE TABLE hallway_message (id INTEGER PRIMARY KEY, room_id, author_id, content, html,
    client_id, version, deleted_at);
CREATE TABLE hallway_event (id INTEGER PRIMARY KEY, kind, room_id, author_id, message_id, payload);
CREATE TABLE hallway_room (id INTEGER PRIMARY KEY, slug, kind);
CREATE TABLE hallway_author (id INTEGER PRIMARY KEY, name);
CREATE TABLE hallway_membership (author_id, room_id);
"""


@dataclass
class Forgery:
    """A run in memory, to be bent before it is written."""

    operations: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    # reader → (user, [(time, event id, payload)])
    heard: dict[str, tuple[int, list[tuple[float, int, str]]]] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write journal and database; the path of the latter."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "operations.jsonl").open("w") as file:
            for operation in self.operations:
                file.write(json.dumps(operation) + "\n")
        with (folder / "streams.jsonl").open("w") as file:
            for line in self._stream_lines():
                file.write(json.dumps(line) + "\n")
        path = folder / "forged.sqlite3"
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(SCHEMA)
        for table, rows in (
            ("hallway_message", self.messages),
            ("hallway_event", self.events),
            ("hallway_room", [{"id": HALL, "slug": "hall", "kind": "open"},
                              {"id": DEN, "slug": "den", "kind": "private"}]),
            ("hallway_author", [{"id": key, "name": name} for key, name in NAMES.items()]),
            ("hallway_membership", [{"author_id": MAYA, "room_id": DEN},
                                    {"author_id": JOE, "room_id": DEN}]),
        ):  # fmt: skip
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
                )
        connection.commit()
        connection.close()
        return path

    def _stream_lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        number = 0
        for reader, (user, heard) in self.heard.items():
            base = {"reader": reader, "connection": 1}
            lines.append(base | {"time": 0.0, "mark": "open", "user": user, "since": "ab-0",
                                 "rooms": []})  # fmt: skip
            for time, event, payload in heard:
                raw = f"id: ab-{event}\nevent: message.posted\ndata: {payload}"
                lines.append({"known": number, "raw": raw})
                lines.append(base | {"time": time, "frame": number})
                number += 1
            last = max([event for _, event, _ in heard] + [self.events[-1]["id"]])
            lines.append(base | {"time": 99.0, "mark": "done", "cursor": f"ab-{last}"})
        return lines

    def frames(self, reader: str) -> list[tuple[float, int, str]]:
        return self.heard[reader][1]


def clean() -> Forgery:
    """Maya and Joe post ten messages each, in turn; the den's are not for Zoe, who listens."""
    forgery = Forgery(heard={"maya": (MAYA, []), "joe": (JOE, []), "zoe": (ZOE, [])})
    for number in range(1, 21):
        author = MAYA if number % 2 else JOE
        room = DEN if number % 5 == 0 else HALL
        key = f"op-{number}"
        content = f"{key}. hello {number}"
        payload = json.dumps(
            {"id": number, "room": SLUGS[room], "author": {"id": author, "name": NAMES[author]},
             "content": content, "version": 1},
        )  # fmt: skip
        forgery.operations.append(
            {"time": number, "until": number + 0.01, "user": author, "op": "post", "op_id": key,
             "room": SLUGS[room], "token": f"{key}.", "outcome": "ok", "seq": number,
             "content": content, "message": number},
        )  # fmt: skip
        forgery.messages.append(
            {"id": number, "room_id": room, "author_id": author, "content": content, "html": "",
             "client_id": key, "version": 1, "deleted_at": None},
        )  # fmt: skip
        forgery.events.append(
            {"id": number, "kind": "message.posted", "room_id": room, "author_id": None,
             "message_id": number, "payload": payload},
        )  # fmt: skip
        for reader in ("maya", "joe", "zoe") if room == HALL else ("maya", "joe"):
            forgery.frames(reader).append((number + 0.02, number, payload))
    return forgery


def lost() -> Forgery:
    """An acknowledged message is not in the database, nor on any stream."""
    forgery = clean()
    forgery.messages = [row for row in forgery.messages if row["id"] != 7]
    forgery.events = [row for row in forgery.events if row["id"] != 7]
    for _, heard in forgery.heard.values():
        heard[:] = [step for step in heard if step[1] != 7]
    return forgery


def duplicate() -> Forgery:
    """A send that was repeated is stored, and told, as two messages."""
    forgery = clean()
    payload = forgery.events[18]["payload"].replace('"id": 19', '"id": 21')
    forgery.messages.append(forgery.messages[18] | {"id": 21})
    forgery.events.append(forgery.events[18] | {"id": 21, "message_id": 21, "payload": payload})
    for _, heard in forgery.heard.values():
        heard.append((21.0, 21, payload))
    return forgery


def swap() -> Forgery:
    """Joe hears two messages the wrong way round."""
    forgery = clean()
    heard = forgery.frames("joe")
    heard[8], heard[9] = heard[9], heard[8]
    return forgery


def gap() -> Forgery:
    """Zoe's stream steps over one message."""
    forgery = clean()
    del forgery.frames("zoe")[5]
    return forgery


def leak() -> Forgery:
    """Zoe hears a message of the den."""
    forgery = clean()
    den = next(step for step in forgery.frames("maya") if step[1] == 5)
    forgery.frames("zoe").insert(4, den)
    return forgery


def phantom() -> Forgery:
    """A stream tells of a message that is not stored."""
    forgery = clean()
    payload = forgery.events[-1]["payload"].replace("hello 20", "hello 21")
    forgery.frames("maya").append((21.0, 21, payload))
    return forgery


def fail_but_stored() -> Forgery:
    """A send that was refused is there all the same."""
    forgery = clean()
    forgery.operations[10]["outcome"] = "fail"
    return forgery


def late() -> Forgery:
    """Joe, connected all the while, hears a message half a minute after its acknowledgement."""
    forgery = clean()
    time, number, payload = forgery.frames("joe")[-1]
    forgery.frames("joe")[-1] = (time + 30, number, payload)
    return forgery


# Each with the checks of which at least one has to object.
FORGERIES: dict[Callable[[], Forgery], set[str]] = {
    lost: {"C1"},
    duplicate: {"C2"},
    swap: {"C4"},
    gap: {"C4", "C5"},
    leak: {"C6"},
    phantom: {"C6"},
    fail_but_stored: {"C3"},
    late: {"C8"},
}
