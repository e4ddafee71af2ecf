"""Who opens a stream, and what they may see: asked for many at once.

After a restart two thousand browsers come back within seconds. While one look at the database is
under way the others gather, and the next look serves all of them: a handful of queries for
everybody instead of three for each.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import BigIntegerField, Q, Value
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hallway import access, conf, identity
from hallway.actions import accounts
from hallway.driver import DATABASE
from hallway.events import log
from hallway.models import Author, Membership, Room

from .threads import in_door_thread

# Sessions in one look, which is as many values in a statement; SQLite takes up to 32,766.
BATCH = 2000
# Sessions that are looked at again in one go: whoever opens a stream waits behind no more.
RECHECK = 500
# After a look that served several, so long for each of them but no longer than that: whoever comes
# meanwhile shares the next one. Who comes alone is never kept waiting.
REST_SECONDS = 0.02
LONGEST_REST_SECONDS = 0.5
# Django makes them of 32 small letters and digits; other engines may put more into them.
_SESSION_KEY = re.compile(r"[!-~]{8,4096}", re.ASCII)


@dataclass(frozen=True)
class Visitor:
    """Who opens a stream: an author, their session, and the rooms they may read at `position`."""

    author_id: int
    session_key: str | None
    rooms: Mapping[int, str]
    position: int
    # Those of the rooms that the author belongs to.
    member_of: frozenset[int] = frozenset()


class Door:
    """Gathers those who wait for an answer into batches."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Visitor | None]] = {}
        self._worker: asyncio.Task[None] | None = None

    async def let_in(self, session_key: str) -> Visitor | None:
        """The visitor behind a session cookie, or None."""
        if _SESSION_KEY.fullmatch(session_key) is None:
            return None  # what the database might choke on would fail the others in the batch
        answer = self._waiting.get(session_key)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[session_key] = answer
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:BATCH]
                batch = {key: self._waiting.pop(key) for key in keys}
                try:
                    visitors = await in_door_thread(visitors_of_sessions, keys)
                except Exception as error:  # noqa: BLE001  whatever it is, they wait for it
                    for answer in batch.values():
                        answer.set_exception(error)
                        answer.exception()  # whoever gave up waiting leaves no complaint behind
                else:
                    for key, answer in batch.items():
                        answer.set_result(visitors.get(key))
                if len(keys) < BATCH:
                    rest = REST_SECONDS * (len(keys) - 1)
                    await asyncio.sleep(min(rest, LONGEST_REST_SECONDS))
        finally:
            self._worker = None


def visitors_of_sessions(keys: Collection[str]) -> dict[str, Visitor]:
    """The visitors behind these session keys; keys of nobody are left out. Three statements,
    and more for those whose first visit to Hallway this is."""
    # First the position, then the rights: whatever changes in between, the hub passes it again.
    position, sessions = _read_sessions(keys)
    authors = _authors_of_sessions(sessions)
    authors |= _newcomers({key: data for key, data in sessions.items() if key not in authors})
    seen = rooms_of_authors(set(authors.values()))
    return {
        key: Visitor(author_id, key, seen[author_id].rooms, position, seen[author_id].member_of)
        for key, author_id in authors.items()
    }


def visitor_of_author(author: Author, session_key: str | None, position: int) -> Visitor:
    """The visitor behind an author that a request has found, since the log was at `position`."""
    rooms, member_of = rooms_of_authors([author.pk])[author.pk]
    return Visitor(author.pk, session_key, rooms, position, member_of)


class Rooms(NamedTuple):
    """The rooms an author may read, id → slug, and which of them they belong to."""

    rooms: dict[int, str]
    member_of: frozenset[int]


