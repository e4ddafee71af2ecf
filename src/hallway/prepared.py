"""Queries of the hot path: written with the ORM, compiled once.

Building a query and its SQL takes the ORM some 400 µs, running the statement 70. A post needs
half a dozen of them, so those are built at their first use and only given their values afterwards.

    _guest = Prepared(lambda: Author.objects.present().filter(pk=Param("author")))
    author = _guest.first(author=12)
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import models
from django.db.models.base import ModelState
from django.db.models.expressions import Expression
from django.db.models.signals import post_init

from .driver import DATABASE, Statement, database, fetch, moment, moment_again

M = TypeVar("M", bound=models.Model)


class Param(Expression):
    """Stands in a prepared query for a value that is given when it runs."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class _Compiled(NamedTuple):
    statement: Statement
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
        return [_loaded(compiled.model, compiled.fields, row) for row in rows]  # type: ignore[misc]

    def first(self, **values: Any) -> M | None:
        """The first row as a model, for a query that names no columns."""
        return next(iter(self.models(**values)), None)

    def first_and_more(self, **values: Any) -> tuple[M, tuple[Any, ...]] | None:
        """The first row as a model and what the query is annotated with, or None."""
        compiled, rows = self._run(values)
        row = next(rows, None)
        if row is None:
            return None
        model: M = _loaded(compiled.model, compiled.fields, row)  # type: ignore[assignment]
        return model, row[len(compiled.fields) :]

    def _run(self, values: Mapping[str, Any]) -> tuple[_Compiled, Iterator[tuple[Any, ...]]]:
        compiled = self._compiled or self._compile()
        connection = database()
        bound = [
            _adapt(connection, values[param.name]) if type(param) is Param else param
            for param in compiled.params
        ]
        rows = fetch(connection, compiled.statement, bound)
        if compiled.converters:
            rows = [_convert(row, compiled.converters, connection) for row in rows]
        return compiled, iter(rows)

    def _compile(self) -> _Compiled:
        compiler: Any = self._build().query.get_compiler(using=DATABASE)
        sql, params = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        fields = tuple(column.target.attname for column in columns if hasattr(column, "target"))
        converters = _quickened(compiler.get_converters(columns), compiler.connection)
        statement = Statement.of(compiler.connection, sql, len(params))
        compiled = _Compiled(statement, tuple(params), converters, compiler.query.model, fields)
        self._compiled = compiled
        return compiled


def create(model: type[M], **values: Any) -> M:
    """Save a new row and give it back: `objects.create()` without what that checks again.

    `values` go by the names of fields, relations as instances; the rest have their defaults.
    """
    into = _insert_into(model)
    given = [
        values[column.name] if column.name in values else column.default()
        for column in into.columns
    ]
    row = [value.pk if isinstance(value, models.Model) else value for value in given]
    instance = _loaded(model, into.attributes, (_insert(into, row), *row))
    for relation in into.relations:
        relation.set_cached_value(instance, values.get(relation.name))
    return instance


def store(model: type[models.Model], **values: Any) -> None:
    """Save a new row that nobody here looks at afterwards, without an instance of its model.

    `values` are all its columns but the automatic id.
    """
    into = _insert_into(model)
    _insert(into, [values[column.attribute] for column in into.columns])


class _Column(NamedTuple):
    # The field's name; and where its value is: of `room` in `room_id`.
    name: str
    attribute: str
    default: Callable[[], Any]
    # Where the database wants something else than Python has: how to get it.
    prepare: Callable[[Any, Any], Any] | None


class _Insert(NamedTuple):
    statement: Statement
    # Without the automatic id.
    columns: tuple[_Column, ...]
    # All of them, the automatic id first, as `from_db` wants them.
    attributes: tuple[str, ...]
    relations: tuple[Any, ...]


def _insert(into: _Insert, values: list[Any]) -> Any:
    """The new row's id. What the database has no value for needs no preparation."""
    connection = database()
    prepared = [
        value if column.prepare is None or value is None else column.prepare(value, connection)
        for value, column in zip(values, into.columns, strict=True)
    ]
    return fetch(connection, into.statement, prepared)[0][0]


_inserts: dict[type[models.Model], _Insert] = {}
# What the drivers take as it is. Models that are inserted here hold what their fields say.
_AS_IT_IS = (models.TextField, models.CharField, models.IntegerField, models.BooleanField)


def _insert_into(model: type[models.Model]) -> _Insert:
    return _inserts.get(model) or _prepare_insert(model)


def _prepare_insert(model: type[models.Model]) -> _Insert:
    connection = database()
    meta: Any = model._meta
    quote = connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    columns = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    sql = (
        f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places}) "  # noqa: S608
        f"RETURNING {quote(meta.pk.column)}"
    )
    _inserts[model] = prepared = _Insert(
        Statement.of(connection, sql, len(fields)),
        tuple(
            _Column(field.name, field.attname, field.get_default, _preparation(field))
            for field in fields
        ),
        tuple(field.attname for field in meta.concrete_fields),
        tuple(field for field in fields if field.is_relation),
    )
    return prepared


def _preparation(field: Any) -> Callable[[Any, Any], Any] | None:
    kept = field.target_field if field.is_relation else field
    if isinstance(kept, _AS_IT_IS):
        return None
    if isinstance(kept, models.DateTimeField):
        return moment
    if isinstance(kept, models.JSONField):
        return lambda value, connection: connection.ops.adapt_json_value(value, kept.encoder)
    prepare: Callable[[Any, Any], Any] = field.get_db_prep_save
    return prepare


def _loaded(model: type[M], attributes: tuple[str, ...], row: tuple[Any, ...]) -> M:
    """As `Model.from_db` makes it of a row; that one goes through its fields one by one."""
    if post_init.has_listeners(model) or len(attributes) < len(model._meta.concrete_fields):
        return model.from_db(DATABASE, attributes, row[: len(attributes)])
    instance = model.__new__(model)
    instance._state = state = ModelState()  # noqa: SLF001  as Model.__init__ does
    state.adding, state.db = False, DATABASE
    instance.__dict__.update(zip(attributes, row, strict=False))
    return instance


def _quickened(converters: Mapping[int, Any], connection: Any) -> Mapping[int, Any]:
    """Moments of SQLite are read by a converter of our own: a page has hundreds of them."""
    if connection.vendor != "sqlite" or connection.timezone != UTC:
        return converters
    slow = connection.ops.convert_datetimefield_value
    return {
        place: ([moment_again if step == slow else step for step in steps], expression)
        for place, (steps, expression) in converters.items()
    }


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
    return moment(value, connection) if isinstance(value, datetime) else value
