"""`hallway move-to-postgres`: everything that SQLite holds, into an empty PostgreSQL, checked."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click

from .backup import DATABASE

# Whoever writes to a database that has moved is refused; the text is looked for in problems.py.
TRIGGER = "hallway_moved"
# With the target as the default database: migrations and actions write there and nowhere else.
MOVE = "import django; django.setup(); from hallway_server import moving; moving.main()"


class CannotMove(Exception):
    """Why nothing was moved; the text says what to do."""


@click.command("move-to-postgres")
@click.argument("url", required=False)
@click.option("--stay", is_flag=True, help="Take a move back: SQLite may be written to again.")
def move(url: str | None, *, stay: bool) -> None:
    """Copy everything from SQLite into the empty PostgreSQL at URL. The server may run.

    Whoever posts meanwhile is asked to wait. Afterwards SQLite takes nothing more, so that nothing
    is left behind in it: start the server anew with DATABASE_URL. Uploads stay where they are.
    """
    source = _source()
    if stay:
        _write_again(source)
        click.echo("SQLite is written to again.")
        return
    if not url:
        raise click.UsageError("Name the PostgreSQL: postgres://user:password@host/name")
    if not url.startswith(("postgres://", "postgresql://")):
        raise CannotMove("the address is none of PostgreSQL: postgres://user:password@host/name.")
    if has_moved(source):
        raise CannotMove("this database has moved already; --stay takes that back.")
    done = subprocess.run(  # noqa: S603  our own interpreter, our own words
        [sys.executable, "-P", "-c", MOVE],
        env=os.environ | {"DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotMove(f"nothing was moved: {done.stderr.strip()[-1500:]}")
    click.echo("Now start the server anew with DATABASE_URL set to this address.")


def has_moved(source: Path) -> bool:
    """Whether a SQLite file takes nothing more, because all of it is in PostgreSQL."""
    if not source.exists():
        return False
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return bool(_triggers(connection))
        except sqlite3.DatabaseError:
            return False  # What is wrong with it is told by whoever uses it next.


def _write_again(source: Path) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as connection, connection:
        for name in _triggers(connection):
            connection.execute(f'DROP TRIGGER "{name}"')


def _triggers(connection: sqlite3.Connection) -> list[str]:
    named = f"name LIKE '{TRIGGER}%'"
    found = connection.execute(f"SELECT name FROM sqlite_master WHERE type='trigger' AND {named}")  # noqa: S608
    return [name for (name,) in found]


def _source() -> Path:
    from django.conf import settings

    if "sqlite" not in settings.DATABASES["default"]["ENGINE"]:
        raise CannotMove("DATABASE_URL is set already; unset it to move what is in SQLite.")
    source = Path(settings.DATA) / DATABASE
    if not source.exists():
        raise CannotMove(f"there is no database in {settings.DATA}.")
    return source
