"""How far somebody has read: shared by all their tabs and devices."""

from typing import Any

from hallway import access
from hallway.errors import MessageNotFound
from hallway.events import log
from hallway.events.kinds import ReaderMoved, RoomRead
from hallway.models import Author, Message, ReadState, Room, mentions_of, with_reading

from .members import present, readable


def mark_read(author: Author, room: Room, message_id: int) -> None:
    """Everything up to this message is read. What was read stays read: an older one changes
    nothing, so two tabs that tell it in the wrong order end where the further one is."""
    with log.write():
        state = _state(author, room, message_id)
        if message_id > state.last_read_id:
            _move(state, message_id)


def mark_unread(author: Author, room: Room, message_id: int) -> None:
    """This message and what follows it are unread again."""
    with log.write():
        state = _state(author, room, message_id)
        if state.last_read_id >= message_id:
            _move(state, message_id - 1)


def _state(author: Author, room: Room, message_id: int) -> ReadState:
    author = present(author)
    room = readable(author, room)
    if not Message.objects.filter(pk=message_id, room=room).exists():
        raise MessageNotFound
    state = ReadState.objects.filter(author=author, room=room).first()
    return state or ReadState(author=author, room=room, last_read_id=author.came_after)


def _move(state: ReadState, up_to: int) -> None:
    state.last_read_id = up_to
    state.save()
    author, room = state.author, state.room
    found: Any = with_reading(Room.objects.filter(pk=room.pk), author, author.came_after).get()
    mentions = sum(
        room_id == room.pk and message_id > up_to for room_id, message_id in mentions_of(author)
    )
    log.append(RoomRead(room, up_to, found.unread, mentions), room=room, author=author)
    tell_moved(state)


def tell_moved(state: ReadState) -> None:
    """To the others of a room that shows it: how far this member has read, 0 where they hide it."""
    if access.shows_readers(state.room) and access.is_member(state.author, state.room):
        up_to = 0 if state.author.hides_reading else state.last_read_id
        log.append(ReaderMoved(state.room, state.author, up_to), room=state.room)
