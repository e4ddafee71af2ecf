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
    NotYourMessage,
    ReplyNotFound,
    RoomNotFound,
    SlowMode,
    TooManyMessages,
)
from hallway.events import log
from hallway.events.kinds import MessageDeleted, MessageEdited, MessagePosted
from hallway.models import CLIENT_ID_LENGTH, Act, Author, Membership, Message, Revision, Room
from hallway.prepared import Param, Prepared, create

from . import audit, mentions, reports, search_entries
from .members import join_room, present

RATE_WINDOW = timedelta(minutes=1)
# One message can't be edited more often: each edit is told to everybody in the room.
EDIT_EVERY = timedelta(seconds=1)
# Earlier texts of one message that are kept.
MOST_REVISIONS = 50
# What the shape of a message needs.
WHOLE = ("author", "room", "reply_to__author")


def post_message(
    author: Author,
    room: Room | str,
    *,
    source: str,
    client_id: str = "",
    reply_to: int | None = None,
) -> tuple[Message, bool]:
    """Put a message in a room, or in the one of this slug; also whether it is new.

    Repeating a `client_id` gives back the first message. Posting to an open room joins it.
    `reply_to` is the id of a message of the same room; one deleted meanwhile can be replied to.
    """
    source = text.clean_source(source, limit=conf.get().MESSAGE_LIMIT)
    names = mentions.names_in(source)
    # Before the lock is taken, unless somebody is named: who that is depends on the room.
    body = None if names else text.render(source, {})
    client_id = _clean_client_id(client_id) or uuid4().hex
    with log.write():
        room, found = _look(author, room if isinstance(room, str) else room.slug, client_id)
        if found.first is not None:
            return _first(found.first), False
        refusal = found.standing.refusal(author)
        if refusal is not None:
            raise refusal
        _check_rate(found.rate_since)
        if room.slow_mode:
            _check_slow_mode(author, room, found)
        if body is None:
            body = text.render(source, mentions.mentionable(room, names))
        if not found.standing.is_member:
            join_room(author, room)
        message = create(
            Message,
            room=room,
            author=author,
            content=source,
            html=body.html,
            is_emoji_only=body.is_emoji_only,
            client_id=client_id,
            reply_to=None if reply_to is None else _replied_to(room, reply_to),
            mention_ids=list(body.mentions),
        )
        if body.mentions:
            mentions.record(message, body.mentions)
        search_entries.add(message, room_kind=found.standing.room_kind)
        log.append(MessagePosted(message), room=room)
    return message, True


def edit_message(editor: Author, message: Message, *, source: str) -> Message:
    """Replace the text of one's own message."""
    source = text.clean_source(source, limit=conf.get().MESSAGE_LIMIT)
    body = text.render(source, mentions.mentionable(message.room, mentions.names_in(source)))
    with log.write():
        message = _own(editor, message)
        if message.content != source:
            _check_edit_rate(message)
            now = timezone.now()
            _keep_revision(message, now)
            message.content, message.html = source, body.html
            message.is_emoji_only = body.is_emoji_only
            message.edited_at = now
            if message.mention_ids or body.mentions:
                message.mention_ids = list(body.mentions)
                mentions.record(message, body.mentions)
            message.version += 1
            message.save()
            search_entries.replace(message)
            log.rewrite(message)
            log.append(MessageEdited(message), room=message.room)
    return message


def delete_message(editor: Author, message: Message) -> None:
    """Take back one's own message, or take away another's where one manages the room: its text is
    gone from the table and from the log.

    An empty row stays, so that a late repetition of the send finds it and posts nothing again.
    """
    with log.write():
        editor, message = present(editor), locked(message)
        if not access.can_read(editor, message.room):
            raise MessageNotFound
        if not access.can_delete(editor, message):
            raise NotYourMessage
        if wipe(message):
            reports.tell()
        if message.author_id != editor.pk:
            audit.note(Act.Kind.MESSAGE_DELETED, editor, about=message.author, room=message.room)


def remove_message(message: Message) -> None:
    """Take any message away, on behalf of the site's staff."""
    with log.write():
        if wipe(locked(message)):
            reports.tell()


