"""Connections to PostgreSQL that do not wait for ever for an answer.

The kernel notices a host that is gone, after a while. It does not notice a proxy, a firewall or a
server that takes every byte and answers none, and would let a post wait for minutes.
"""

from typing import Any

import psycopg
from django.db import connection

from .unhurried import patience

# More than the log's turn is waited for (lock_timeout) and a statement may take
# (statement_timeout): PostgreSQL itself ends what is only slow, and says so.
SILENCE_SECONDS = 8.0
UNHURRIED_SECONDS = 3600.0


class Connection(psycopg.Connection[Any]):
    """Given up after `SILENCE_SECONDS` without an answer; the others of its pool with it."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        silence = UNHURRIED_SECONDS if patience.is_long else SILENCE_SECONDS
        try:
            return super().wait(gen, interval, silence)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001  nothing else tells
            self.pgconn.finish()
            # Whoever takes the next one out of the pool need not wait as long again.
            pool = getattr(self, "_pool", None)
            if pool is not None:
                pool.drain()
            raise psycopg.OperationalError(
                f"PostgreSQL has not answered for {silence:.0f} s"
            ) from error


def why_not() -> str:
    """Why the database cannot be used, in one line; empty when it can.

    Asked past the pool, which would log each attempt and in the end only tell how long it tried.
    """
    parameters: dict[str, Any] = connection.get_connection_params()
    try:
        with Connection.connect(**parameters | {"autocommit": True}) as there:
            encoding = there.info.parameter_status("server_encoding")
    except psycopg.Error as error:
        return " ".join(str(error).split())
    # Anything else would refuse some messages, or keep bytes that are no text.
    return "" if encoding == "UTF8" else f"its encoding is {encoding} and has to be UTF8"
