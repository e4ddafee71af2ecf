"""The kinds of event: a dataclass each, named in the past tense. `docs/protocol.md` lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from hallway.models import Author, Membership, Message, Room

from .shapes import author_shape, iso, message_shape, quote_shape, room_shape


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
    """The new text; and `quote`, what replies to it show now."""

    kind: ClassVar[str] = "message.edited"

    @property
    def payload(self) -> Mapping[str, Any]:
        return {**message_shape(self.message), "quote": quote_shape(self.message)}


@dataclass(frozen=True)
class MessageDeleted:
    kind: ClassVar[str] = "message.deleted"
    message: Message

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"id": self.message.pk, "room": self.message.room.slug}


@dataclass(frozen=True)
class ReactionAdded:
    """Holds no text, so what is edited or deleted later need not be looked for here."""

    kind: ClassVar[str] = "reaction.added"
    about: Message
    emoji: str
    author: Author

    @property
    def payload(self) -> Mapping[str, Any]:
        return {
            "message": self.about.pk,
            "room": self.about.room.slug,
            "version": self.about.version,
            "emoji": self.emoji,
            "author": author_shape(self.author),
        }


@dataclass(frozen=True)
class ReactionRemoved(ReactionAdded):
    kind: ClassVar[str] = "reaction.removed"


@dataclass(frozen=True)
class MessagePinned:
    kind: ClassVar[str] = "message.pinned"
    about: Message

    @property
    def payload(self) -> Mapping[str, Any]:
        return {
            "message": self.about.pk,
            "room": self.about.room.slug,
            "version": self.about.version,
            "pinned_at": iso(self.about.pinned_at) if self.about.pinned_at else None,
        }


@dataclass(frozen=True)
class MessageUnpinned(MessagePinned):
    kind: ClassVar[str] = "message.unpinned"


@dataclass(frozen=True)
class RoomCreated:
    """There is a room: new, or new to one author who was let in."""

    kind: ClassVar[str] = "room.created"
    room: Room
    people: Sequence[Author] = ()

    @property
    def payload(self) -> Mapping[str, Any]:
        return room_shape(self.room, self.people)


@dataclass(frozen=True)
class RoomChanged(RoomCreated):
    kind: ClassVar[str] = "room.changed"


@dataclass(frozen=True)
class RoomDeleted:
    kind: ClassVar[str] = "room.deleted"
    room: Room

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"slug": self.room.slug}


@dataclass(frozen=True)
class RoomRead:
    """For one author: how far they have read, and what is left to them."""

    kind: ClassVar[str] = "room.read"
    room: Room
    up_to: int
    unread: int
    mentions: int

    @property
    def payload(self) -> Mapping[str, Any]:
        return {
            "room": self.room.slug,
            "message": self.up_to,
            "unread": self.unread,
            "mentions": self.mentions,
        }


@dataclass(frozen=True)
class ReaderMoved:
    """For all in a small room that shows it: how far one of them has read; 0 says nothing."""

    kind: ClassVar[str] = "reader.moved"
    room: Room
    author: Author
    up_to: int

    @property
    def payload(self) -> Mapping[str, Any]:
        return {
            "room": self.room.slug,
            "author": author_shape(self.author),
            "message": self.up_to,
        }


@dataclass(frozen=True)
class MemberLeft:
    kind: ClassVar[str] = "member.left"
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
class MemberJoined(MemberLeft):
    kind: ClassVar[str] = "member.joined"
    role: str = Membership.Role.MEMBER

    @property
    def payload(self) -> Mapping[str, Any]:
        return {**super().payload, "role": str(self.role)}


@dataclass(frozen=True)
class MemberChanged(MemberJoined):
    """Another role."""

    kind: ClassVar[str] = "member.changed"


@dataclass(frozen=True)
class LevelChanged:
    """For one author: what of a room they want to be told."""

    kind: ClassVar[str] = "level.changed"
    room: Room
    level: str

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"room": self.room.slug, "level": str(self.level)}


@dataclass(frozen=True)
class AuthorRenamed:
    kind: ClassVar[str] = "author.renamed"
    author: Author

    @property
    def payload(self) -> Mapping[str, Any]:
        return author_shape(self.author)


@dataclass(frozen=True)
class ReportChanged:
    """For each of those who run the place: how many reported messages wait for them."""

    kind: ClassVar[str] = "report.changed"
    number: int

    @property
    def payload(self) -> Mapping[str, Any]:
        return {"open": self.number}


@dataclass(frozen=True)
class SessionEnded:
    """This author's streams end: they left, or signed out everywhere."""

    kind: ClassVar[str] = "session.ended"

    @property
    def payload(self) -> Mapping[str, Any]:
        return {}


@dataclass(frozen=True)
class AccessChanged:
    """Something about this author's sessions or role is not as it was: look again.

    The hub does, and ends the streams of those sessions that are over; the others go on.
    """

    kind: ClassVar[str] = "access.changed"

    @property
    def payload(self) -> Mapping[str, Any]:
        return {}


KINDS: tuple[type[Kind], ...] = (
    MessagePosted,
    MessageEdited,
    MessageDeleted,
    ReactionAdded,
    ReactionRemoved,
    MessagePinned,
    MessageUnpinned,
    RoomCreated,
    RoomChanged,
    RoomDeleted,
    RoomRead,
    ReaderMoved,
    MemberJoined,
    MemberLeft,
    MemberChanged,
    LevelChanged,
    AuthorRenamed,
    ReportChanged,
    SessionEnded,
    AccessChanged,
)
