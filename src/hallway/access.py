"""Who may do what: one small function per question. Actions ask; nothing here writes."""

from typing import NamedTuple

from hallway.models import Author, Membership, Message, Room


def can_read(author: Author, room: Room) -> bool:
    """Open rooms are everybody's; the others belong to their members."""
    return room.kind == Room.Kind.OPEN or is_member(author, room)


class Standing(NamedTuple):
    """How an author stands to a room, as read with one statement inside the transaction."""

    is_present: bool
    is_member: bool
    room_kind: str

    @property
    def can_post(self) -> bool:
        return self.is_present and (self.is_member or self.room_kind == Room.Kind.OPEN)


def can_post(author: Author, room: Room) -> bool:
    return Standing(not author.has_left, is_member(author, room), room.kind).can_post


def can_edit(author: Author, message: Message) -> bool:
    return message.author_id == author.pk and can_post(author, message.room)


def can_delete(author: Author, message: Message) -> bool:
    return can_edit(author, message)


def can_create_rooms(author: Author) -> bool:
    return author.is_staff


def is_member(author: Author, room: Room) -> bool:
    return Membership.objects.filter(author=author, room=room).exists()
