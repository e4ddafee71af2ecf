"""Past one process: what a second worker brings, and where the log's one lock is full.

Both on a PostgreSQL of the scenario's own that waits for the disk, as a real one does.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from tests import postgres

from .report import Figures
from .servers import Server, cpu_of, hallway

# How many programs write at once, and how many locks they share: as it is, and as if every room
# had a log of its own. For each, how many posts one commit holds.
WRITERS_AND_LOCKS = ((1, 1), (4, 1), (16, 1), (16, 16))
BATCHES = (1, 8, 64)
# As `hallway.events.log` has it.
ADVISORY_LOCK = 0x48414C4C


@contextmanager
def cluster() -> Iterator[postgres.Cluster]:
    running = postgres.Cluster(fsync="on", full_page_writes="on", max_connections="100").start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def on_postgres(
    folder: Path, running: postgres.Cluster, *, workers: int = 1
) -> Iterator[tuple[Server, str]]:
    """Hallway on a database of its own there, and the address of that."""
    url = postgres.fresh_database(running.url)
    with hallway(folder, workers=workers, DATABASE_URL=url) as server:
        yield server, url


def database_cpu(running: postgres.Cluster) -> float:
    """Seconds of processor that the backends used which are there now."""
    assert running.process is not None
    return cpu_of(running.process.pid)


def write_at_once(
    url: str, folder: Path, *, writers: int, locks: int, batch: int, seconds: float
) -> Figures:
    """So many programs that do nothing but what a post does while it holds the log's lock."""
    script = folder / "post.sql"
    script.write_text(_script(url, batch, locks))
    done = subprocess.run(
        [
            *(str(postgres.PROGRAMS[-1] / "pgbench"), "--no-vacuum", "--protocol=prepared"),
            *(
                "--client",
                str(writers),
                "--time",
                str(max(1, round(seconds))),
                "--file",
                str(script),
            ),
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    commits = float(found[1])
    return {"posts/s": commits * batch, "commits/s": commits, "ms a commit": 1000 / commits}


def _script(url: str, batch: int, locks: int) -> str:
    """The statements of a commit of so many posts: each repeats the newest, under a new id."""
    with psycopg.connect(url) as connection:
        newest = connection.execute("SELECT max(id) FROM hallway_message").fetchone()
        assert newest is not None
        message = newest[0]

        def again(table: str, where: str, **instead: str) -> str:
            columns = [
                name
                for (name,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns "
                    "WHERE table_name = %s ORDER BY ordinal_position",
                    [table],
                )
                if name != "id"
            ]
            values = [SQL(instead[n]) if n in instead else Identifier(n) for n in columns]
            statement = SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}").format(
                Identifier(table),
                SQL(", ").join(map(Identifier, columns)),
                SQL(", ").join(values),
                Identifier(table),
                SQL(where),
            )
            return statement.as_string(connection)

        one = [
            again(
                "hallway_message", f"id = {message}", client_id="gen_random_uuid()::text"
            ) + " RETURNING id AS posted \\gset",
            again("hallway_searchentry", f"message_id = {message}", message_id=":posted") + ";",
            again("hallway_event", f"message_id = {message}", message_id=":posted") + ";",
        ]  # fmt: skip
    return "\n".join(
        [
            "BEGIN;",
            f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK} + :client_id % {locks});",
            *one * batch,
            "SELECT pg_notify('hallway', '[]');",
            "COMMIT;",
        ]
    )
