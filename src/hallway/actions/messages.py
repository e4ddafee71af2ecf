"""Posting, editing and deleting messages."""

from datetime import timedelta
from uuid import uuid4

from django.db.models import Exists
from django.utils import timezone

from hallway import access, conf, text
from hallway.errors import (
    InvalidClientId,
    MessageGone,
    MessageNotFound,
    NotYourMessage,
    NotSignedIn,
    RoomNotFound,
    TooManyMessages,
)
from hallway.events import log
from hallway.events.kinds import MessageDeleted, MessageEdited, MessagePosted
from hallway.models import CLIENT_ID_LENGTH, Author, Membership, Message, Room

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
        # The locks keep the ids of a room's messages in the order of their events, and let
        # nobody who left or was removed get a last word in.
        author = _present(author)
        room, is_member = _locked(room, author)
        if not (is_member or room.kind == Room.Kind.OPEN):
            raise RoomNotFound
        first = _find(author, client_id)
        if first is not None:
            return first, False
        _check_rate(author)
        if not is_member:
            join_room(author, room)
        message = Message.objects.create(
            room=room,
            author=author,
            content=source,
            html=body.html,
            is_emoji_only=body.is_emoji_only,
            client_id=client_id,
        )
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


def _present(author: Author) -> Author:
    author = Author.objects.select_for_update().filter(pk=author.pk).get()
    if author.has_left:
        raise NotSignedIn
    return author


def _locked(room: Room, author: Author) -> tuple[Room, bool]:
    belongs = Exists(Membership.objects.filter(room=room, author=author))
    locked = Room.objects.select_for_update().annotate(belongs=belongs).get(pk=room.pk)
    return locked, locked.belongs


def _find(author: Author, client_id: str) -> Message | None:
    first = (
        Message.objects.select_related("author", "room")
        .filter(author=author, client_id=client_id)
        .first()
    )
    if first is not None and first.deleted_at:
        raise MessageGone
    return first


def _check_rate(author: Author) -> None:
    limit = conf.get().POST_RATE
    if not limit:
        return
    now = timezone.now()
    recent = Message.objects.filter(author=author, created_at__gt=now - RATE_WINDOW)
    # The oldest of the last `limit` messages: when it leaves the window, there is room for one more.
    oldest = recent.order_by("-created_at").values_list("created_at", flat=True)[limit - 1 : limit]
    for moment in oldest:
        wait = moment + RATE_WINDOW - now
        raise TooManyMessages(retry_after=max(1, round(wait.total_seconds())))


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
