"""A data folder that was made before the first release goes on (twelve migrations became one)."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.server import HOUSE, PRODUCT, Server

OLD = HOUSE / "tests/data/twelve-migrations.sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as the twelve made it, with Ada, Joe and Gil in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "hallway.sqlite3")) as database:
        database.executescript(OLD.read_text())
        database.commit()
    return folder


def test_a_database_of_the_twelve_keeps_what_was_said_and_finds_it(folder):
    server = start(folder)
    try:
        joe = server.person()
        joe.sign_in("joe@example.org", "correct horse")
        said = [message["content"] for message in joe.history()]
        assert said[:2] == [
            "Welcome to the **hallway**, @Joe",
            "Plans for the picnic on Sunday: https://example.org/lawn",
        ]
        joe.say("The picnic has begun")
        found = joe.http.get("/api/search", params={"q": "picnic"}).json()["messages"]
        assert {message["content"] for message in found} == {
            "The picnic has begun",
            "The picnic is a surprise",
            "Plans for the picnic on Sunday: https://example.org/lawn",
        }
    finally:
        server.stop()


def test_its_tables_are_those_of_a_fresh_one(folder, tmp_path):
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    start(fresh).stop()
    old = schema(folder)
    assert "hallway_message_timeline" in old
    assert "hallway_search_update" in old
    assert old == schema(fresh)


def test_one_that_some_of_the_twelve_have_not_reached_is_refused(folder):
    with closing(sqlite3.connect(folder / "hallway.sqlite3")) as database:
        database.execute("DELETE FROM django_migrations WHERE name = '0012_seen_by'")
        database.commit()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", "serve", "--port", "0"],
        env=Server(folder).environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "0012_seen_by" in done.stderr
    assert "Traceback" not in done.stderr


def start(folder: Path) -> Server:
    """With what is in the folder; other tests do not begin with it."""
    return Server(folder, arguments=[*PRODUCT]).start()


def schema(folder: Path) -> dict[str, object]:
    """Each table, index and trigger; columns and constraints of a table in one order."""
    with closing(sqlite3.connect(folder / "hallway.sqlite3")) as database:
        made = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: normal(" ".join(sql.split())) for name, sql in made}


def normal(sql: str) -> object:
    if not sql.startswith("CREATE TABLE"):
        return sql
    pieces, depth = [""], 0
    for character in sql[sql.index("(") + 1 : sql.rindex(")")]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            pieces.append("")
        else:
            pieces[-1] += character
    return sorted(piece.strip() for piece in pieces)
