"""The log itself: append as the last step of an action, read after a cursor, trim what is old.

Nothing else reads or writes `Event` rows.
"""

import json
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from secrets import token_hex
from typing import NamedTuple, Self

from django.db import OperationalError, transaction
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from hallway import conf
from hallway.driver import database, savepoint
from hallway.live import bell
from hallway.models import Author, Event, LogState, Message, Room
from hallway.prepared import Param, Prepared, store

from .kinds import Kind, MessageDeleted, MessageEdited, MessagePosted
from .shapes import QuoteShape, message_shape, quote_shape, to_json

# One lock for the whole log in a PostgreSQL database: the number has no other meaning.
ADVISORY_LOCK = 0x48414C4C
# Old events that go in one transaction: a few milliseconds in which nobody posts.
TRIM_AT_ONCE = 500
TRIM_PAUSE_SECONDS = 0.02


class Cursor(NamedTuple):
    """A position in one database's log; on the wire it is `epoch-id`."""

    epoch: str
    id: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a cursor from outside; None if it is not one."""
        match = _CURSOR.fullmatch(text)
        return cls(match["epoch"], int(match["id"])) if match else None


class Entry(NamedTuple):
    """One event as it lies in the log: `payload` is JSON on one line."""

    id: int
    kind: str
    room_id: int | None
    author_id: int | None
    message_id: int | None
    payload: str


class Span(NamedTuple):
    """What the log holds: its epoch, its oldest event and its newest (0 when it never had one)."""

    epoch: str
    oldest: int
    newest: int

    @property
    def cursor(self) -> Cursor:
        """Where the log stands now: a page is rendered at it, and opens its stream from it."""
        return Cursor(self.epoch, self.newest)


def newest() -> Subquery:
    """The id of the newest event, as a column of a query that reads something as of that moment."""
    return Subquery(Event.objects.order_by("-id").values("id")[:1])


_CURSOR = re.compile(r"(?P<epoch>[0-9a-f]{1,32})-(?P<id>0|[1-9][0-9]{0,18})", re.ASCII)
MAX_ID = 2**63 - 1

_span = Prepared(
    lambda: LogState.objects.filter(pk=1).values_list(
        "epoch",
        Subquery(Event.objects.order_by("id").values("id")[:1]),
        newest(),
    )
)


@cache
def _events_after(limit: int) -> Prepared[Event]:
    return Prepared(
        lambda: (
            Event.objects.filter(id__gt=Param("position"), id__lte=Param("up_to"))
            .order_by("id")
            .values_list(*Entry._fields)[:limit]
        )
    )


# SQLite lets one connection write and makes the others ask again and again, with growing pauses
# and no queue. Within a process a lock hands the turn on at once instead.
_sqlite_turn = threading.Lock()
# As long as a connection waits for SQLite's lock.
TURN_SECONDS = 5.0


class _Turn(threading.local):
    """Whether this thread is inside a `write()` of its own transaction, with the lock taken."""

    held = False
    # Whether something was appended that no ring was sent along with yet.
    has_news = False


_turn = _Turn()


@contextmanager
def write() -> Iterator[None]:
    """One transaction that may append to the log. Inside another one it is a savepoint.

    Writers take turns: the log's lock is taken before anything is read and held until commit. So
    what an action reads is still true when it writes, events become visible in the order of their
    ids, and nobody who left or was removed gets a last word in. Raises `DatabaseError` when the
    turn does not come.
    """
    # Whoever is inside a transaction has SQLite's lock already. To wait for the turn there, while
    # its holder waits for that lock, would stop both until one gives up.
    connection = database()
    if connection.in_atomic_block:
        is_ours = connection.vendor != "sqlite" and not _turn.held
        if is_ours:
            _take_turn()
        with savepoint():
            yield
            if is_ours:
                _ring_if_news()
    elif connection.vendor == "sqlite":
        with turn(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            _take_turn()
            _turn.held = True
            try:
                yield
                _ring_if_news()
            finally:
                _turn.held = False


@contextmanager
def turn() -> Iterator[None]:
    """Keep the other writers of this process waiting: while one writes, or for whoever looks after
    SQLite's files."""
    if not _sqlite_turn.acquire(timeout=TURN_SECONDS):
        raise OperationalError("database is locked: another thread holds the turn")
    try:
        yield
    finally:
        _sqlite_turn.release()


