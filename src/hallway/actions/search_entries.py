"""Keeping what messages are found by. Called inside the transaction that changes the message."""

from django.db.models import Value
from django.db.models.functions import Concat, Replace, Substr

from hallway import text
from hallway.models import Message, Room, SearchEntry
from hallway.models.search import scope_of
from hallway.prepared import store


def add(message: Message, *, room_kind: str) -> None:
    """Let a new message be found. One statement; the kind is the room's in this transaction."""
    store(SearchEntry, message_id=message.pk, words=_words(message, room_kind))


def replace(message: Message) -> None:
    """Let the message be found by its new text, and by the old no more."""
    entry = SearchEntry.objects.filter(message=message)
    entry.update(words=_words(message, message.room.kind))


def forget(message: Message) -> None:
    """Let the message be found no more."""
    SearchEntry.objects.filter(message=message).delete()


def move(room: Room) -> None:
    """The room's kind has changed, and with it who may find its messages.

    One statement, whatever the room holds: every word has its scope after a blank, or first.
    """
    new = scope_of(room.pk, room.kind)
    old = room.pk if new == 0 else 0
    SearchEntry.objects.filter(message__room=room).update(
        words=Substr(
            Replace(Concat(Value(" "), "words"), Value(f" {old}"), Value(f" {new}")),
            2,
        )
    )


def _words(message: Message, room_kind: str) -> str:
    scope = scope_of(message.room_id, room_kind)
    return text.search_words(
        message.content,
        scope=scope,
        author=message.author_id,
        room=message.room_id,
        has_link=text.has_link(message.html),
    )
