"""Who belongs to a room: joining and leaving, adding and removing, and as what."""

from django.utils import timezone

from hallway import access
from hallway.errors import (
    AuthorNotFound,
    DirectStays,
    GuestsStayInOpenRooms,
    NotAllowed,
    NotSignedIn,
    RoomNotFound,
    SiteDecides,
)
from hallway.events import log
from hallway.events.kinds import (
    LevelChanged,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    RoomChanged,
    RoomCreated,
)
from hallway.models import Author, Membership, ReadState, Room, newest_message


def join_room(author: Author, room: Room) -> bool:
    """Become a member of an open room; whether that is new."""
    with log.write():
        author = present(author)
        room = readable(author, room)
        return _take_in(author, room)


def leave_room(author: Author, room: Room) -> bool:
    """Stop being a member; whether the author was one. Direct rooms are not left."""
    with log.write():
        if room.is_direct:
            raise DirectStays
        return take_out(author, room)


def add_member(editor: Author, room: Room, author: Author) -> bool:
    """Let somebody in; whether that is new. For who manages the room."""
    with log.write():
        room = _peopled(managed(editor, room))
        return let_in(_somebody(author), room)


def remove_member(editor: Author, room: Room, author: Author) -> bool:
    """Take somebody out, at once on every screen; whether they were in. For who manages it."""
    with log.write():
        return take_out(author, _peopled(managed(editor, room)))


def change_role(editor: Author, room: Room, author: Author, role: str) -> None:
    """Let a member manage the room, or no longer. For who manages it."""
    with log.write():
        room = _peopled(managed(editor, room))
        membership = room.memberships.filter(author=author).first()
        if membership is None:
            raise AuthorNotFound
        if membership.role != role:
            membership.role = role
            membership.save(update_fields=["role"])
            log.append(MemberChanged(room, author, role), room=room)
            hand_over(room)


def change_level(author: Author, room: Room, level: str) -> None:
    """Choose what to be told of a room; the author's other screens follow."""
    with log.write():
        membership = Membership.objects.filter(room=room, author=author).first()
        if membership is None:
            raise RoomNotFound
        if membership.level != level:
            membership.level = level
            membership.save(update_fields=["level"])
            log.append(LevelChanged(room, level), room=room, author=author)


# --- what other actions use, inside their own transaction -----------------------------------------


def let_in(author: Author, room: Room, *, role: str = Membership.Role.MEMBER) -> bool:
    """Make somebody a member of a room that they may not have known of; whether that is new.

    What was said before is no news to them.
    """
    if not access.can_belong_to(author, room):
        raise GuestsStayInOpenRooms
    if not _take_in(author, room, role=role):
        return False
    if room.kind != Room.Kind.OPEN:
        ReadState.objects.update_or_create(
            author=author, room=room, defaults={"last_read_id": newest_message(room)}
        )
        log.append(RoomCreated(room), room=room, author=author)
    return True


def take_out(author: Author, room: Room) -> bool:
    """End a membership, and with it the right to read a room that is not open."""
    gone, _ = Membership.objects.filter(room=room, author=author).delete()
    if not gone:
        return False
    if room.kind != Room.Kind.OPEN:
        ReadState.objects.filter(room=room, author=author).delete()
    log.append(MemberLeft(room, author), room=room)
    hand_over(room)
    return True


def take_out_of_closed(author: Author) -> None:
    """Whoever became a guest belongs to open rooms only; on open streams too, from here on."""
    for room in Room.objects.filter(memberships__author=author):
        if access.can_belong_to(author, room):
            continue
        if room.kind == Room.Kind.DIRECT:
            _end_direct(author, room)
        else:
            take_out(author, room)


def _end_direct(author: Author, room: Room) -> None:
    """Take somebody out of a conversation. Whoever stays alone keeps what was said to read."""
    room.memberships.filter(author=author).delete()
    ReadState.objects.filter(room=room, author=author).delete()
    log.append(MemberLeft(room, author), room=room)
    others = list(Author.objects.filter(memberships__room=room).order_by("pk"))
    if len(others) == 1:
        room.name, room.archived_at = author.name, timezone.now()
        room.save(update_fields=["name", "archived_at"])
        log.append(RoomChanged(room, others), room=room)


def present(author: Author) -> Author:
    """The author as the database knows them now, locked.

    Who has left meanwhile, or was switched off, is refused.
    """
    found = Author.objects.active().select_related("user").filter(pk=author.pk).first()
    if found is None:
        raise NotSignedIn
    return found


def readable(author: Author, room: Room) -> Room:
    """The room as the database knows it now, if this author may read it."""
    found = Room.objects.readable_by(author).filter(pk=room.pk).first()
    if found is None or not access.admits(author, found):
        raise RoomNotFound
    return found


def managed(editor: Author, room: Room) -> Room:
    """The room as the database knows it now, if this author manages it."""
    editor = present(editor)
    room = readable(editor, room)
    if not access.can_manage(editor, room):
        raise NotAllowed
    return room


def _take_in(author: Author, room: Room, *, role: str = Membership.Role.MEMBER) -> bool:
    _, is_new = Membership.objects.get_or_create(room=room, author=author, defaults={"role": role})
    if is_new:
        log.append(MemberJoined(room, author, role), room=room)
    return is_new


def hand_over(room: Room) -> None:
    """A room without a manager is the longest member's: somebody has to be able to close it."""
    active = room.memberships.filter(author__in=Author.objects.active())
    if room.is_direct or active.filter(role=Membership.Role.MANAGER).exists():
        return
    if room.created_by_id is None:
        return  # the room everybody starts in was nobody's from the beginning
    heir = (
        active.exclude(author__role=Author.Role.GUEST)
        .select_related("author")
        .order_by("joined_at", "pk")
        .first()
    )
    if heir is not None:
        heir.role = Membership.Role.MANAGER
        heir.save(update_fields=["role"])
        log.append(MemberChanged(room, heir.author, heir.role), room=room)


def _peopled(room: Room) -> Room:
    """A room whose people are chosen here."""
    if room.object_key is not None:
        raise SiteDecides
    return room


def _somebody(author: Author) -> Author:
    found = Author.objects.active().filter(pk=author.pk).first()
    if found is None:
        raise AuthorNotFound
    return found
