"""Finding messages by what they say, in every room one author may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, Min

from hallway import text
from hallway.driver import DATABASE
from hallway.models import Author, Message, Room
from hallway.models.search import scope_of
from hallway.text import Excerpt, Wanted

from .directory import rooms_of

UTC = ZoneInfo("UTC")
MAX_ID = 2**63 - 1
ME = "me"


@dataclass(frozen=True)
class Hit:
    message: Message
    excerpt: Excerpt


@dataclass(frozen=True)
class Found:
    """Hits, newest first; `has_more` says whether there are older ones."""

    hits: Sequence[Hit]
    has_more: bool


NOTHING = Found((), has_more=False)


def search(
    reader: Author,
    query: str,
    *,
    limit: int,
    room: Room | None = None,
    author: int | None = None,
    before: int | None = None,
    zone: ZoneInfo = UTC,
) -> Found:
    """The newest messages that answer a query, in rooms the reader may read, before a message id.

    `room` and `author` narrow it further, `zone` says when a day begins. Raises `InvalidSearch`.
    Whatever lies in other rooms is not looked at. Five statements at most.
    """
    wanted = text.read_search(query)
    readable = rooms_of(reader)
    rooms = _rooms(wanted, readable, room)
    authors = _authors(wanted, reader, author)
    if rooms == [] or authors == []:
        return NOTHING
    scopes = {scope_of(place.pk, place.kind) for place in (readable if rooms is None else rooms)}
    places = None if rooms is None else [place.pk for place in rooms]
    question = _fts5 if connection.vendor == "sqlite" else _full_text
    matching = question(wanted, sorted(scopes), authors, places)
    ids = _newest(reader, matching, _span(wanted, zone, before), limit + 1)
    messages = Message.objects.select_related("author", "room", "reply_to__author").in_bulk(
        ids[:limit]
    )
    # What was deleted, or purged with its room, since the index was asked is no hit any more.
    found = [messages[pk] for pk in ids[:limit] if pk in messages and not messages[pk].deleted_at]
    hits = [
        Hit(message, text.excerpt(message.html, wanted.phrases, wanted.beginnings))
        for message in found
    ]
    return Found(hits, has_more=len(ids) > limit)


def _rooms(wanted: Wanted, readable: Sequence[Room], room: Room | None) -> list[Room] | None:
    """Where to look; None is everywhere the reader may read."""
    if not wanted.rooms and room is None:
        return None
    names = {name.casefold().removeprefix("#") for name in wanted.rooms}
    named = [
        place
        for place in readable
        if not names or place.slug.casefold() in names or place.name.casefold() in names
    ]
    return [place for place in named if room is None or place == room]


def _authors(wanted: Wanted, reader: Author, author: int | None) -> list[int] | None:
    """Whose messages; None is anybody's. Who left may have had the same name as who is here."""
    if not wanted.authors and author is None:
        return None
    if not wanted.authors:
        return [] if author is None else [author]
    keys = [text.name_key(name.removeprefix("@")) for name in wanted.authors]
    found = list(Author.objects.filter(name_key__in=keys).values_list("pk", flat=True))
    if any(name.casefold() == ME for name in wanted.authors):
        found.append(reader.pk)
    return [pk for pk in found if author in (None, pk)]


class _Span(NamedTuple):
    """Where to look. The index is walked by ids: where nothing is wanted it need not be."""

    first: int
    last: int
    since: datetime
    until: datetime


def _span(wanted: Wanted, zone: ZoneInfo, before: int | None) -> _Span:
    first, last = 0, MAX_ID if before is None else before - 1
    since, until = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    if wanted.since is not None:
        since = _beginning(wanted.since, zone)
        first = _aggregate(Min("pk"), created_at__gte=since, default=MAX_ID)
    if wanted.until is not None:
        until = _beginning(wanted.until, zone)
        last = min(last, _aggregate(Max("pk"), created_at__lt=until, default=0))
    return _Span(first, last, since, until)


