"""Making rooms, joining and leaving them."""

from secrets import token_hex

from django.utils.text import slugify

from hallway import access
from hallway.errors import InvalidRoomName, NotAllowed, NotSignedIn, RoomNotFound
from hallway.events import log
from hallway.events.kinds import MemberJoined, MemberLeft, RoomCreated
from hallway.models import Author, Membership, Room
from hallway.text import clean_line

ROOM_NAME_LENGTH = 80


def create_room(creator: Author, name: str, *, slug: str = "") -> Room:
    """Open a new room that everybody sees; its address comes from the name unless given."""
    name = clean_room_name(name)
    with log.write():
        if not access.can_create_rooms(creator):
            raise NotAllowed
        room = Room.objects.create(name=name, slug=slug or _free_slug(name))
        Membership.objects.create(room=room, author=creator, role=Membership.Role.MANAGER)
        log.append(RoomCreated(room), room=room)
    return room


def clean_room_name(name: str) -> str:
    """A room's name as it is kept and shown. Raises `InvalidRoomName` with the reason."""
    return clean_line(name, limit=ROOM_NAME_LENGTH, error=InvalidRoomName)


def join_room(author: Author, room: Room) -> bool:
    """Become a member of an open room; whether that is new."""
    with log.write():
        author = present(author)
        if not access.can_read(author, room):
            raise RoomNotFound
        _, is_new = Membership.objects.get_or_create(room=room, author=author)
        if is_new:
            log.append(MemberJoined(room, author), room=room)
    return is_new


def leave_room(author: Author, room: Room) -> bool:
    """Stop being a member; whether the author was one."""
    with log.write():
        gone, _ = Membership.objects.filter(room=room, author=author).delete()
        if gone:
            log.append(MemberLeft(room, author), room=room)
    return bool(gone)


def present(author: Author) -> Author:
    """The author as the database knows them now, locked. Who has left meanwhile is refused."""
    found = Author.objects.present().filter(pk=author.pk).first()
    if found is None:
        raise NotSignedIn
    return found


def _free_slug(name: str) -> str:
    slug = slugify(name)[:50].strip("-") or f"room-{token_hex(3)}"
    if Room.objects.filter(slug=slug).exists():
        return f"{slug}-{token_hex(3)}"
    return slug