@contextmanager
def snapshot() -> Iterator[None]:
    """Read rows and the position of the log as of one moment; nothing may be written inside."""
    connection = database()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not atomic(): that begins IMMEDIATE here, and a reader has no need of the write lock.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("COMMIT")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def append(event: Kind, *, room: Room | None = None, author: Author | None = None) -> None:
    """Write one event for everybody in `room`, or for one `author`; the bell rings after commit.

    Ids must become visible in order: a stream that has seen 12 would step over an 11 committed
    later. So this is called inside `write()`, which holds the log's lock until commit.
    """
    connection = database()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The log is appended to inside log.write().")
    message: Message | None = getattr(event, "message", None)
    store(
        Event,
        kind=event.kind,
        room_id=room.pk if room else None,
        author_id=author.pk if author else None,
        message_id=message.pk if message else None,
        payload=to_json(event.payload),
        created_at=timezone.now(),
    )
    _turn.has_news = True
    # What is committed stays committed: a bell that fails must not make it look otherwise.
    connection.on_commit(bell.ring, robust=True)


def rewrite(message: Message) -> None:
    """Put the message's new text in the place of the old, before it is told to be edited.

    One event keeps telling that it was posted; earlier edits have nothing more to tell.
    """
    about = _events_about(message)
    about.filter(kind=MessageEdited.kind).delete()
    about.update(payload=to_json(message_shape(message)))
    _requote(message)


def forget(message: Message) -> None:
    """Take the message's text out of the log; what replays these events learns it is deleted."""
    event = MessageDeleted(message)
    _events_about(message).update(kind=event.kind, payload=to_json(event.payload))
    _requote(message)


def forget_all(message_ids: Collection[int]) -> None:
    """Take the text of these messages out of the log; their room is gone for everybody."""
    about = Event.objects.filter(message_id__in=message_ids)
    about.update(kind=MessageDeleted.kind, payload="{}")


def read_after(position: int, *, limit: int, up_to: int | None = None) -> list[Entry]:
    """The events after `position`, oldest first, for every room: the caller sorts out who sees."""
    up_to = MAX_ID if up_to is None else up_to
    rows = _events_after(limit).rows(position=position, up_to=up_to)
    return [Entry(*row) for row in rows]


def posted_since(position: int, message_ids: Collection[int]) -> set[int]:
    """Which of these messages were posted after `position`."""
    posted = Event.objects.filter(
        id__gt=position, kind=MessagePosted.kind, message_id__in=message_ids
    )
    found = posted.values_list("message_id", flat=True)
    return {message_id for message_id in found if message_id is not None}


def span() -> Span:
    """Epoch, oldest and newest id, in one look."""
    row = _span.row()
    if row is None:
        raise LogState.DoesNotExist
    epoch, oldest, newest = row
    return Span(epoch, oldest or 0, newest or 0)


def renew_epoch() -> str:
    """Give the log a new epoch, after its database was restored: every cursor is void then."""
    fresh = token_hex(6)
    LogState.objects.update_or_create(pk=1, defaults={"epoch": fresh})
    return fresh


def trim(*, days: float | None = None) -> int:
    """Drop events older than `days`; return how many. The newest stays: it is the position.

    A piece at a time, with a pause behind each, so that others may write in between.
    """
    kept = conf.get().EVENT_DAYS if days is None else days
    too_old = timezone.now() - timedelta(days=kept)
    dropped = 0
    while True:
        with write():
            old = Event.objects.filter(created_at__lt=too_old, id__lt=span().newest).order_by("id")
            ids = list(old.values_list("id", flat=True)[:TRIM_AT_ONCE])
            dropped += Event.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < TRIM_AT_ONCE:
            return dropped
        _pause()


def _pause() -> None:
    """Locks are not fair: who takes one again at once leaves those who wait for it waiting."""
    time.sleep(TRIM_PAUSE_SECONDS)


def _take_turn() -> None:
    """Hold the log's lock until commit. On SQLite, BEGIN IMMEDIATE has taken it."""
    with database().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])


def _ring_if_news() -> None:
    """One statement for whatever a shared commit holds."""
    if _turn.has_news:
        _turn.has_news = False
        bell.ring_with_commit()


def _requote(message: Message) -> None:
    """Let those who replay a reply meet what it replies to as it is now."""
    quote = quote_shape(message)
    replies = Message.objects.filter(reply_to=message).values("pk")
    for event in Event.objects.filter(message_id__in=replies, payload__contains='"reply_to":{'):
        Event.objects.filter(pk=event.pk).update(payload=requoted(event.payload, quote))


def requoted(payload: str, quote: QuoteShape) -> str:
    """The payload of an event about a reply, with what it replies to as it is now."""
    shape = json.loads(payload)
    shape["reply_to"] = quote
    return to_json(shape)


def _events_about(message: Message) -> QuerySet[Event]:
    return Event.objects.filter(message_id=message.pk)
