"""How rows look from outside: the same JSON in the log, on the stream and in the API."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict

from hallway import text
from hallway.models import Author, Message, Room


class AuthorShape(TypedDict):
    id: int
    name: str
    kind: str
    # What names the author's picture, empty for none: /pictures/<id>/<picture>.webp
    picture: str


class DescribedShape(AuthorShape):
    role: str
    about: str
    time_zone: str


class MeShape(DescribedShape):
    hides_reading: bool


class PersonShape(DescribedShape):
    active: bool
    online: bool
    # None for whom it is not to be told.
    last_seen_at: str | None


class QuoteShape(TypedDict):
    """The message that is replied to, as it is now. Of a deleted one only that it was there."""

    id: int
    author: AuthorShape | None
    excerpt: str
    deleted: bool


class ReactionShape(TypedDict):
    emoji: str
    count: int
    authors: list[int]


class MessageShape(TypedDict):
    id: int
    room: str
    author: AuthorShape
    content: str
    html: str
    emoji_only: bool
    created_at: str
    edited_at: str | None
    client_id: str
    version: int
    reply_to: QuoteShape | None
    reactions: list[ReactionShape]
    mentions: list[int]
    pinned_at: str | None


class RoomShape(TypedDict):
    slug: str
    name: str
    kind: str
    description: str
    posting: str
    archived: bool
    slow_mode: int
    shows_readers: bool
    people: list[AuthorShape]


def author_shape(author: Author) -> AuthorShape:
    return {
        "id": author.pk,
        "name": author.name,
        "kind": author.kind,
        "picture": author.picture,
    }


def me_shape(author: Author) -> MeShape:
    """The author as they see themselves."""
    return {**_described(author), "hides_reading": author.hides_reading}


def _described(author: Author) -> DescribedShape:
    return {
        **author_shape(author),
        "role": author.role_in_force.value,
        "about": author.about,
        "time_zone": author.time_zone,
    }


def person_shape(author: Author, *, online: bool, is_known: bool) -> PersonShape:
    """The author as others see them; `is_known` to those who may know when they were here."""
    return {
        **_described(author),
        "active": author.deactivated_at is None,
        "online": online and is_known,
        "last_seen_at": iso(author.last_seen_at) if is_known else None,
    }


def room_shape(room: Room, people: Iterable[Author] = ()) -> RoomShape:
    """The room as everybody in it sees it; `people` are those of a direct room, by whom it is
    known."""
    shapes = [author_shape(author) for author in people]
    return {
        "slug": room.slug,
        "name": room.name or ", ".join(shape["name"] for shape in shapes),
        "kind": room.kind,
        "description": room.description,
        "posting": room.posting,
        "archived": room.is_archived,
        "slow_mode": room.slow_mode,
        "shows_readers": room.tells_readers,
        "people": shapes,
    }


def message_shape(message: Message) -> MessageShape:
    """The message as everybody sees it; author, room and what it replies to must be loaded."""
    return {
        "id": message.pk,
        "room": message.room.slug,
        "author": author_shape(message.author),
        "content": message.content,
        "html": message.html,
        "emoji_only": message.is_emoji_only,
        "created_at": iso(message.created_at),
        "edited_at": iso(message.edited_at) if message.edited_at else None,
        "client_id": message.client_id,
        "version": message.version,
        "reply_to": quote_shape(message.reply_to) if message.reply_to else None,
        "reactions": message.reaction_summary,
        "mentions": message.mention_ids,
        "pinned_at": iso(message.pinned_at) if message.pinned_at else None,
    }


def quote_shape(message: Message) -> QuoteShape:
    """The message as those that reply to it show it; its author must be loaded."""
    if message.deleted_at is not None:
        return {"id": message.pk, "author": None, "excerpt": "", "deleted": True}
    return {
        "id": message.pk,
        "author": author_shape(message.author),
        "excerpt": text.beginning(message.html),
        "deleted": False,
    }


# One for all: `json.dumps` makes an encoder for every call that wants its own separators.
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, always with microseconds, so that the texts sort as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
