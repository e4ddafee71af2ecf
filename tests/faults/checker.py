"""Judges one run: the journal of the clients against the rows of the database.

Shares no code with the server. It reads the database with its own driver and the two
files of the journal, and knows nothing but the promises:

C1  every acknowledged operation is stored once, with its exact text, author and room
C2  nothing is stored twice, and no reader is told an event twice
C3  nothing is stored that was refused, or that nobody sent
C4  every reader hears the stored order without a gap
C5  every reader hears every event of the rooms they may read
C6  and nothing else
C7  a page, and the events since, give the same as the page loaded afresh
C8  an event arrives in time
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from .sse import BadFrame, Frame, parse

ON_A_MESSAGE = ("reaction.added", "reaction.removed", "message.pinned", "message.unpinned")
CHECKS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8")
# Told live to whoever listens, and about nothing in the log.
SIGNALS = {"heartbeat", "reset", "typing", "presence"}
# The end of a session is over for whoever is signed in again: it is not replayed.
NOT_REPLAYED = {"session.ended"}
SHOWN = 12

Row = dict[str, Any]


@dataclass(frozen=True)
class Violation:
    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


@dataclass
class Verdict:
    violations: list[Violation] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> set[str]:
        return {violation.check for violation in self.violations}

    def add(self, check: str, what: str) -> None:
        self.violations.append(Violation(check, what))

    def __str__(self) -> str:
        shown = [str(violation) for violation in self.violations[:SHOWN]]
        left = len(self.violations) - len(shown)
        return "\n".join([*shown, *([f"… and {left} more"] if left > 0 else [])]) or "no violation"


# What is stored.


@dataclass(frozen=True)
class Stored:
    """The database as it was left."""

    messages: dict[int, Row]
    events: list[Row]
    rooms: dict[int, Row]
    names: dict[int, str]
    memberships: set[tuple[int, int]]

    @classmethod
    def read(cls, database: Path | str) -> "Stored":
        """From a SQLite file, or from the PostgreSQL at an address, as of one moment."""
        with _opened(database) as rows:
            return cls(
                messages={row["id"]: row for row in rows("hallway_message")},
                events=sorted(rows("hallway_event"), key=lambda row: row["id"]),
                rooms={row["id"]: row for row in rows("hallway_room")},
                names={row["id"]: row["name"] for row in rows("hallway_author")},
                memberships={
                    (row["author_id"], row["room_id"]) for row in rows("hallway_membership")
                },
            )


@contextmanager
def _opened(database: Path | str) -> Iterator[Callable[[str], list[Row]]]:
    """What reads a table's rows."""
    if isinstance(database, str):
        with psycopg.connect(database, row_factory=dict_row) as there:
            there.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield lambda table: there.execute(f'SELECT * FROM "{table}"').fetchall()
        return
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("BEGIN")
        yield lambda table: [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]
    finally:
        connection.close()


# What was recorded.


@dataclass
class Heard:
    """One frame as one reader got it."""

    time: float
    connection: int
    frame: Frame


@dataclass
class Track:
    """Everything one reader went through, in order."""

    reader: str
    user: int = 0
    # ("open", since, rooms) · ("frame", Heard) · ("snapshot", …) · ("close",) · ("done", cursor)
    steps: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass
class History:
    operations: list[Row]
    tracks: dict[str, Track]
    bad_frames: list[str]

    @classmethod
    def read(cls, folder: Path) -> "History":
        with (folder / "operations.jsonl").open() as file:
            operations = [json.loads(line) for line in file]
        tracks: dict[str, Track] = {}
        known: dict[int, Frame | None] = {}
        bad: list[str] = []
        with (folder / "streams.jsonl").open() as file:
            for line in file:
                entry = json.loads(line)
                if "known" in entry:
                    try:
                        known[entry["known"]] = parse(entry["raw"])
                    except BadFrame as error:
                        known[entry["known"]] = None
                        bad.append(str(error))
                else:
                    track = tracks.setdefault(entry["reader"], Track(entry["reader"]))
                    _note(track, entry, known)
        return cls(operations, tracks, bad)


def _note(track: Track, entry: Row, known: dict[int, Frame | None]) -> None:
    track.user = entry.get("user", track.user)
    if "frame" in entry:
        frame = known[entry["frame"]]
        if frame is not None:
            heard = Heard(entry["time"], entry["connection"], frame)
            track.steps.append(("frame", heard))
    elif entry["mark"] == "open":
        rooms = tuple(entry["rooms"])
        track.steps.append(("open", entry["since"], rooms, entry["time"], entry["connection"]))
    elif entry["mark"] == "close":
        track.steps.append(("close", entry["time"], entry["connection"]))
    elif entry["mark"] == "snapshot":
        track.steps.append(("snapshot", entry["cursor"], entry["room"], entry["messages"]))
    elif entry["mark"] == "done":
        track.steps.append(("done", entry["cursor"]))


