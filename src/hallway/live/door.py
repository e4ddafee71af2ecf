"""Who opens a stream, and what they may see: asked for many at once.

After a restart two thousand browsers come back within seconds. While one look at the database is
under way the others gather, and the next look serves all of them: a handful of queries for
everybody instead of five for each.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping
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
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from hallway import identity
from hallway.events import log
from hallway.models import Author, Membership, Room

from .threads import in_door_thread

# Keys in one SQL statement; SQLite takes up to 32,766 and answers this many in a few milliseconds.
BATCH = 500
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
        finally:
            self._worker = None


def visitors_of_sessions(keys: Collection[str]) -> dict[str, Visitor]:
    """The visitors behind these session keys; keys of nobody are left out. Six statements."""
    # First the position, then the rights: whatever changes in between, the hub passes it again.
    position = log.span().newest
    authors = _authors_of_sessions(_load_sessions(keys))
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
    """For each author the rooms they may read. Two statements."""
    open_rooms = dict(Room.objects.open().values_list("id", "slug"))
    rooms = {author_id: dict(open_rooms) for author_id in author_ids}
    member_of: dict[int, set[int]] = {author_id: set() for author_id in author_ids}
    memberships = Membership.objects.filter(author__in=author_ids)
    for author_id, room_id, slug in memberships.values_list("author_id", "room_id", "room__slug"):
        rooms[author_id][room_id] = slug
        member_of[author_id].add(room_id)
    return {
        author_id: Rooms(rooms[author_id], frozenset(member_of[author_id]))
        for author_id in author_ids
    }


async def still_valid(sessions: Mapping[str, int]) -> set[str]:
    """Which of these sessions (key → author id) still belong to that author."""
    keys = list(sessions)
    valid: set[str] = set()
    for start in range(0, len(keys), BATCH):
        # A batch at a time: those who open a stream now wait for one of them at most.
        authors = await in_door_thread(_authors, keys[start : start + BATCH])
        valid |= {key for key, author_id in authors.items() if sessions[key] == author_id}
    return valid


def _authors(keys: Collection[str]) -> dict[str, int]:
    return _authors_of_sessions(_load_sessions(keys))


def _load_sessions(keys: Collection[str]) -> dict[str, dict[str, Any]]:
    store_class: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    if issubclass(store_class, DatabaseSessions):
        rows = store_class.get_model_class().objects.filter(
            session_key__in=keys, expire_date__gt=timezone.now()
        )
        decode = store_class().decode
        return {row.session_key: decode(row.session_data) for row in rows}
    return {key: store_class(key).load() for key in keys}


def _authors_of_sessions(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    accounts = {key: data for key, data in sessions.items() if SESSION_KEY in data}
    users = _users(accounts)
    by_user = dict(
        Author.objects.present().filter(user__in=set(users.values())).values_list("user", "id")
    )
    authors = {key: by_user[user] for key, user in users.items() if user in by_user}
    guests = {
        key: data[identity.AUTHOR_KEY]
        for key, data in sessions.items()
        if key not in authors and isinstance(data.get(identity.AUTHOR_KEY), int)
    }
    present = set(
        Author.objects.present()
        .filter(pk__in=set(guests.values()), user=None)
        .values_list("id", flat=True)
    )
    return authors | {key: author for key, author in guests.items() if author in present}


def _users(sessions: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Session key → id of the account it is signed in to, by the rules of `auth.get_user`."""
    pk = get_user_model()._meta.pk
    assert pk is not None
    ids = {key: pk.to_python(data[SESSION_KEY]) for key, data in sessions.items()}
    found = {user.pk: user for user in _active_users(set(ids.values()))}
    signed_in = {}
    for key, data in sessions.items():
        user = found.get(ids[key])
        backend = data.get(BACKEND_SESSION_KEY)
        if user is None or backend not in settings.AUTHENTICATION_BACKENDS:
            continue
        proof = user.get_session_auth_hash() if hasattr(user, "get_session_auth_hash") else ""
        if constant_time_compare(data.get(HASH_SESSION_KEY, ""), proof):
            signed_in[key] = user.pk
    return signed_in


def _active_users(ids: Iterable[Any]) -> Iterable[Any]:
    users = get_user_model()._default_manager.filter(pk__in=ids)
    return [user for user in users if getattr(user, "is_active", True)]
