"""The messages of a room, a page at a time."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from django.db.models import QuerySet

from hallway.models import Author, Message, Room
from hallway.prepared import Param, Prepared


class Page(NamedTuple):
    """A run of messages, oldest first; `has_more` says whether it goes on where it was cut."""

    messages: list[Message]
    has_more: bool


def timeline(
    room: Room, *, limit: int, before: int | None = None, after: int | None = None
) -> Page:
    """The newest messages of a room, or those before or after a message id. One statement."""
    messages = _of_room(room)
    if before is not None:
        messages = messages.filter(id__lt=before)
    if after is not None:
        messages = messages.filter(id__gt=after)
    forward = after is not None and before is None
    found = list(messages.order_by("id" if forward else "-id")[: limit + 1])
    has_more = len(found) > limit
    page = found[:limit]
    if not forward:
        page.reverse()
    for message in page:
        message.room = room
    return Page(page, has_more)


class Around(NamedTuple):
    """A run of messages with one in it."""

    messages: list[Message]
    has_older: bool
    has_newer: bool


def around(room: Room, message_id: int, *, limit: int) -> Around:
    """Half a page of messages before one of this room, that one, and those after it.

    Where it is gone, what lies around its place. Two statements.
    """
    half = max(limit // 2, 1)
    messages = _of_room(room)
    older = list(messages.filter(id__lt=message_id).order_by("-id")[: half + 1])
    newer = list(messages.filter(id__gte=message_id).order_by("id")[: limit - half + 1])
    page = older[:half][::-1] + newer[: limit - half]
    for message in page:
        message.room = room
    return Around(page, has_older=len(older) > half, has_newer=len(newer) > limit - half)


def pins(room: Room) -> list[Message]:
    """What is pinned in a room, the newest pin first. One statement."""
    pinned = list(_of_room(room).filter(pinned_at__isnull=False).order_by("-pinned_at"))
    for message in pinned:
        message.room = room
    return pinned


def _of_room(room: Room) -> QuerySet[Message]:
    messages = Message.objects.filter(room=room, deleted_at=None)
    return messages.select_related("author", "reply_to__author")


class Outline(NamedTuple):
    """What tells a message from every other, and one drawing of it from the next."""

    id: int
    version: int
    author_id: int
    author_name: str
    author_picture: str
    # What it replies to is part of the drawing.
    quoted_version: int | None
    quoted_name: str | None


def newest(room: Room, *, limit: int) -> tuple[list[Outline], bool]:
    """The newest messages of a room in outline, oldest first, and whether there are more.

    One statement. A page is mostly made of rows that were drawn before: their text need not be
    read again, `by_id` gets the others.
    """
    found = [Outline(*row) for row in _newest(limit + 1).rows(room=room.pk)]
    return found[limit - 1 :: -1] if len(found) > limit else found[::-1], len(found) > limit


class Opening(NamedTuple):
    """A run of messages in outline, oldest first, and whether there is more on either side."""

    messages: list[Outline]
    has_older: bool
    has_newer: bool


def opening(room: Room, reader: Author, *, read_up_to: int, limit: int) -> Opening:
    """What a room opens with: its newest messages, or those around the first unread one.

    That is for who was here before: where somebody never read, nothing tells them where to begin.
    One statement; four where the first unread message is older than a page.
    """
    found, has_older = newest(room, limit=limit)
    never_read = read_up_to <= reader.came_after
    if not has_older or never_read or found[0].id <= read_up_to:
        return Opening(found, has_older, has_newer=False)
    first = next(
        iter(_first_unread.rows(room=room.pk, reader=reader.pk, read_up_to=read_up_to)), None
    )
    if first is None or first[0] > found[0].id:
        return Opening(found, has_older, has_newer=False)
    half = max(limit // 2, 1)
    edge = {"room": room.pk, "edge": first[0]}
    older = [Outline(*row) for row in _older(half + 1).rows(**edge)]
    newer = [Outline(*row) for row in _from(limit - half + 1).rows(**edge)]
    return Opening(
        older[:half][::-1] + newer[: limit - half],
        has_older=len(older) > half,
        has_newer=len(newer) > limit - half,
    )


def by_id(ids: Iterable[int]) -> list[Message]:
    """These messages, whole. One statement."""
    return list(
        Message.objects.filter(pk__in=list(ids)).select_related("author", "reply_to__author")
    )


OUTLINE = (
    "id",
    "version",
    "author_id",
    "author__name",
    "author__picture",
    "reply_to__version",
    "reply_to__author__name",
)


def _outlines() -> QuerySet[Message, Any]:
    return Message.objects.filter(room=Param("room"), deleted_at=None).values_list(*OUTLINE)


@cache
def _newest(limit: int) -> Prepared[Message]:
    return Prepared(lambda: _outlines().order_by("-id")[:limit])


@cache
def _older(limit: int) -> Prepared[Message]:
    return Prepared(lambda: _outlines().filter(id__lt=Param("edge")).order_by("-id")[:limit])


@cache
def _from(limit: int) -> Prepared[Message]:
    return Prepared(lambda: _outlines().filter(id__gte=Param("edge")).order_by("id")[:limit])


_first_unread: Prepared[Message] = Prepared(
    lambda: (
        Message.objects.filter(room=Param("room"), id__gt=Param("read_up_to"), deleted_at=None)
        .exclude(author=Param("reader"))
        .order_by("id")
        .values_list("id")[:1]
    )
)
