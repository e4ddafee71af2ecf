"""Who may do what: one small function per question. Actions ask; nothing here writes."""

from hallway.models import Author, Membership, Message, Room


def can_read(author: Author, room: Room) -> bool:
    """Open rooms are everybody's; the others belong to their members."""
    return room.kind == Room.Kind.OPEN or is_member(author, room)


def can_post(author: Author, room: Room) -> bool:
    return not author.has_left and can_read(author, room)


def can_edit(author: Author, message: Message) -> bool:
    return message.author_id == author.pk and can_post(author, message.room)


def can_delete(author: Author, message: Message) -> bool:
    return can_edit(author, message)


def can_create_rooms(author: Author) -> bool:
    return author.is_staff


def is_member(author: Author, room: Room) -> bool:
    return Membership.objects.filter(author=author, room=room).exists()
