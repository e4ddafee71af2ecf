"""Statements handed to the database's driver, past Django's cursors, and the few things they did.

On SQLite Django's cursors read every statement anew and cost twice what the database does. On
PostgreSQL they put the values into the text, so that it is read and planned each time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

# Actions open their transactions on the default database, so that is where all of this lives.
DATABASE = DEFAULT_DB_ALIAS


class _Here(threading.local):
    connection: Any = None


_here = _Here()


def database() -> Any:
    """This thread's connection. To look it up in `connections` asks each time for an event loop."""
    if _here.connection is None:
        _here.connection = connections[DATABASE]
    return _here.connection


class Statement(NamedTuple):
    sql: str
    # As the driver takes it: SQLite's wants `?` for a value.
    for_driver: str

    @classmethod
    def of(cls, connection: Any, sql: str, values: int) -> Self:
        """A statement with `%s` for each of so many values."""
        is_sqlite = connection.vendor == "sqlite"
        return cls(sql, sql % (("?",) * values) if is_sqlite else sql)


def fetch(connection: Any, statement: Statement, values: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    rows: list[tuple[Any, ...]]
    if _takes_the_long_way(connection):
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, values)
            rows = cursor.fetchall()
        return rows
    if connection.connection is None:  # to ask it itself costs more: it looks for an event loop
        connection.ensure_connection()
    connection.validate_no_broken_transaction()
    try:
        rows = _driver(connection).execute(statement.for_driver, values).fetchall()
    except connection.Database.Error:
        with connection.wrap_database_errors:
            raise
    return rows


@contextmanager
def savepoint() -> Iterator[None]:
    """`transaction.atomic()` inside a transaction, past Django's cursors.

    They would be a twentieth of a post. What is undone, and what `on_commit` forgets, is the same.
    """
    connection = database()
    if _takes_the_long_way(connection) or connection.needs_rollback:
        with transaction.atomic(using=DATABASE):
            yield
        return
    # One name for all, so that the driver finds its statements again; a mark of its own for each,
    # by which the hooks are found that were registered inside.
    mark: Any = object()
    _run_on(connection, "SAVEPOINT hallway")
    connection.savepoint_ids.append(mark)
    is_done = False
    try:
        yield
        is_done = not connection.needs_rollback
    finally:
        connection.savepoint_ids.pop()
        if is_done:
            _run_on(connection, "RELEASE hallway")
        else:
            _undo(connection, mark)


def _takes_the_long_way(connection: Any) -> bool:
    """Through Django's cursors: where somebody listens to them, as tests and debug pages do, and on
    databases not met yet."""
    return bool(
        connection.execute_wrappers
        or connection.queries_logged
        or connection.vendor not in ("sqlite", "postgresql")
    )


def _driver(connection: Any) -> Any:
    """What executes a statement. psycopg's own cursor hands over the values beside it.

    Its connection says after how often it keeps a statement's plan (`prepare_threshold`).
    """
    if connection.vendor == "sqlite":
        return connection.connection
    from psycopg import Cursor  # noqa: PLC0415  only there where PostgreSQL is

    return Cursor(connection.connection)


def _undo(connection: Any, mark: object) -> None:
    """Back to the savepoint; where that fails, nothing but the end of the transaction is left."""
    connection.needs_rollback = False
    connection.run_on_commit = [hook for hook in connection.run_on_commit if mark not in hook[0]]
    try:
        _run_on(connection, "ROLLBACK TO hallway")
        _run_on(connection, "RELEASE hallway")
    except Error:
        connection.needs_rollback = True


def _run_on(connection: Any, statement: str) -> None:
    with connection.wrap_database_errors:
        _driver(connection).execute(statement)


def moment(value: datetime, connection: Any) -> Any:
    """As `DateTimeField.get_db_prep_value` has it; on SQLite a text in the database's time zone."""
    if connection.vendor != "sqlite":
        return connection.ops.adapt_datetimefield_value(value)
    if value.tzinfo is not None:
        value = value.astimezone(connection.timezone).replace(tzinfo=None)
    return str(value)


def moment_again(
    value: str | datetime | None, expression: object, connection: Any
) -> datetime | None:
    """What Django's converter for SQLite makes of it, where the database keeps UTC.

    The driver has read it already if it is a column, and has not if it was computed.
    """
    if value is None:
        return None
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)
