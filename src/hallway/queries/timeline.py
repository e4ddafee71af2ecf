"""The messages of a room, a page at a time."""

from typing import NamedTuple

from hallway.models import Message, Room


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
