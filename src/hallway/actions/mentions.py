"""Who is called by name in a message."""

from collections.abc import Collection

from hallway import text
from hallway.models import Author, Mention, Message, Room
from hallway.text import Mentionable


def mentionable(room: Room, source: str) -> Mentionable:
    """The people meant by the names behind an @, among those who may read the room.

    One statement, and none without an @.
    """
    names = text.candidates(source) if "@" in source else {}
    if not names:
        return {}
    people = Author.objects.present().filter(name_key__in=names)
    if room.kind != Room.Kind.OPEN:
        people = people.filter(memberships__room=room)
    return {typed: pk for pk, key in people.values_list("pk", "name_key") for typed in names[key]}


def record(message: Message, author_ids: Collection[int]) -> None:
    """Keep who is called in this message now; the caller holds the log's lock."""
    message.mentions.exclude(author__in=author_ids).delete()
    Mention.objects.bulk_create(
        (Mention(message=message, author_id=pk) for pk in author_ids), ignore_conflicts=True
    )
