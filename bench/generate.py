"""A database with many messages, written past the ORM: the rows that the actions would have made.

Only events younger than EVENT_DAYS are in the log, as on a server that has run all the time. A
million messages take about half a minute: nothing waits for the disk, and the search index is made
in one go at the end.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hallway.text import has_link, render, search_words

TEXTS = [
    "Shall we meet at the usual place tomorrow afternoon? I can bring the papers.",
    "ok, let us use `make test` **first**",
    "明天下午我们在老地方见面吧？我可以带上文件。",
    "I think **tomorrow** works, see https://example.com/plan for details",
    "Fine.",
]
AUTHORS = 50
EVERY = timedelta(seconds=30)
EVENT_DAYS = timedelta(days=6)
BATCH = 10_000


def fill(database: Path, messages: int) -> None:
    """Add authors, memberships, messages and events to a database that a server has made."""
    with closing(sqlite3.connect(database)) as connection:
        for pragma in ("wal_autocheckpoint=0", "synchronous=OFF", "cache_size=-200000"):
            connection.execute(f"PRAGMA {pragma}")
        with connection, _indexed_at_the_end(connection):
            _fill(connection, messages)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill(connection: sqlite3.Connection, messages: int) -> None:
    now = datetime.now(UTC)
    rendered = [render(text) for text in TEXTS]
    room, slug = connection.execute("SELECT id, slug FROM hallway_room ORDER BY id").fetchone()
    people = _add_people(connection, room, now)
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM hallway_message")
    start = int(first.fetchone()[0])

    def rows(kept: range) -> Iterator[tuple[object, ...]]:
        for number in kept:
            text = number % len(TEXTS)
            yield (
                start + number, room, people[number % AUTHORS], TEXTS[text],
                rendered[text].html, rendered[text].is_emoji_only,
                _stored(now - EVERY * (messages - number)), 1, f"generated-{number}",
            )  # fmt: skip

    # Texts and authors come again and again, and so do their words.
    words = [
        search_words(
            TEXTS[number % len(TEXTS)],
            scope=0,
            author=people[number % AUTHORS],
            room=room,
            has_link=has_link(rendered[number % len(TEXTS)].html),
        )
        for number in range(AUTHORS * len(TEXTS))
    ]

    def entries(kept: range) -> Iterator[tuple[object, ...]]:
        for number in kept:
            yield start + number, words[number % len(words)]

    def events(kept: range) -> Iterator[tuple[object, ...]]:
        for number in kept:
            sent = now - EVERY * (messages - number)
            text = number % len(TEXTS)
            author = number % AUTHORS
            told = {
                "id": start + number,
                "room": slug,
                "author": {"id": people[author], "name": f"Author {author}", "kind": "guest"},
                "content": TEXTS[text],
                "html": rendered[text].html,
                "emoji_only": rendered[text].is_emoji_only,
                "created_at": sent.isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "edited_at": None,
                "client_id": f"generated-{number}",
                "version": 1,
            }
            payload = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            yield ("message.posted", room, start + number, payload, _stored(sent))

    logged = max(0, messages - EVENT_DAYS // EVERY)
    for begin in range(0, messages, BATCH):
        kept = range(begin, min(begin + BATCH, messages))
        connection.executemany(
            "INSERT INTO hallway_message (id, room_id, author_id, content, html,"
            " is_emoji_only, created_at, version, client_id, reaction_summary, mention_ids)"
            " VALUES (?,?,?,?,?,?,?,?,?,'[]','[]')",
            rows(kept),
        )
        connection.executemany(
            "INSERT INTO hallway_searchentry (message_id, words) VALUES (?,?)", entries(kept)
        )
        connection.executemany(
            "INSERT INTO hallway_event (kind, room_id, message_id, payload, created_at)"
            " VALUES (?,?,?,?,?)",
            events(range(max(begin, logged), kept.stop)),
        )


@contextmanager
def _indexed_at_the_end(connection: sqlite3.Connection) -> Iterator[None]:
    """Search entries go into the index all at once, instead of one by one as they are added."""
    name = "hallway_search_insert"
    found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,))
    (trigger,) = found.fetchone()
    connection.execute(f"DROP TRIGGER {name}")
    yield
    connection.execute("INSERT INTO hallway_search(hallway_search) VALUES ('rebuild')")
    connection.execute(trigger)


def _add_people(connection: sqlite3.Connection, room: int, now: datetime) -> list[int]:
    people: list[int] = []
    for number in range(AUTHORS):
        added = connection.execute(
            "INSERT INTO hallway_author (name, name_key, role, created_at, last_seen_at,"
            " came_after, about, time_zone, picture, network, hides_reading)"
            " VALUES (?,?,'guest',?,?,0,'','','','',0) RETURNING id",
            (f"Author {number}", f"author{number}", _stored(now), _stored(now)),
        )
        people.append(int(added.fetchone()[0]))
        connection.execute(
            "INSERT INTO hallway_membership (room_id, author_id, role, level, joined_at)"
            " VALUES (?,?,'member','everything',?)",
            (room, people[-1], _stored(now)),
        )
    return people


def _stored(moment: datetime) -> str:
    """As Django keeps times in SQLite."""
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
