"""The rooms of one author with what each holds for them: what the sidebar shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from hallway import access
from hallway.driver import DATABASE
from hallway.errors import RoomNotFound
from hallway.models import (
    MOST_UNREAD,
    Author,
    Membership,
    Mention,
    Message,
    Room,
    mentions_of,
    with_reading,
)
from hallway.prepared import Param, Prepared

ICONS: dict[str, str] = {Room.Kind.PRIVATE: "lock", Room.Kind.DIRECT: "person"}


@dataclass
class Door:
    """A room as one author meets it. A direct room goes by the names of its other people."""

    room: Room
    # None for who may read an open room and does not belong to it.
    role: str | None
    level: str
    # The newest message (id) the author has read, and the newest there is; 0 for none.
    read_up_to: int
    newest: int
    # Counted up to `MOST_UNREAD`; the author's own messages are no news.
    unread: int
    # Those among them that name the author.
    mentions: int
    people: list[Author]
    # Whether it is the room that the page shows.
    is_here: bool = False

    @property
    def looks(self) -> tuple[str | int | bool | None, ...]:
        """All that it is drawn from: doors of the same looks are drawn once."""
        room = self.room
        drawn_from = (room.slug, room.name, room.kind, room.is_archived, self.people_ids)
        return (*drawn_from, self.role, self.level, self.unread, self.mentions, self.is_here)

    @property
    def is_joined(self) -> bool:
        return self.role is not None

    @property
    def has_news(self) -> bool:
        """Whether the unread are worth a word to this author; `js/lib/doors.js` says the same."""
        is_loud = self.level == Membership.Level.EVERYTHING and self.unread > 0
        return is_loud or self.is_called

    @property
    def is_called(self) -> bool:
        """Whether somebody named the author there, and they want to know."""
        return self.mentions > 0 and self.level != Membership.Level.NOTHING

    @property
    def count(self) -> str:
        return "99+" if self.unread >= MOST_UNREAD else str(self.unread)

    def closed_to(self, author: Author) -> str:
        """The code of why this author reads here and does not write; blank where they may write."""
        closed = access.closed_to(
            author.is_admin or self.role == Membership.Role.MANAGER,
            posting=self.room.posting,
            is_archived=self.room.is_archived,
        )
        return closed.code if closed else ""

    @property
    def icon(self) -> str:
        return ICONS.get(self.room.kind, "door")

    @property
    def people_ids(self) -> str:
        return " ".join(str(person.pk) for person in self.people)


def doors_of(author: Author) -> list[Door]:
    """Every room this author may read: first rooms, in the order they were opened, then direct
    ones by latest activity. At most three statements, whatever their number."""
    found = [_door(row) for row in _doors.rows(author=author.pk, came_after=author.came_after)]
    allowed = {room.pk for room in access.admitted(author, (door.room for door in found))}
    doors = [door for door in found if door.room.pk in allowed]
    directs = {door.room.pk: door for door in doors if door.room.is_direct}
    if directs:
        for room_id, *row in _people.rows(author=author.pk):
            if room_id in directs:
                directs[room_id].people.append(Author.from_db(DATABASE, PERSON, row))
    for door in directs.values():
        others = [person.name for person in door.people if person.pk != author.pk]
        # Whom nobody is left to talk to has a room named after who was there.
        door.room.name = ", ".join(others) or door.room.name
    unread = {door.room.pk: door for door in doors if door.unread}
    if unread:  # a mention that counts is one of them
        for room_id, message_id in _mentions.rows(author=author.pk):
            if room_id in unread and message_id > unread[room_id].read_up_to:
                unread[room_id].mentions += 1
    rooms = [door for door in doors if not door.room.is_direct]
    latest = sorted(directs.values(), key=lambda door: (door.newest, door.room.pk), reverse=True)
    return rooms + latest


def door_to(doors: Iterable[Door], slug: str) -> Door:
    """The one at this address, or `RoomNotFound`. Unknown and forbidden look the same."""
    for door in doors:
        if door.room.slug == slug:
            return door
    raise RoomNotFound


ROOM = tuple(field.attname for field in Room._meta.concrete_fields)
PERSON = ("id", "name", "role", "picture")


def _door(row: tuple[Any, ...]) -> Door:
    room = Room.from_db(DATABASE, ROOM, row[: len(ROOM)])
    role, level, read_up_to, newest, unread = row[len(ROOM) :]
    return Door(
        room=room,
        role=role,
        level=level or Membership.Level.EVERYTHING,
        read_up_to=read_up_to,
        newest=newest or 0,
        unread=unread,
        mentions=0,
        people=[],
    )


def _build_doors() -> Any:
    author = Param("author")
    mine = Membership.objects.filter(author=author, room=OuterRef("pk"))
    newest = Message.objects.filter(room=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rooms = with_reading(Room.objects.readable_by(author), author, Param("came_after"))
    return rooms.order_by("pk").values_list(
        *ROOM,
        Subquery(mine.values("role")),
        Subquery(mine.values("level")),
        "read_up_to",
        Subquery(newest),
        "unread",
    )


_doors: Prepared[Room] = Prepared(_build_doors)
_mentions: Prepared[Mention] = Prepared(lambda: mentions_of(Param("author")))
_people: Prepared[Membership] = Prepared(
    lambda: (
        Membership.objects.filter(
            room__kind=Room.Kind.DIRECT,
            room__in=Membership.objects.filter(author=Param("author")).values("room"),
        )
        .order_by("author_id")
        .values_list("room_id", *(f"author__{field}" for field in PERSON))
    )
)
