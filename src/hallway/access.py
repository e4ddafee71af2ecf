"""Who may do what: one small function per question. Actions ask; nothing here writes."""

from collections.abc import Iterable
from typing import NamedTuple

from hallway import objects
from hallway.errors import HallwayError, NotSignedIn, OnlyManagersPost, RoomIsArchived, RoomNotFound
from hallway.models import Author, Membership, Message, Room

# In larger rooms who has read a message says nothing, and each reading is told to everybody.
MOST_READERS = 20


def can_read(author: Author, room: Room) -> bool:
    """Open rooms are everybody's; the others belong to their members."""
    return (room.kind == Room.Kind.OPEN or is_member(author, room)) and admits(author, room)


def admits(author: Author, room: Room) -> bool:
    """Whether the host project lets them see what this room belongs to; true for other rooms.

    A membership alone is not enough: it is how the log knows of a right that may have ended
    without a word. Bots are where the project itself has put them.
    """
    return room.object_key is None or bool(admitted(author, [room]))


def admitted(author: Author, rooms: Iterable[Room]) -> list[Room]:
    """Those of these rooms that the host project does not keep from them."""
    rooms = list(rooms)
    keys = {room.object_key for room in rooms if room.object_key is not None}
    if not keys or author.role == Author.Role.BOT:
        return rooms
    allowed = objects.admitted(author.user, keys)
    return [room for room in rooms if room.object_key is None or room.object_key in allowed]


class Standing(NamedTuple):
    """How an author stands to a room, as read with one statement inside the transaction."""

    is_present: bool
    # None for who is no member.
    role: str | None
    room_kind: str
    posting: str
    is_archived: bool
    object_key: str | None
    # Whether they run the place.
    is_admin: bool

    @property
    def is_member(self) -> bool:
        return self.role is not None

    @property
    def is_manager(self) -> bool:
        return self.role == Membership.Role.MANAGER or self.is_admin

    def refusal(self, author: Author) -> HallwayError | None:
        """Why this author may not post; None if they may."""
        if not self.is_present:
            return NotSignedIn()
        if not self.is_member and self.room_kind != Room.Kind.OPEN:
            return RoomNotFound()
        if self.object_key is not None and not admits(author, Room(object_key=self.object_key)):
            return RoomNotFound()
        return closed_to(self.is_manager, posting=self.posting, is_archived=self.is_archived)


def closed_to(
    is_manager: bool, *, posting: str, is_archived: bool
) -> RoomIsArchived | OnlyManagersPost | None:
    """Why somebody who may come in only reads there; None where they may write."""
    if is_archived:
        return RoomIsArchived()
    return OnlyManagersPost() if posting == Room.Posting.MANAGERS and not is_manager else None


def can_post(author: Author, room: Room) -> bool:
    standing = Standing(
        author.is_active,
        role_in(author, room),
        room.kind,
        room.posting,
        room.is_archived,
        room.object_key,
        author.is_admin,
    )
    return standing.refusal(author) is None


def can_edit(author: Author, message: Message) -> bool:
    return message.author_id == author.pk and can_post(author, message.room)


def can_delete(author: Author, message: Message) -> bool:
    """One's own words; and whoever manages the room, those of the others."""
    return can_edit(author, message) or (author.is_active and can_manage(author, message.room))


def can_report(author: Author, message: Message) -> bool:
    return author.is_active and message.author_id != author.pk and can_read(author, message.room)


def can_moderate(author: Author) -> bool:
    """See what was reported and what was done, take away what was reported, ban people."""
    return author.is_active and author.is_admin


def can_react(author: Author, message: Message) -> bool:
    """Whoever may read, in announcements too; nothing changes in an archived room."""
    return author.is_active and not message.room.is_archived and can_read(author, message.room)


def can_pin(author: Author, message: Message) -> bool:
    """Those who manage the room; in a direct room everybody in it."""
    room = message.room
    if not author.is_active or room.is_archived:
        return False
    return is_member(author, room) if room.is_direct else can_manage(author, room)


def can_invite(author: Author) -> bool:
    return author.is_active and author.is_admin


def can_see_people(author: Author) -> bool:
    """The list of everybody with their state; those who run the place need it."""
    return author.is_active and author.is_admin


def can_see_presence(reader: Author, author: Author) -> bool:
    """Whether somebody is here, and when they were last: for who may read a room they belong to.

    Those who run the place see it in their list of everybody.
    """
    if reader.pk == author.pk or can_see_people(reader):
        return True
    shared = Room.objects.readable_by(reader).filter(memberships__author=author)
    return bool(admitted(reader, shared))


def can_write_to(author: Author, other: Author) -> bool:
    """Whether these two may have a direct room."""
    people = (author, other)
    return author.pk != other.pk and all(
        one.is_active and one.kind == Author.Role.MEMBER for one in people
    )


def can_belong_to(author: Author, room: Room) -> bool:
    """Guests use open rooms only, and those of objects that the host project lets them into."""
    return room.kind == Room.Kind.OPEN or room.object_key is not None or not author.is_guest


def can_give_role(actor: Author, author: Author, role: Author.Role) -> bool:
    """Owners give every role that accounts have; admins those below owner, to those below owner.

    Somebody with an account may be held to what guests may; a guest without one becomes a member
    by an invitation. Nobody becomes a bot.
    """
    accounts = {Author.Role.OWNER, Author.Role.ADMIN, Author.Role.MEMBER}
    if author.user_id is not None:
        accounts.add(Author.Role.GUEST)
    if not actor.is_active or role not in accounts or author.role not in accounts:
        return False
    if actor.is_owner:
        return True
    return actor.is_admin and Author.Role.OWNER not in (role, author.role)


def can_deactivate(actor: Author, author: Author) -> bool:
    """Owners everybody, admins everybody but owners; nobody oneself."""
    if not actor.is_active or actor.pk == author.pk:
        return False
    return actor.is_owner or (actor.is_admin and not author.is_owner)


def can_ban(actor: Author, author: Author) -> bool:
    """Whom they may switch off, but no owner: take their role away first."""
    return not author.is_owner and can_deactivate(actor, author)


def can_create_rooms(author: Author) -> bool:
    """Whoever has an account here. Guests come and go, and bots don't found rooms."""
    is_member = author.kind == Author.Role.MEMBER
    return is_member and author.user is not None and author.user.is_active


def can_manage(author: Author, room: Room) -> bool:
    """Rename, describe, archive, delete, add and remove. A direct room is nobody's to manage."""
    if room.is_direct or not can_read(author, room):
        return False
    return author.is_admin or role_in(author, room) == Membership.Role.MANAGER


def shows_readers(room: Room) -> bool:
    """Whether its members see how far the others have read: where it is wanted, and among few."""
    return room.tells_readers and room.memberships.count() <= MOST_READERS


def is_member(author: Author, room: Room) -> bool:
    return role_in(author, room) is not None


def role_in(author: Author, room: Room) -> str | None:
    memberships = Membership.objects.filter(author=author, room=room)
    return memberships.values_list("role", flat=True).first()
