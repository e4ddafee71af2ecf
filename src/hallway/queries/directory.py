"""Finding rooms and messages as one author may see them."""

from collections.abc import Iterable

from hallway.errors import MessageNotFound, RoomNotFound
from hallway.models import Author, Message, Room
from hallway.prepared import Param, Prepared

_readable_rooms = Prepared(lambda: Room.objects.readable_by(Param("author")))
_readable_room = Prepared(
    lambda: Room.objects.readable_by(Param("author")).filter(slug=Param("slug"))
)


def rooms_of(author: Author) -> list[Room]:
    """Every room this author may read, in the order they were opened."""
    return _readable_rooms.models(author=author.pk)


def room_for(author: Author, slug: str) -> Room:
    """The room at this address. Unknown and forbidden look the same: `RoomNotFound`."""
    room = _readable_room.first(author=author.pk, slug=slug)
    if room is None:
        raise RoomNotFound
    return room


def pick_room(readable: Iterable[Room], slug: str) -> Room:
    """The room at this address among those read already, or `RoomNotFound`."""
    for room in readable:
        if room.slug == slug:
            return room
    raise RoomNotFound


def names_in_use() -> set[str]:
    """The keys of the names that nobody else can take."""
    return set(Author.objects.present().values_list("name_key", flat=True))


def message_for(author: Author, message_id: int) -> Message:
    """One message in a room this author may read, or `MessageNotFound`."""
    message = (
        Message.objects.select_related("room", "author")
        .filter(pk=message_id, deleted_at=None, room__in=Room.objects.readable_by(author))
        .first()
    )
    if message is None:
        raise MessageNotFound
    return message