def rooms_of_authors(author_ids: Collection[int]) -> dict[int, Rooms]:
    """For each author the rooms they may read. One statement, and more where some of those rooms
    belong to objects of the host project."""
    nobody = Value(None, output_field=BigIntegerField())
    for_all = Room.objects.open().order_by().values_list(nobody, "id", "slug", "object_key")
    theirs = Membership.objects.filter(author__in=author_ids).order_by()
    rows = for_all.union(
        theirs.values_list("author_id", "room_id", "room__slug", "room__object_key"), all=True
    )
    open_rooms: dict[int, str] = {}
    belongs: dict[int, dict[int, str]] = {author_id: {} for author_id in author_ids}
    bound: defaultdict[int, list[Room]] = defaultdict(list)
    for author_id, room_id, slug, object_key in rows:
        (open_rooms if author_id is None else belongs[author_id])[room_id] = slug
        if author_id is not None and object_key is not None:
            bound[author_id].append(Room(pk=room_id, object_key=object_key))
    for author in Author.objects.filter(pk__in=bound).select_related("user") if bound else ():
        allowed = {room.pk for room in access.admitted(author, bound[author.pk])}
        for room in bound[author.pk]:
            if room.pk not in allowed:
                del belongs[author.pk][room.pk]
    return {
        author_id: Rooms(open_rooms | rooms, frozenset(rooms))
        for author_id, rooms in belongs.items()
    }


async def still_valid(sessions: Mapping[str, int]) -> set[str]:
    """Which of these sessions (key → author id) still belong to that author."""
    keys = list(sessions)
    valid: set[str] = set()
    for start in range(0, len(keys), RECHECK):
        # A batch at a time: those who open a stream now wait for one of them at most.
        authors = await in_door_thread(_authors, keys[start : start + RECHECK])
        valid |= {key for key, author_id in authors.items() if sessions[key] == author_id}
    return valid


def _authors(keys: Collection[str]) -> dict[str, int]:
    return _authors_of_sessions(_read_sessions(keys)[1])


def _read_sessions(keys: Collection[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Where the log stands, and what is in these sessions: then, or a moment later."""
    store_class: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    if not issubclass(store_class, DatabaseSessions):
        return log.span().newest, {key: store_class(key).load() for key in keys}
    stored = store_class.get_model_class().objects.filter(
        session_key__in=keys, expire_date__gt=timezone.now()
    )
    if stored.db == DATABASE:
        rows = list(stored.values_list("session_key", "session_data", log.newest()))
        position = rows[0][2] or 0 if rows else 0
    else:
        position = log.span().newest
        rows = list(stored.values_list("session_key", "session_data", Value(0)))
    decode = store_class().decode
    return position, {key: decode(data) for key, data, _ in rows}


def _authors_of_sessions(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """The authors behind sessions, by the rules of `identity.author_of`. One statement."""
    ids = _accounts_of_sessions(sessions)
    guests = {
        key: data[identity.AUTHOR_KEY]
        for key, data in sessions.items()
        if conf.get().GUESTS and isinstance(data.get(identity.AUTHOR_KEY), int)
    }
    users = get_user_model()._default_manager.filter(pk__in=set(ids.values()))
    behind = Q(user__in=users) | Q(user=None, pk__in=set(guests.values()))
    of_user: dict[Any, Author] = {}
    of_nobody: set[int] = set()
    for author in Author.objects.present().filter(behind).select_related("user"):
        if author.user is not None:
            of_user[author.user.pk] = author
        elif author.deactivated_at is None:
            of_nobody.add(author.pk)
    found = {}
    for key, data in sessions.items():
        theirs = of_user.get(ids.get(key))
        if theirs is not None and _is_signed_in(theirs.user, data):
            # Switched off, they are nobody: not the guest of before either.
            if theirs.deactivated_at is None:
                found[key] = theirs.pk
        elif guests.get(key) in of_nobody:
            found[key] = guests[key]
    return found


def _newcomers(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Those with an account of the site who have not been here before, let in as a page does it."""
    ids = _accounts_of_sessions(sessions)
    if not ids:
        return {}
    users = get_user_model()._default_manager.in_bulk(set(ids.values()))
    found = {}
    for key, data in sessions.items():
        user = users.get(ids.get(key))
        if user is not None and _is_signed_in(user, data):
            author = accounts.enter_with_account(user)
            if author.is_active:
                found[key] = author.pk
    return found


def _accounts_of_sessions(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The keys of the accounts that these sessions say they belong to."""
    pk = get_user_model()._meta.pk
    assert pk is not None
    return {
        key: pk.to_python(data[SESSION_KEY])
        for key, data in sessions.items()
        if SESSION_KEY in data
    }


def _is_signed_in(user: Any, session: Mapping[str, Any]) -> bool:
    """Whether the session is good for this account, by the rules of `auth.get_user`."""
    if not getattr(user, "is_active", True):
        return False
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    proof = user.get_session_auth_hash() if hasattr(user, "get_session_auth_hash") else ""
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), proof)
