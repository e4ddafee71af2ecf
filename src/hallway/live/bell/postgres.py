"""PostgreSQL as carrier: NOTIFY, which a commit takes along, and LISTEN."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from django.db import connections

from hallway.driver import DATABASE

# As pg_stat_activity shows who listens: one of each process.
APPLICATION = "hallway bell"
CHANNEL = "hallway"
# PostgreSQL takes less than 8,000 bytes.
LONGEST_LETTER = 7900
IDLE_SECONDS = 1.0


class Postgres:
    rings_with_commit = True

    def send(self, letters: list[str]) -> None:
        fitting = [letter for letter in letters if len(letter.encode()) <= LONGEST_LETTER]
        connection = connections[DATABASE]
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_notify(%s, letter) FROM unnest(%s::text[]) letter",
                    [CHANNEL, fitting],
                )
        finally:
            connection.close()  # back to the pool, where there is one

    @contextmanager
    def ears(self) -> Iterator[Iterator[str | None]]:
        parameters = connections[DATABASE].get_connection_params()
        pool = connections[DATABASE].settings_dict["OPTIONS"].get("pool")
        kind: Any = pool.get("connection_class") if isinstance(pool, dict) else None
        connect = (kind or psycopg.Connection).connect
        listening = {"autocommit": True, "application_name": APPLICATION}
        with connect(**parameters | listening) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            # Whoever leaves between two letters holds the connection's lock until this is closed.
            with closing(_letters(connection)) as letters:
                yield letters

    def listeners(self) -> int:
        connection = connections[DATABASE]
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE application_name = %s AND datname = current_database()",
                    [APPLICATION],
                )
                count: int = cursor.fetchone()[0]
                return count
        finally:
            connection.close()


def _letters(
    connection: "psycopg.Connection[tuple[object, ...]]",
) -> Generator[str | None, None, None]:
    while True:
        for notice in connection.notifies(timeout=IDLE_SECONDS):
            yield notice.payload
        yield None
        connection.execute("")  # silence may be the network's