def _aggregate(ends: Min | Max, *, default: int, **filters: datetime) -> int:
    end: int | None = Message.objects.filter(**filters).aggregate(end=ends)["end"]
    return default if end is None else end


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


class _Matching(NamedTuple):
    """What one database is asked: its index and the condition, with the values of that."""

    tables: str
    key: str
    condition: str
    values: tuple[Any, ...]


def _fts5(
    wanted: Wanted, scopes: list[int], authors: list[int] | None, rooms: list[int] | None
) -> _Matching:
    # CROSS JOIN: the index leads, newest first, and its walk ends with the page.
    return _Matching(
        """hallway_search
        CROSS JOIN hallway_message ON hallway_message.id = hallway_search.rowid""",
        "hallway_search.rowid",
        "hallway_search MATCH %s",
        (text.fts5_query(wanted, scopes, authors=authors, rooms=rooms),),
    )


def _full_text(
    wanted: Wanted, scopes: list[int], authors: list[int] | None, rooms: list[int] | None
) -> _Matching:
    # PostgreSQL's index keeps no places, and its tsvector forgets those after a word's 256th: where
    # the words of a phrase are all there, whether they stand together is read in the entry.
    patterns = text.phrase_patterns(wanted, scopes)
    phrases = " AND (' ' || entry.words || ' ') LIKE ANY(%s)" * len(patterns)
    return _Matching(
        """hallway_searchentry entry
        INNER JOIN hallway_message ON hallway_message.id = entry.message_id""",
        "entry.message_id",
        f"array_to_tsvector(string_to_array(entry.words, ' ')) @@ %s::tsquery{phrases}",
        (text.ts_query(wanted, scopes, authors=authors, rooms=rooms), *patterns),
    )


def _newest(reader: Author, matching: _Matching, span: _Span, limit: int) -> list[int]:
    """The ids of the newest messages that match."""
    readable, readable_params = (
        Room.objects.readable_by(reader)
        .order_by()
        .values("pk")
        .query.get_compiler(DATABASE)
        .as_sql()
    )
    adapt = connection.ops.adapt_datetimefield_value
    part = f"""
        SELECT {matching.key} AS id
        FROM {matching.tables}
        WHERE {matching.condition}
            AND hallway_message.created_at >= %s
            AND hallway_message.created_at < %s
            AND hallway_message.deleted_at IS NULL
            AND hallway_message.room_id IN ({readable})
            AND"""  # noqa: S608  the parts put in are our own and the ORM's
    values = [*matching.values, adapt(span.since), adapt(span.until), *readable_params]
    if connection.vendor == "sqlite":
        statement = f"{part} {matching.key} BETWEEN %s AND %s ORDER BY id DESC LIMIT %s"
        values += [span.first, span.last, limit]
    else:
        statement = _IN_TWO_STEPS.format(part=part, key=matching.key)
        values = [span.last, NEWEST, *values, span.first, span.last, limit,
                  *values, span.first, limit, limit]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


# Among so many messages PostgreSQL looks at one after the other; what is older it asks its index.
NEWEST = 5000
# It cannot know which is better: a word of every tenth message is found by walking back from the
# newest, one that nobody wrote by the index alone, and a walk for that took 300 ms of 100,000. The
# `+ 0` keeps it from walking by ids.
_IN_TWO_STEPS = """
    WITH edge AS MATERIALIZED (
        SELECT LEAST(%s, max(message_id)) - %s AS id FROM hallway_searchentry
    ), recent AS MATERIALIZED (
        {part} {key} BETWEEN GREATEST(%s, (SELECT id FROM edge)) AND %s ORDER BY id DESC LIMIT %s
    ), older AS MATERIALIZED (
        {part} {key} + 0 BETWEEN %s AND (SELECT id FROM edge) - 1
            AND (SELECT count(*) FROM recent) < %s
    )
    SELECT id FROM recent UNION ALL SELECT id FROM older ORDER BY id DESC LIMIT %s
"""
