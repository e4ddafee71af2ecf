"""Connections to PostgreSQL that do not wait for ever for an answer.

The kernel notices a host that is gone, after a while. It does not notice a proxy, a firewall or a
server that takes every byte and answers none, and would let a post wait for minutes.
"""

from typing import Any

import psycopg

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
