"""Finding rooms, people and messages as one author may see them."""

from hallway import access
from hallway.errors import AuthorNotFound, MessageNotFound, RoomNotFound
from hallway.models import Author, Membership, Message, ReadState, Room
from hallway.prepared import Param, Prepared

_readable_rooms = Prepared(lambda: Room.objects.readable_by(Param("author")))
_readable_room = Prepared(
    lambda: Room.objects.readable_by(Param("author")).filter(slug=Param("slug"))
)


def rooms_of(author: Author) -> list[Room]:
    """Every room this author may read, in the order they were opened."""
    return access.admitted(author, _readable_rooms.models(author=author.pk))


def room_for(author: Author, slug: str) -> Room:
    """The room at this address. Unknown and forbidden look the same: `RoomNotFound`."""
    # PostgreSQL has no such character and refuses to be asked for it.
    room = None if "\0" in slug else _readable_room.first(author=author.pk, slug=slug)
    if room is None or not access.admits(author, room):
        raise RoomNotFound
    return room


def members_of(room: Room) -> list[Membership]:
    """Who belongs to a room, managers first, then by name. One statement."""
    memberships = room.memberships.select_related("author").order_by("role", "author__name_key")
    return list(memberships)


def readers_of(room: Room) -> list[tuple[Author, int]]:
    """How far its members have read, where the room shows it: of those who don't hide it."""
    if not access.shows_readers(room):
        return []
    states = ReadState.objects.filter(
        room=room, author__memberships__room=room, author__hides_reading=False, last_read_id__gt=0
    )
    found = states.select_related("author").order_by("author__name_key")
    return [(state.author, state.last_read_id) for state in found]


def members_named(room: Room, like: str, *, limit: int) -> list[Author]:
    """Those of a room whose name, or a word of it, begins so; who spoke last comes first."""
    people = Author.objects.active().filter(memberships__room=room).beginning_with(like)
    return list(people.order_by("-last_seen_at", "pk")[:limit])


def author_for(author_id: int) -> Author:
    """Somebody by their id, gone or not, or `AuthorNotFound`."""
    author = Author.objects.filter(pk=author_id).first()
    if author is None:
        raise AuthorNotFound
    return author


def people_named(like: str, *, besides: Author, limit: int) -> list[Author]:
    """Those present whose name begins so, or has a word that does; those seen last come first."""
    people = Author.objects.active().exclude(pk=besides.pk).beginning_with(like)
    return list(people.order_by("-last_seen_at", "pk")[:limit])


def names_in_use() -> set[str]:
    """The keys of the names that nobody else can take."""
    return set(Author.objects.present().values_list("name_key", flat=True))


def message_for(author: Author, message_id: int) -> Message:
    """One message in a room this author may read, or `MessageNotFound`."""
    message = (
        Message.objects.select_related("room", "author", "reply_to__author")
        .filter(pk=message_id, deleted_at=None, room__in=Room.objects.readable_by(author))
        .first()
    )
    if message is None or not access.admits(author, message.room):
        raise MessageNotFound
    return message
