"""The messages of a room, a page at a time."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import NamedTuple

from hallway.models import Message, Room
from hallway.prepared import Param, Prepared


class Page(NamedTuple):
    """A run of messages, oldest first; `has_more` says whether it goes on where it was cut."""

    messages: list[Message]
    has_more: bool


def timeline(
    room: Room, *, limit: int, before: int | None = None, after: int | None = None
) -> Page:
    """The newest messages of a room, or those before or after a message id. One statement."""
    messages = Message.objects.filter(room=room, deleted_at=None).select_related("author")
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


class Outline(NamedTuple):
    """What tells a message from every other, and one drawing of it from the next."""

    id: int
    version: int
    author_id: int
    author_name: str
    created_at: datetime


def newest(room: Room, *, limit: int) -> tuple[list[Outline], bool]:
    """The newest messages of a room in outline, oldest first, and whether there are more.

    One statement. A page is mostly made of rows that were drawn before: their text need not be
    read again, `by_id` gets the others.
    """
    found = [Outline(*row) for row in _newest(limit + 1).rows(room=room.pk)]
    return found[limit - 1 :: -1] if len(found) > limit else found[::-1], len(found) > limit


def by_id(ids: Iterable[int]) -> list[Message]:
    """These messages, whole. One statement."""
    return list(Message.objects.filter(pk__in=list(ids)).select_related("author"))


@cache
def _newest(limit: int) -> Prepared[Message]:
    return Prepared(
        lambda: (
            Message.objects.filter(room=Param("room"), deleted_at=None)
            .order_by("-id")
            .values_list("id", "version", "author_id", "author__name", "created_at")[:limit]
        )
    )
