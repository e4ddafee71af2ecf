"""Keeping what messages are found by. Called inside the transaction that changes the message."""

from hallway import text
from hallway.models import Message, Room, SearchEntry
from hallway.models.search import scope_of
from hallway.prepared import insert

BATCH = 500


def add(message: Message, *, room_kind: str) -> None:
    """Let a new message be found. One statement; the kind is the room's in this transaction."""
    insert(SearchEntry(message=message, words=_words(message, room_kind)))


def replace(message: Message) -> None:
    """Let the message be found by its new text, and by the old no more."""
    entry = SearchEntry.objects.filter(message=message)
    entry.update(words=_words(message, message.room.kind))


def forget(message: Message) -> None:
    """Let the message be found no more."""
    SearchEntry.objects.filter(message=message).delete()


def move(room: Room) -> None:
    """The room's kind has changed, and with it who may find its messages."""
    entries = SearchEntry.objects.filter(message__room=room).select_related("message")
    for entry in entries.iterator(BATCH):
        entry.words = _words(entry.message, room.kind)
        entry.save(update_fields=["words"])


def _words(message: Message, room_kind: str) -> str:
    scope = scope_of(message.room_id, room_kind)
    return text.search_words(
        message.content,
        scope=scope,
        author=message.author_id,
        room=message.room_id,
        has_link=text.has_link(message.html),
    )
