"""Moves a SQLite database into the empty PostgreSQL of this process; `hallway move-to-postgres`.

All in one transaction there, tables and rows: an interruption leaves it empty. SQLite's write lock
is held all the while, and with the last step SQLite takes no more rows.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from hallway.events import log

from .cli.backup import DATABASE
from .cli.move import TRIGGER
from .settings import SQLITE_OPTIONS
from .unhurried import unhurried

SOURCE = "source"
# Rows at a time: a few MB of them.
ROWS = 2000
# What PostgreSQL's driver takes as Django reads it.
AS_IT_IS = (
    models.CharField, models.TextField, models.IntegerField, models.BooleanField,
    models.DateTimeField, models.DateField, models.FloatField,
)  # fmt: skip


class NotMoved(Exception):
    """Why not, for people."""


def main() -> None:
    """Move, and tell what is done."""
    _name_source()
    try:
        with unhurried():
            move()
    except (NotMoved, DatabaseError, psycopg.Error) as error:
        sys.exit(str(error))


def move() -> None:
    """Copy everything, compare it, renew the epoch, and let SQLite take no more."""
    began = monotonic()
    with transaction.atomic(using=SOURCE):
        _check_versions()
        _check_target()
        with transaction.atomic():
            _make_tables()
            kept = list(_tables())
            _empty(kept)
            for model in kept:
                _copy(model)
            _count_on(kept)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for model in kept:
                _compare(model)
            log.renew_epoch()
            # Seen by others when this transaction ends, after PostgreSQL's has.
            _close(kept)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    _tell(f"Moved and compared in {monotonic() - began:.1f} s.")


def _name_source() -> None:
    connections.databases[SOURCE] = connections.databases[DEFAULT_DB_ALIAS] | {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(settings.DATA) / DATABASE),
        "OPTIONS": SQLITE_OPTIONS | {"timeout": 30},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }


def _check_versions() -> None:
    executor = MigrationExecutor(connections[SOURCE])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMoved("SQLite's tables are of an older version: start this one once, then move.")


def _check_target() -> None:
    if connection.vendor != "postgresql":
        raise NotMoved("the target is no PostgreSQL.")
    found = connection.introspection.table_names()
    if found:
        raise NotMoved(
            f"the database is not empty (it has {len(found)} tables, {found[0]} for one): "
            "name an empty one."
        )


def _make_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        # Every migration would commit before the next one; here none does, and PostgreSQL alters
        # no table that has checks left for the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    call_command("migrate", interactive=False, verbosity=0)
    _tell("Made the tables.")


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _empty(kept: list[type[models.Model]]) -> None:
    """What migrations put into fresh tables is in SQLite, too, under its own numbers."""
    names = ", ".join(_quoted(model) for model in kept)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _copy(model: type[models.Model]) -> None:
    columns = ", ".join(connection.ops.quote_name(field.column) for field in _fields(model))
    with connection.cursor() as cursor:
        statement = f"COPY {_quoted(model)} ({columns}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for row in _rows(model, SOURCE):
                try:
                    copy.write_row(_prepared(model, row))
                except psycopg.DataError as error:
                    raise NotMoved(f"row {row[0]} of {_quoted(model)}: {error}.") from error


def _compare(model: type[models.Model]) -> None:
    before, after = _digest(model, SOURCE), _digest(model, DEFAULT_DB_ALIAS)
    if before != after:
        raise NotMoved(f"{model._meta.db_table} is not the same there: {before}, {after}.")
    rows, digest = after
    _tell(f"{rows:>9}  {model._meta.db_table}  {digest[:16]}")


def _digest(model: type[models.Model], alias: str) -> tuple[int, str]:
    """How many rows, and a hash of all their values in the order of their keys."""
    digest, number = hashlib.sha256(), 0
    for row in _rows(model, alias):
        number += 1
        # PostgreSQL keeps the keys of JSON in an order of its own.
        plain = json.dumps(row, default=_plain, ensure_ascii=False, sort_keys=True)
        digest.update(plain.encode() + b"\n")
    return number, digest.hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return repr(value)


def _rows(model: type[models.Model], alias: str) -> Iterator[tuple[Any, ...]]:
    """In the order of keys that are numbers; a text's order is each database's own."""
    names = [field.attname for field in _fields(model)]
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    if isinstance(model._meta.pk, models.CharField):
        yield from sorted(rows, key=lambda row: str(row[0]))
    else:
        yield from rows.iterator(chunk_size=ROWS)


def _prepared(model: type[models.Model], row: tuple[Any, ...]) -> list[Any]:
    return [
        value if isinstance(_kept(field), AS_IT_IS) else field.get_db_prep_save(value, connection)
        for field, value in zip(_fields(model), row, strict=True)
    ]


def _fields(model: type[models.Model]) -> list[Any]:
    return [
        field for field in model._meta.concrete_fields if not getattr(field, "generated", False)
    ]


def _kept(field: Any) -> Any:
    return field.target_field if field.is_relation else field


def _count_on(kept: list[type[models.Model]]) -> None:
    """Numbers go on where SQLite's stopped."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept):
            cursor.execute(statement)


def _close(kept: list[type[models.Model]]) -> None:
    with connections[SOURCE].cursor() as cursor:
        for model in kept:
            table = model._meta.db_table
            cursor.execute(
                f'CREATE TRIGGER "{TRIGGER}_{table}" BEFORE INSERT ON "{table}" '
                "BEGIN SELECT RAISE(ABORT, 'this database has moved'); END"
            )


def _quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