# Judging.


def check(
    folder: Path, database: Path | str, *, late_after: float = 5.0, strangers: bool = False
) -> Verdict:
    """Everything that is wrong with a run.

    `late_after` is how many seconds after its acknowledgement an event may reach a reader who was
    connected all the while. With `strangers` others than the journal's people wrote too.
    """
    verdict = Verdict()
    stored, history = Stored.read(database), History.read(folder)
    for bad in history.bad_frames:
        verdict.add("C6", f"not a frame of ours: {bad}")
    posts = _check_stored(verdict, stored, history, strangers=strangers)
    sight = Sight(stored)
    for track in history.tracks.values():
        Trail(verdict, stored, sight, track).walk()
        _check_view(verdict, stored, track)
    _check_latency(verdict, history, posts, late_after)
    verdict.figures |= {
        "operations": len(history.operations),
        "stored": len(stored.messages),
        "frames": sum(step[0] == "frame" for t in history.tracks.values() for step in t.steps),
    }
    return verdict


def _check_stored(
    verdict: Verdict, stored: Stored, history: History, *, strangers: bool
) -> dict[str, Row]:
    """C1, C2 and C3 on the rows; the operation behind each token."""
    # A send is one and the same by author, room and key.
    by_key: defaultdict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for message in stored.messages.values():
        slug = stored.rooms[message["room_id"]]["slug"]
        by_key[message["author_id"], slug, message["client_id"]].append(message)
    tries: defaultdict[tuple[int, str, str], list[Row]] = defaultdict(list)
    changed: dict[int, list[Row]] = defaultdict(list)
    for operation in history.operations:
        if operation["op"] == "post":
            tries[operation["user"], operation["room"], operation["op_id"]].append(operation)
        elif operation["op"] in ("edit", "delete"):
            changed[operation["message"]].append(operation)
    posts: dict[str, Row] = {}
    for key, attempts in tries.items():
        rows = by_key.pop(key, [])
        _check_kept(verdict, f"{key[2]} of {key[0]} in {key[1]}", attempts, rows)
        if len(rows) == 1 and any(attempt["outcome"] == "ok" for attempt in attempts):
            _check_same(verdict, attempts, rows[0], is_changed=rows[0]["id"] in changed)
        posts[attempts[0]["token"]] = attempts[0] | {
            "acked": min((a["until"] for a in attempts if a["outcome"] == "ok"), default=None)
        }
    if not strangers:
        for key, rows in by_key.items():
            if not key[2].startswith("history-"):
                verdict.add("C3", f"message {rows[0]['id']} ({key}) is stored and nobody sent it")
    _check_once(verdict, stored)
    _check_log(verdict, stored)
    _check_changes(verdict, stored, changed)
    return posts


def _check_kept(verdict: Verdict, key: str, attempts: list[Row], rows: list[Row]) -> None:
    """As many rows as its outcome says: one, none, or at most one."""
    outcomes = {attempt["outcome"] for attempt in attempts}
    if len(rows) > 1:
        verdict.add("C2", f"{key} is stored {len(rows)} times: {[row['id'] for row in rows]}")
    if outcomes == {"fail"} and rows:
        verdict.add("C3", f"{key} was refused and is stored as {rows[0]['id']}")
    if "ok" in outcomes and not rows:
        verdict.add("C1", f"{key} was acknowledged and is not stored")


def _check_same(verdict: Verdict, attempts: list[Row], row: Row, *, is_changed: bool) -> None:
    """The row of an acknowledged message is the message."""
    key = attempts[0]["op_id"]
    told = {attempt.get("message") for attempt in attempts if attempt["outcome"] == "ok"}
    if told - {row["id"], None}:
        verdict.add("C1", f"{key} is message {row['id']} and was answered as {told}")
    if not is_changed and row["content"] not in {attempt["content"] for attempt in attempts}:
        verdict.add("C1", f"{key} is stored with another text: {row['content'][:60]!r}")


def _check_once(verdict: Verdict, stored: Stored) -> None:
    """No text in two rows."""
    tokens: defaultdict[tuple[int, int, str], list[int]] = defaultdict(list)
    for message in stored.messages.values():
        token = message["content"].split(" ", 1)[0]
        if message["deleted_at"] is None and token.endswith("."):
            tokens[message["author_id"], message["room_id"], token].append(message["id"])
    for (_, _, token), found in tokens.items():
        if len(found) > 1:
            verdict.add("C2", f"the text of {token} is stored {len(found)} times: {found}")


