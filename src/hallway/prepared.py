"""Queries of the hot path: written with the ORM, compiled once.

Building a query and its SQL takes the ORM some 400 µs, running the statement 70. A post needs
half a dozen of them, so those are built at their first use and only given their values afterwards.

    _guest = Prepared(lambda: Author.objects.present().filter(pk=Param("author")))
    author = _guest.first(author=12)
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import Expression

# Actions open their transactions on the default database, so that is where all of this lives.
DATABASE = DEFAULT_DB_ALIAS

M = TypeVar("M", bound=models.Model)


class Param(Expression):
    """Stands in a prepared query for a value that is given when it runs."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class _Statement(NamedTuple):
    sql: str
    # As SQLite's driver takes it; blank for other databases.
    for_sqlite: str


class _Compiled(NamedTuple):
    statement: _Statement
    params: tuple[Any, ...]
    converters: Mapping[int, Any]
    model: type[models.Model]
    fields: tuple[str, ...]


class Prepared(Generic[M]):
    """A query whose `Param`s are filled in by name."""

    def __init__(self, build: Callable[[], "models.QuerySet[M, Any]"]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows, as tuples of the columns that the query names."""
        return list(self._run(values)[1])

    def row(self, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(self._run(values)[1], None)

    def models(self, **values: Any) -> list[M]:
        """The rows as models, for a query that names no columns."""
        compiled, rows = self._run(values)
        return [compiled.model.from_db(DATABASE, compiled.fields, row) for row in rows]  # type: ignore[misc]

    def first(self, **values: Any) -> M | None:
        """The first row as a model, for a query that names no columns."""
        return next(iter(self.models(**values)), None)

    def _run(self, values: Mapping[str, Any]) -> tuple[_Compiled, Iterator[tuple[Any, ...]]]:
        compiled = self._compiled or self._compile()
        connection = connections[DATABASE]
        bound = [
            _adapt(connection, values[param.name]) if type(param) is Param else param
            for param in compiled.params
        ]
        rows = _fetch(connection, compiled.statement, bound)
        if compiled.converters:
            rows = [_convert(row, compiled.converters, connection) for row in rows]
        return compiled, iter(rows)

    def _compile(self) -> _Compiled:
        compiler: Any = self._build().query.get_compiler(using=DATABASE)
        sql, params = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        fields = tuple(column.target.attname for column in columns if hasattr(column, "target"))
        converters = compiler.get_converters(columns)
        statement = _statement(compiler.connection, sql, len(params))
        compiled = _Compiled(statement, tuple(params), converters, compiler.query.model, fields)
        self._compiled = compiled
        return compiled


def insert(instance: models.Model) -> None:
    """Save a new row and take its id: `save(force_insert=True)` without what that checks again."""
    meta = instance._meta
    connection = connections[DATABASE]
    prepared = _inserts.get(meta.label) or _prepare_insert(meta)
    values = [
        getattr(instance, attname) if prep is None else prep(getattr(instance, attname), connection)
        for attname, prep in prepared.columns
    ]
    instance.pk = _fetch(connection, prepared.statement, values)[0][0]
    instance._state.adding = False  # noqa: SLF001  as Model.save_base does
    instance._state.db = DATABASE  # noqa: SLF001


class _Insert(NamedTuple):
    statement: _Statement
    # Attribute and, where the database wants something else than Python has, how to get it.
    columns: tuple[tuple[str, Callable[[Any, Any], Any] | None], ...]


_inserts: dict[str, _Insert] = {}
# What the drivers take as it is. Models that are inserted here hold what their fields say.
_AS_IT_IS = (models.TextField, models.CharField, models.IntegerField, models.BooleanField)


def _prepare_insert(meta: Any) -> _Insert:
    connection = connections[DATABASE]
    quote = connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    columns = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    sql = (
        f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places}) "  # noqa: S608
        f"RETURNING {quote(meta.pk.column)}"
    )
    _inserts[meta.label] = prepared = _Insert(
        _statement(connection, sql, len(fields)),
        tuple((field.attname, _preparation(field)) for field in fields),
    )
    return prepared


def _preparation(field: Any) -> Callable[[Any, Any], Any] | None:
    kept = field.target_field if field.is_relation else field
    return None if isinstance(kept, _AS_IT_IS) else field.get_db_prep_save


def _statement(connection: Any, sql: str, values: int) -> _Statement:
    is_sqlite = connection.vendor == "sqlite"
    return _Statement(sql, sql % (("?",) * values) if is_sqlite else "")


def _fetch(connection: Any, statement: _Statement, values: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement.

    On SQLite past Django's cursors, which read every statement anew and cost twice what the
    database does; but not where somebody listens to them, as tests and debug pages do.
    """
    if not statement.for_sqlite or connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return connection.connection.execute(statement.for_sqlite, values).fetchall()  # type: ignore[no-any-return]


def _convert(
    row: tuple[Any, ...], converters: Mapping[int, Any], connection: Any
) -> tuple[Any, ...]:
    """As `SQLCompiler.apply_converters` does, which keeps the connection in itself."""
    converted = list(row)
    for place, (steps, expression) in converters.items():
        for step in steps:
            converted[place] = step(converted[place], expression, connection)
    return tuple(converted)


def _adapt(connection: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