def wipe(message: Message) -> bool:
    """Take a locked message away, wherever its text is; inside `log.write()`.

    Whether reports of it are settled by that: the caller tells those who run the place, once.
    """
    message.content = message.html = ""
    message.is_emoji_only = False
    message.reaction_summary, message.mention_ids, message.pinned_at = [], [], None
    message.deleted_at = timezone.now()
    message.version += 1
    message.save()
    message.revisions.all().delete()
    message.reactions.all().delete()
    message.mentions.all().delete()
    search_entries.forget(message)
    log.forget(message)
    log.append(MessageDeleted(message), room=message.room)
    return bool(message.reports.filter(settled_at=None).update(settled_at=message.deleted_at))


class _Found(NamedTuple):
    """What there is to know before posting."""

    standing: access.Standing
    # The message (id) that has this client_id already.
    first: int | None
    # When the oldest of the author's last POST_RATE messages was sent.
    rate_since: datetime | None


def _look(author: Author, slug: str, client_id: str) -> tuple[Room, _Found]:
    if "\0" in slug:  # PostgreSQL has none and refuses to be asked for it
        raise RoomNotFound
    asked = _before_posting(conf.get().POST_RATE)
    found = asked.first_and_more(author=author.pk, slug=slug, client_id=client_id)
    if found is None:
        raise RoomNotFound
    room, (is_present, role, is_admin, first, rate_since) = found
    standing = access.Standing(
        is_present, role, room.kind, room.posting, room.is_archived, room.object_key, is_admin
    )
    return room, _Found(standing, first, rate_since)


@cache
def _before_posting(rate: int) -> Prepared[Room]:
    author = Param("author")
    nth = max(rate, 1) - 1
    mine = Message.objects.filter(author=author)
    mine_here = Membership.objects.filter(room=OuterRef("pk"), author=author)
    same = mine.filter(room=OuterRef("pk"), client_id=Param("client_id"))
    return Prepared(
        lambda: Room.objects.filter(slug=Param("slug")).annotate(
            poster_is_present=Exists(Author.objects.active().filter(pk=author)),
            poster_role=Subquery(mine_here.values("role")),
            poster_is_admin=Exists(Author.objects.running_the_place().filter(pk=author)),
            first=Subquery(same.values("pk")[:1]),
            rate_since=Subquery(mine.order_by("-created_at").values("created_at")[nth : nth + 1]),
        )
    )


def _replied_to(room: Room, message_id: int) -> Message:
    found = Message.objects.select_related("author").filter(pk=message_id, room=room).first()
    if found is None:
        raise ReplyNotFound
    return found


def _keep_revision(message: Message, now: datetime) -> None:
    """What is about to be replaced stays readable, as it is in most chats, until it is deleted."""
    Revision.objects.create(
        message=message,
        content=message.content,
        html=message.html,
        written_at=message.edited_at or message.created_at,
        replaced_at=now,
    )
    too_many = message.revisions.order_by("-id").values_list("pk", flat=True)[MOST_REVISIONS:]
    Revision.objects.filter(pk__in=list(too_many)).delete()


def _first(message_id: int) -> Message:
    first = Message.objects.select_related(*WHOLE).get(pk=message_id)
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


def _check_slow_mode(author: Author, room: Room, found: _Found) -> None:
    """For those who don't manage the room. A message deleted meanwhile counts as well."""
    if found.standing.is_manager:
        return
    last = author.messages.filter(room=room).order_by("-created_at").first()
    if last is not None:
        wait = last.created_at + timedelta(seconds=room.slow_mode) - timezone.now()
        if wait > timedelta():
            raise SlowMode(retry_after=ceil(wait.total_seconds()))


def _check_edit_rate(message: Message) -> None:
    if conf.get().POST_RATE and message.edited_at is not None:
        wait = message.edited_at + EDIT_EVERY - timezone.now()
        if wait > timedelta():
            raise TooManyMessages(retry_after=ceil(wait.total_seconds()))


def _own(editor: Author, message: Message) -> Message:
    editor, message = present(editor), locked(message)
    if not access.can_read(editor, message.room):
        raise MessageNotFound
    if not access.can_edit(editor, message):
        raise NotYourMessage
    return message


def locked(message: Message) -> Message:
    found = Message.objects.select_related(*WHOLE).filter(pk=message.pk, deleted_at=None).first()
    if found is None:
        raise MessageNotFound
    return found


def _clean_client_id(client_id: str) -> str:
    """Visible ASCII, as a UUID or a counter is; anything else is refused, never cut."""
    if len(client_id) > CLIENT_ID_LENGTH or not all("!" <= sign <= "~" for sign in client_id):
        raise InvalidClientId
    return client_id