def _check_log(verdict: Verdict, stored: Stored) -> None:
    """No message with two posts in the log, none without one."""
    posted: defaultdict[int, list[int]] = defaultdict(list)
    for event in stored.events:
        if event["kind"] == "message.posted":
            posted[event["message_id"]].append(event["id"])
    for message_id, events in posted.items():
        if len(events) > 1:
            verdict.add("C2", f"message {message_id} was posted by events {events}")
        if message_id not in stored.messages:
            verdict.add("C3", f"event {events[0]} tells of message {message_id}, which is not")
    # Old events are trimmed, so only messages younger than the oldest event must have one.
    about = {event["message_id"] for event in stored.events}
    for message_id in stored.messages.keys() - about:
        if message_id > min(posted, default=message_id):
            verdict.add("C1", f"message {message_id} is stored and not in the log")


def _check_changes(verdict: Verdict, stored: Stored, changed: dict[int, list[Row]]) -> None:
    """Acknowledged edits and deletions are stored; a deleted text is nowhere."""
    for message_id, operations in changed.items():
        row = stored.messages.get(message_id)
        done = [operation for operation in operations if operation["outcome"] == "ok"]
        if row is None or not done:
            continue
        texts = [operation["content"] for operation in done if operation["op"] == "edit"]
        if any(operation["op"] == "delete" for operation in done):
            if row["deleted_at"] is None or row["content"] or row["html"]:
                verdict.add("C1", f"message {message_id} was deleted and its text is stored")
            for event in stored.events:
                if event["message_id"] == message_id and '"content"' in event["payload"]:
                    verdict.add("C3", f"event {event['id']} keeps deleted message {message_id}")
        elif row["content"] not in texts:
            verdict.add("C1", f"message {message_id} was edited and stores another text")


