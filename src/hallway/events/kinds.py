"""The kinds of event: a dataclass each, named in the past tense. `docs/protocol.md` lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from hallway.models import Author, Message, Room

from .shapes import author_shape, message_shape, room_shape


class Kind(Protocol):
    kind: ClassVar[str]

    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class MessagePosted:
    kind: ClassVar[str] = "message.posted"
    message: Message

    @property
    def payload(self) -> Mapping[str, Any]:
        return message_shape(self.message)


@dataclass(frozen=True)
class MessageEdited(MessagePosted):
    kind: ClassVar[str] = "message.edited"


@dataclass(frozen=True)
class MessageDeleted:
    kind: ClassVar[str] = "message.deleted"
    message: Message

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"id": self.message.pk, "room": self.message.room.slug}


@dataclass(frozen=True)
class RoomCreated:
    kind: ClassVar[str] = "room.created"
    room: Room

    @property
    def payload(self) -> Mapping[str, Any]:
        return room_shape(self.room)


@dataclass(frozen=True)
class MemberJoined:
    kind: ClassVar[str] = "member.joined"
    room: Room
    author: Author

    @property
    def payload(self) -> Mapping[str, Any]:
        return {
            "room": self.room.slug,
            "kind": self.room.kind,
            "author": author_shape(self.author),
        }


@dataclass(frozen=True)
class MemberLeft(MemberJoined):
    kind: ClassVar[str] = "member.left"


@dataclass(frozen=True)
class AuthorRenamed:
    kind: ClassVar[str] = "author.renamed"
    author: Author

    @property
    def payload(self) -> Mapping[str, Any]:
        return author_shape(self.author)


@dataclass(frozen=True)
class SessionEnded:
    """This author's streams end: they left, or signed out everywhere."""

    kind: ClassVar[str] = "session.ended"

    @property
    def payload(self) -> Mapping[str, Any]:
        return {}


KINDS: tuple[type[Kind], ...] = (
    MessagePosted,
    MessageEdited,
    MessageDeleted,
    RoomCreated,
    MemberJoined,
    MemberLeft,
    AuthorRenamed,
    SessionEnded,
)
