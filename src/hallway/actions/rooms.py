"""Making rooms, changing and deleting them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from secrets import token_hex
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from hallway import access, conf
from hallway.errors import (
    AuthorNotFound,
    DirectStays,
    GuestsStayInOpenRooms,
    InvalidDescription,
    InvalidParameters,
    InvalidRoomName,
    NotAllowed,
    RoomIsArchived,
    RoomIsNeeded,
    SiteDecides,
    TooManyRooms,
)
from hallway.events import log
from hallway.events.kinds import Kind, MemberJoined, RoomChanged, RoomCreated, RoomDeleted
from hallway.models import (
    DESCRIPTION_LENGTH,
    DIRECT_PEOPLE,
    ROOM_NAME_LENGTH,
    SLOWEST,
    Act,
    Author,
    Membership,
    Message,
    ReadState,
    Room,
    direct_key,
)
from hallway.text import clean_line

from . import audit, search_entries
from .members import let_in, managed, present, take_out

# Rooms one author may open in such a time: everybody's sidebar has to bear them.
ROOMS_AT_ONCE = 30
ROOMS_WINDOW = timedelta(hours=1)
# Messages of a deleted room that go in one transaction, and how many of those while one waits.
PURGE_AT_ONCE = 500
PURGE_ROUNDS = 20


def create_room(
    creator: Author,
    name: str,
    *,
    slug: str = "",
    kind: str = Room.Kind.OPEN,
    description: str = "",
) -> Room:
    """Open a new room that everybody sees, or a private one; its creator manages it.

    Its address comes from the name unless given.
    """
    name, description = clean_room_name(name), clean_description(description)
    if kind == Room.Kind.DIRECT:
        raise InvalidParameters
    with log.write():
        creator = present(creator)
        if not access.can_create_rooms(creator):
            raise NotAllowed
        _check_rate(creator)
        room = Room.objects.create(
            name=name,
            slug=slug or _free_slug(name, kind),
            kind=kind,
            description=description,
            created_by=creator,
        )
        role = Membership.Role.MANAGER
        Membership.objects.create(room=room, author=creator, role=role)
        # Each event reaches those who may see the room when it is passed: a private one is its
        # creator's from `member.joined` on, an open one everybody's from `room.created` on.
        told: list[Kind] = [RoomCreated(room), MemberJoined(room, creator, role)]
        for event in told if kind == Room.Kind.OPEN else reversed(told):
            log.append(event, room=room)
    return room


def start_direct(starter: Author, others: Iterable[Author]) -> tuple[Room, bool]:
    """The direct room of these people; also whether it is new. The same people have one.

    Writers take turns, so two who ask at once find the same; `Room.direct_key` makes sure of it.
    """
    with log.write():
        starter = present(starter)
        ids = {starter.pk, *(other.pk for other in others)}
        if not 1 < len(ids) <= DIRECT_PEOPLE:
            raise InvalidParameters
        people = list(Author.objects.active().filter(pk__in=ids).order_by("pk"))
        if len(people) != len(ids):
            raise AuthorNotFound
        if any(person.is_guest for person in people):
            raise GuestsStayInOpenRooms
        room = Room.objects.filter(direct_key=direct_key(ids)).first()
        if room is not None:
            _take_up(room, people)
            return room, False
        _check_rate(starter)
        room = Room.objects.create(
            slug=f"direct-{token_hex(6)}",
            kind=Room.Kind.DIRECT,
            direct_key=direct_key(ids),
            created_by=starter,
        )
        for person in people:
            Membership.objects.create(room=room, author=person)
            ReadState.objects.create(room=room, author=person)
            log.append(MemberJoined(room, person), room=room)
        log.append(RoomCreated(room, people), room=room)
    return room, True


def _take_up(room: Room, people: Iterable[Author]) -> None:
    """Who was taken out of a conversation while they were a guest is back in it."""
    came = [person for person in people if let_in(person, room)]
    if came:
        room.name, room.archived_at = "", None
        room.save(update_fields=["name", "archived_at"])
        log.append(RoomChanged(room, list(people)), room=room)


def change_room(
    editor: Author,
    room: Room,
    *,
    name: str | None = None,
    description: str | None = None,
    kind: str | None = None,
    posting: str | None = None,
    archived: bool | None = None,
    slow_mode: int | None = None,
    shows_readers: bool | None = None,
) -> Room:
    """Rename, describe, open or close, archive or bring back; None leaves a thing as it is."""
    wanted = {
        "name": None if name is None else clean_room_name(name),
        "description": None if description is None else clean_description(description),
        "kind": kind,
        "posting": posting,
        "slow_mode": slow_mode,
        "shows_readers": shows_readers,
    }
    if slow_mode is not None and not 0 <= slow_mode <= SLOWEST:
        raise InvalidParameters
    with log.write():
        room = managed(editor, room)
        _check_change(room, kind=kind, archived=archived)
        changed = {
            field: value
            for field, value in wanted.items()
            if value is not None and value != getattr(room, field)
        }
        if room.is_archived and archived is not False and changed:
            raise RoomIsArchived
        if changed.get("kind") == Room.Kind.PRIVATE:
            _see_guests_out(editor, room)
        if archived is not None and archived != room.is_archived:
            changed["archived_at"] = timezone.now() if archived else None  # type: ignore[assignment]
        if changed.get("kind") == Room.Kind.PRIVATE:
            # First and alone: whoever loses the room by it must not be told its new name too.
            _change(room, {"kind": changed.pop("kind")})
        if changed:
            _change(room, changed)
        if "slow_mode" in changed:
            audit.note(Act.Kind.ROOM_SLOWED, present(editor), room=room, detail=f"{slow_mode} s")
    return room


def _check_change(room: Room, *, kind: str | None, archived: bool | None) -> None:
    if Room.Kind.DIRECT in (kind, room.kind):
        raise DirectStays
    if room.object_key is not None and kind not in (None, room.kind):
        raise SiteDecides
    if (kind == Room.Kind.PRIVATE or archived) and _is_needed(room):
        raise RoomIsNeeded


def _see_guests_out(editor: Author, room: Room) -> None:
    """A room that closes is no place for guests any more."""
    if editor.is_guest:
        raise GuestsStayInOpenRooms
    for guest in Author.objects.filter(memberships__room=room, role=Author.Role.GUEST):
        take_out(guest, room)


def _change(room: Room, fields: Mapping[str, Any]) -> None:
    for field, value in fields.items():
        setattr(room, field, value)
    room.save(update_fields=list(fields))
    if "kind" in fields:
        search_entries.move(room)
    log.append(RoomChanged(room), room=room)


def delete_room(editor: Author, room: Room) -> None:
    """Delete a room and all that was said there: at once for everybody, then from the disk."""
    with log.write():
        room = managed(editor, room)
        if _is_needed(room):
            raise RoomIsNeeded
        log.append(RoomDeleted(room), room=room)
        # A private room's name is told to nobody outside, not even afterwards.
        name = room.name if room.kind == Room.Kind.OPEN else ""
        audit.note(Act.Kind.ROOM_DELETED, present(editor), detail=name)
        ReadState.objects.filter(room=room).delete()
        room.memberships.all().delete()
        room.kind, room.deleted_at = Room.Kind.PRIVATE, timezone.now()
        room.object_key = None
        room.slug, room.name, room.description = f"deleted-{room.pk}-{token_hex(4)}", "", ""
        room.save()
    purge_deleted(rounds=PURGE_ROUNDS)


def purge_deleted(*, rounds: int | None = None) -> int:
    """Take the messages of deleted rooms off the disk, a piece at a time so that others may write
    in between; how many. What a delete leaves over, the hourly housekeeping takes up."""
    purged = 0
    while rounds is None or rounds > 0:
        rounds = None if rounds is None else rounds - 1
        with log.write():
            room = Room.objects.filter(deleted_at__isnull=False).first()
            if room is None:
                return purged
            ids = list(room.messages.values_list("pk", flat=True)[:PURGE_AT_ONCE])
            log.forget_all(ids)
            Message.objects.filter(pk__in=ids).delete()
            purged += len(ids)
            if len(ids) < PURGE_AT_ONCE:
                room.delete()
    return purged


def clean_room_name(name: str) -> str:
    """A room's name as it is kept and shown. Raises `InvalidRoomName` with the reason."""
    return clean_line(name, limit=ROOM_NAME_LENGTH, error=InvalidRoomName)


def clean_description(description: str) -> str:
    """What a room says of itself, or nothing. Raises `InvalidDescription` with the reason."""
    if not description.strip():
        return ""
    return clean_line(description, limit=DESCRIPTION_LENGTH, error=InvalidDescription)


def _is_needed(room: Room) -> bool:
    return room.slug == conf.get().DEFAULT_ROOM


def _check_rate(creator: Author) -> None:
    since = timezone.now() - ROOMS_WINDOW
    if conf.get().POST_RATE and (
        creator.rooms_created.filter(created_at__gt=since).count() >= ROOMS_AT_ONCE
    ):
        raise TooManyRooms(retry_after=60)


def _free_slug(name: str, kind: str) -> str:
    """The name as an address. A private room's says nothing: who tries addresses must not learn
    from a number behind their own room's which others there are."""
    slug = slugify(name)[:50].strip("-") or "room"
    if kind != Room.Kind.OPEN or slug == "room" or Room.objects.filter(slug=slug).exists():
        return f"{slug}-{token_hex(4)}"
    return slug
