"""Who may do what: one small function per question. Actions ask; nothing here writes."""

from typing import NamedTuple

from hallway.errors import HallwayError, NotSignedIn, OnlyManagersPost, RoomIsArchived, RoomNotFound
from hallway.models import Author, Membership, Message, Room


def can_read(author: Author, room: Room) -> bool:
    """Open rooms are everybody's; the others belong to their members."""
    return room.kind == Room.Kind.OPEN or is_member(author, room)


class Standing(NamedTuple):
    """How an author stands to a room, as read with one statement inside the transaction."""

    is_present: bool
    # None for who is no member.
    role: str | None
    room_kind: str
    posting: str
    is_archived: bool

    @property
    def is_member(self) -> bool:
        return self.role is not None

    def refusal(self, author: Author) -> HallwayError | None:
        """Why this author may not post; None if they may."""
        if not self.is_present:
            return NotSignedIn()
        if not self.is_member and self.room_kind != Room.Kind.OPEN:
            return RoomNotFound()
        if self.is_archived:
            return RoomIsArchived()
        is_manager = self.role == Membership.Role.MANAGER or author.is_staff
        if self.posting == Room.Posting.MANAGERS and not is_manager:
            return OnlyManagersPost()
        return None


def can_post(author: Author, room: Room) -> bool:
    standing = Standing(
        not author.has_left, role_in(author, room), room.kind, room.posting, room.is_archived
    )
    return standing.refusal(author) is None


def can_edit(author: Author, message: Message) -> bool:
    return message.author_id == author.pk and can_post(author, message.room)


def can_delete(author: Author, message: Message) -> bool:
    return can_edit(author, message)


def can_create_rooms(author: Author) -> bool:
    """Whoever has an account here. Guests come and go, and bots don't found rooms."""
    is_member = author.kind == Author.Kind.MEMBER
    return is_member and author.user is not None and author.user.is_active


def can_manage(author: Author, room: Room) -> bool:
    """Rename, describe, archive, delete, add and remove. A direct room is nobody's to manage."""
    if room.is_direct or not can_read(author, room):
        return False
    return author.is_staff or role_in(author, room) == Membership.Role.MANAGER


def is_member(author: Author, room: Room) -> bool:
    return role_in(author, room) is not None


def role_in(author: Author, room: Room) -> str | None:
    memberships = Membership.objects.filter(author=author, room=room)
    return memberships.values_list("role", flat=True).first()
