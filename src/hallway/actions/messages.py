"""Posting, editing and deleting messages."""

from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import NamedTuple
from uuid import uuid4

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from hallway import access, conf, text
from hallway.errors import (
    InvalidClientId,
    MessageGone,
    MessageNotFound,
    NotSignedIn,
    NotYourMessage,
    RoomNotFound,
    TooManyMessages,
)
from hallway.events import log
from hallway.events.kinds import MessageDeleted, MessageEdited, MessagePosted
from hallway.models import CLIENT_ID_LENGTH, Author, Membership, Message, Room
from hallway.prepared import Param, Prepared, insert

from .rooms import join_room

RATE_WINDOW = timedelta(minutes=1)


def post_message(
    author: Author, room: Room, *, source: str, client_id: str = ""
) -> tuple[Message, bool]:
    """Put a message in a room; also whether it is new.

    Repeating a `client_id` gives back the first message. Posting to an open room joins it.
    """
    source = text.clean_source(source, limit=conf.get().MESSAGE_LIMIT)
    body = text.render(source)
    client_id = _clean_client_id(client_id) or uuid4().hex
    with log.write():
        standing = _standing_of(author, room, client_id)
        if standing.first is not None:
            return _first(standing.first), False
        if not standing.is_present:
            raise NotSignedIn
        if not (standing.is_member or standing.room_kind == Room.Kind.OPEN):
            raise RoomNotFound
        _check_rate(standing.rate_since)
        if not standing.is_member:
            join_room(author, room)
        message = Message(
            room=room,
            author=author,
            content=source,
            html=body.html,
            is_emoji_only=body.is_emoji_only,
            client_id=client_id,
        )
        insert(message)
        log.append(MessagePosted(message), room=room)
    return message, True


def edit_message(editor: Author, message: Message, *, source: str) -> Message:
    """Replace the text of one's own message."""
    source = text.clean_source(source, limit=conf.get().MESSAGE_LIMIT)
    body = text.render(source)
    with log.write():
        message = _own(editor, message)
        if message.content != source:
            message.content, message.html = source, body.html
            message.is_emoji_only = body.is_emoji_only
            message.edited_at = timezone.now()
            message.version += 1
            message.save()
            log.rewrite(message)
            log.append(MessageEdited(message), room=message.room)
    return message


def delete_message(editor: Author, message: Message) -> None:
    """Take back one's own message: its text is gone from the table and from the log.

    An empty row stays, so that a late repetition of the send finds it and posts nothing again.
    """
    with log.write():
        message = _own(editor, message)
        _wipe(message)


def remove_message(message: Message) -> None:
    """Take any message away, on behalf of the site's staff."""
    with log.write():
        message = _locked_message(message)
        _wipe(message)


def _wipe(message: Message) -> None:
    message.content = message.html = ""
    message.is_emoji_only = False
    message.deleted_at = timezone.now()
    message.version += 1
    message.save()
    log.forget(message)
    log.append(MessageDeleted(message), room=message.room)


class _Standing(NamedTuple):
    """How an author stands to a room at the moment of posting."""

    room_kind: str
    is_member: bool
    is_present: bool
    # The message (id) that has this client_id already.
    first: int | None
    # When the oldest of the author's last POST_RATE messages was sent.
    rate_since: datetime | None


def _standing_of(author: Author, room: Room, client_id: str) -> _Standing:
    """Locks the room: its messages' ids stay in the order of their events, and nobody who leaves
    or is removed, which takes the same lock, gets a last word in."""
    row = _standing(conf.get().POST_RATE).row(author=author.pk, room=room.pk, client_id=client_id)
    if row is None:
        raise RoomNotFound
    return _Standing(*row)


@cache
def _standing(rate: int) -> Prepared[Room]:
    author = Param("author")
    nth = max(rate, 1) - 1
    mine = Message.objects.filter(author=author)
    return Prepared(
        lambda: (
            Room.objects.select_for_update()
            .filter(pk=Param("room"))
            .values_list(
                "kind",
                Exists(Membership.objects.filter(room=OuterRef("pk"), author=author)),
                Exists(Author.objects.present().filter(pk=author)),
                Subquery(mine.filter(client_id=Param("client_id")).values("pk")[:1]),
                Subquery(mine.order_by("-created_at").values("created_at")[nth : nth + 1]),
            )
        )
    )


def _first(message_id: int) -> Message:
    first = Message.objects.select_related("author", "room").get(pk=message_id)
    if first.deleted_at:
        raise MessageGone
    return first


def _check_rate(since: datetime | None) -> None:
    """There is room for one more once the oldest of the last POST_RATE leaves the window."""
    if not conf.get().POST_RATE or since is None:
        return
    wait = since + RATE_WINDOW - timezone.now()
    if wait > timedelta():
        raise TooManyMessages(retry_after=max(1, ceil(wait.total_seconds())))


def _own(editor: Author, message: Message) -> Message:
    message = _locked_message(message)
    if not access.can_read(editor, message.room):
        raise MessageNotFound
    if not access.can_edit(editor, message):
        raise NotYourMessage
    return message


def _locked_message(message: Message) -> Message:
    found = (
        Message.objects.select_for_update(of=("self",))
        .select_related("author", "room")
        .filter(pk=message.pk, deleted_at=None)
        .first()
    )
    if found is None:
        raise MessageNotFound
    return found


def _clean_client_id(client_id: str) -> str:
    """Visible ASCII, as a UUID or a counter is; anything else is refused, never cut."""
    if len(client_id) > CLIENT_ID_LENGTH or not all("!" <= sign <= "~" for sign in client_id):
        raise InvalidClientId
    return client_id