class Sight:
    """Which events of the stored log a person may see, by the memberships in the log itself."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._closed = {room for room, row in stored.rooms.items() if row["kind"] != "open"}
        moves: defaultdict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
        for event in stored.events:
            if event["kind"] in ("member.joined", "member.left"):
                author = json.loads(event["payload"])["author"]["id"]
                moves[author, event["room_id"]].append((event["id"], event["kind"]))
        self._spans = {
            key: _spans(moves[key], is_member=key in stored.memberships)
            for key in {*moves, *stored.memberships}
        }

    def allows(self, user: int, event: Row, rooms: tuple[str, ...] = ()) -> bool:
        room = event["room_id"]
        if room is None:
            return bool(event["author_id"] == user)
        if rooms and self._stored.rooms[room]["slug"] not in rooms:
            return False
        if room not in self._closed:
            return True
        spans = self._spans.get((user, room), [])
        return any(first <= event["id"] <= last for first, last in spans)


def _spans(moves: list[tuple[int, str]], *, is_member: bool) -> list[tuple[float, float]]:
    """From the event that let someone in to the one that saw them off, both included."""
    spans: list[tuple[float, float]] = []
    # Whoever is seen off first was let in before the log remembers.
    since: float | None = 0 if (moves[0][1] == "member.left" if moves else is_member) else None
    for number, kind in moves:
        if kind == "member.joined":
            since = number if since is None else since
        elif since is not None:
            spans.append((since, number))
            since = None
    if since is not None:
        spans.append((since, float("inf")))
    return spans


class Trail:
    """C2, C4, C5 and C6 of one reader, however many connections it took."""

    def __init__(self, verdict: Verdict, stored: Stored, sight: Sight, track: Track) -> None:
        self._verdict = verdict
        self._stored = stored
        self._sight = sight
        self._track = track
        self._events = {event["id"]: event for event in stored.events}
        self._oldest = stored.events[0]["id"] if stored.events else 0
        self._rooms: tuple[str, ...] = ()
        # One stretch: from a position on, what was heard; nothing may be missing in between.
        self._start: int | None = None
        self._heard: list[int] = []

    def walk(self) -> None:
        for step in self._track.steps:
            if step[0] == "open":
                self._open(step[1], step[2])
            elif step[0] == "snapshot":
                self._begin(_position(step[1]))
            elif step[0] == "done":
                # What the cursor has passed was told: a heartbeat must not step over an event.
                end = _position(step[1]) if step[1] else 0
                self._begin(end, told_up_to=end)
            elif step[0] == "frame":
                self._hear(step[1].frame)
        self._begin(0)

    def _open(self, since: str | None, rooms: tuple[str, ...]) -> None:
        self._rooms = rooms
        asked = _position(since) if since else None
        if asked is not None and (self._start is None or asked < max([self._start, *self._heard])):
            # Somebody who asks again from further back is told again.
            self._begin(asked)

    def _hear(self, frame: Frame) -> None:
        if frame.kind == "reset":
            self._begin(frame.position)
        elif frame.kind in SIGNALS:
            if self._start is None:
                self._start = frame.position
            elif self._heard and frame.position < self._heard[-1]:
                self._object("C4", f"stood at {self._heard[-1]}, then beat {frame.position}")
        else:
            if self._start is None:
                self._start = frame.position - 1
            self._heard.append(frame.position)
            self._check_frame(frame)

    def _begin(self, position: int, *, told_up_to: int = 0) -> None:
        """Judge the stretch that ends here, and begin another."""
        if self._start is not None:
            self._check_order(self._start)
            self._check_whole(self._start, max([told_up_to, *self._heard]))
        self._start, self._heard = position, []

    def _check_order(self, start: int) -> None:
        seen: set[int] = set()
        for before, now in zip([start, *self._heard], self._heard, strict=False):
            if now in seen:
                self._object("C2", f"was told event {now} twice")
            elif now <= before:
                self._object("C4", f"was told event {now} after {before}")
            seen.add(now)

    def _check_whole(self, start: int, end: int) -> None:
        seen = set(self._heard)
        last = max(seen, default=0)
        for number in range(start + 1, end + 1):
            event = self._events.get(number)
            if event is None or number in seen or event["kind"] in NOT_REPLAYED:
                continue
            if self._sight.allows(self._track.user, event, self._rooms):
                self._object(
                    "C4" if number < last else "C5",
                    f"was never told event {number} ({event['kind']}), from {start} to {end}",
                )

    def _check_frame(self, frame: Frame) -> None:
        """The frame tells a stored event, as it is stored, to somebody who may see it."""
        event = self._events.get(frame.position)
        if event is None:
            if frame.position >= self._oldest and not self._is_forgotten(frame):
                self._object("C6", f"was told {frame.kind} {frame.position}, which is not stored")
            return
        if not self._sight.allows(self._track.user, event, self._rooms):
            self._object("C6", f"was told event {frame.position}, of a room not theirs")
        message = self._stored.messages.get(event["message_id"] or 0)
        if message is not None and message["version"] > 1:
            return  # Edited or deleted later: the log has forgotten what was said then.
        if frame.kind != event["kind"] or json.loads(frame.data) != json.loads(event["payload"]):
            self._object("C6", f"was told another event {frame.position} than is stored")
        elif frame.kind == "message.posted" and message is not None:
            told = json.loads(frame.data)
            if (told["id"], told["content"]) != (message["id"], message["content"]):
                self._object("C6", f"was told another message {message['id']} than is stored")

    def _is_forgotten(self, frame: Frame) -> bool:
        """Of several edits of a message, and of its deletion, the log keeps the last only."""
        if frame.kind not in ("message.edited", "message.deleted"):
            return False
        told = json.loads(frame.data)
        message = self._stored.messages.get(told["id"])
        if message is None or frame.kind == "message.deleted":
            return message is not None and message["deleted_at"] is not None
        return bool(message["version"] > told["version"])

    def _object(self, check: str, what: str) -> None:
        self._verdict.add(check, f"{self._track.reader} {what}")


def _position(cursor: str) -> int:
    return int(cursor.rpartition("-")[2])


# C7.


@dataclass
class View:
    """A room as somebody who never reloads sees it: message id → (version, author's name)."""

    room: str
    rows: dict[int, tuple[int, str]]
    authors: dict[int, int]
    floor: int

    def apply(self, frame: Frame) -> None:
        told = json.loads(frame.data)
        if frame.kind in ("message.posted", "message.edited") and told["room"] == self.room:
            if frame.kind == "message.posted" or told["id"] in self.rows:
                self.rows[told["id"]] = (told["version"], told["author"]["name"])
                self.authors[told["id"]] = told["author"]["id"]
        elif frame.kind == "message.deleted":
            self.rows.pop(told["id"], None)
        elif frame.kind in ON_A_MESSAGE and told["message"] in self.rows:
            self.rows[told["message"]] = (told["version"], self.rows[told["message"]][1])
        elif frame.kind == "author.renamed":
            for number, author in self.authors.items():
                if author == told["id"] and number in self.rows:
                    self.rows[number] = (self.rows[number][0], told["name"])


def _check_view(verdict: Verdict, stored: Stored, track: Track) -> None:
    """C7 for readers that loaded a page and were done: their screen equals a fresh one."""
    view: View | None = None
    for step in track.steps:
        if step[0] == "snapshot":
            view = _view(stored, step[2], step[3])
        elif step[0] == "frame" and view is not None:
            if step[1].frame.kind == "reset":
                view = None  # until the page is loaded again
            else:
                view.apply(step[1].frame)
        elif step[0] == "done" and view is not None:
            fresh = _fresh(stored, view, _position(step[1]))
            shown = {number: row for number, row in view.rows.items() if number not in fresh.later}
            for number in sorted({number for number, _ in fresh.rows.items() ^ shown.items()})[:3]:
                verdict.add("C7", f"{track.reader} in {view.room}: differs in message {number}")


@dataclass
class Fresh:
    rows: dict[int, tuple[int, str]]
    # Messages that changed after the reader was done: of these nothing can be said.
    later: set[int]


def _fresh(stored: Stored, view: View, position: int) -> Fresh:
    """The room's page as of one position of the log."""
    posted: dict[int, int] = {}
    later: set[int] = set()
    renamed: set[int] = set()
    for event in stored.events:
        if event["kind"] == "author.renamed" and event["id"] > position:
            renamed.add(json.loads(event["payload"])["id"])
        if event["message_id"] is not None:
            posted.setdefault(event["message_id"], event["id"])
            if event["id"] > position:
                later.add(event["message_id"])
    rows = {}
    for message in stored.messages.values():
        number, room = message["id"], stored.rooms[message["room_id"]]["slug"]
        if message["author_id"] in renamed:
            later.add(number)
        elif (
            room == view.room
            and number >= view.floor
            and number not in later
            and message["deleted_at"] is None
        ):
            rows[number] = (message["version"], stored.names[message["author_id"]])
    return Fresh(rows, later)


def _view(stored: Stored, room: str, rows: list[list[Any]]) -> View:
    authors = {
        number: stored.messages[number]["author_id"]
        for number, _, _ in rows
        if number in stored.messages
    }
    floor = min((number for number, _, _ in rows), default=0)
    return View(room, {number: (version, name) for number, version, name in rows}, authors, floor)


# C8.


def _check_latency(
    verdict: Verdict, history: History, posts: dict[str, Row], late_after: float
) -> None:
    delays: list[float] = []
    for track in history.tracks.values():
        opened: dict[int, float] = {}
        for step in track.steps:
            if step[0] == "open":
                opened[step[4]] = step[3]
            elif step[0] == "frame" and step[1].frame.kind == "message.posted":
                heard: Heard = step[1]
                post = posts.get(json.loads(heard.frame.data)["content"].split(" ", 1)[0])
                # Who connected since reads history: that is judged by C5, not by the clock.
                if post is None or opened.get(heard.connection, inf) > post["time"]:
                    continue
                delays.append(heard.time - post["time"])
                acked = post["acked"]
                if acked is not None and heard.time > acked + late_after:
                    verdict.add(
                        "C8",
                        f"{track.reader} was told {post['token']} "
                        f"{heard.time - acked:.1f} s after its acknowledgement",
                    )
    if delays:
        delays.sort()
        for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0)):
            place = min(len(delays) - 1, int(len(delays) * share))
            verdict.figures[name] = round(delays[place] * 1000, 1)


# The database by itself (DB-07).


def check_database(database: Path | str) -> Verdict:
    """What SQLite can say about the file, and whether counts and numbers agree."""
    verdict = Verdict()
    if isinstance(database, str):
        with psycopg.connect(database) as there:
            _check_numbers(verdict, there.execute(NUMBERS).fetchall())
        return verdict
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    try:
        for (line,) in connection.execute("PRAGMA integrity_check"):
            if line != "ok":
                verdict.add("C1", f"integrity_check: {line}")
        for line in connection.execute("PRAGMA foreign_key_check"):
            verdict.add("C1", f"foreign_key_check: {line}")
        searches = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
        ).fetchall()
        verdict.figures["search_tables"] = len(searches)
        _check_numbers(verdict, connection.execute(NUMBERS))
    finally:
        connection.close()
    return verdict


NUMBERS = "SELECT id, message_id FROM hallway_event WHERE kind = 'message.posted' ORDER BY id"


def _check_numbers(verdict: Verdict, posted: Iterable[tuple[int, int]]) -> None:
    """Every message has an event of its room in the log, numbered in the same order."""
    before = 0
    for number, message in posted:
        if message <= before:
            verdict.add("C4", f"event {number} tells message {message} after {before}")
        before = message
