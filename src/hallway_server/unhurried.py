"""Work on a whole table, which may take a while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection


class Patience(threading.local):
    """Whether this thread gives PostgreSQL an hour for one answer."""

    is_long = False


patience = Patience()


@contextmanager
def unhurried() -> Iterator[None]:
    """For migrations and for clearing up: an hour for each statement."""
    if connection.vendor != "postgresql":
        yield
        return
    before, patience.is_long = patience.is_long, True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        yield
    finally:
        patience.is_long = before
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
