"""Who is called by name in a message."""

from collections.abc import Collection, Mapping

from hallway import text
from hallway.models import Author, Mention, Message, Room
from hallway.text import Mentionable


def names_in(source: str) -> Mapping[str, Collection[str]]:
    """What may be names behind an @, as they are compared, each with how it was typed."""
    return text.candidates(source) if "@" in source else {}


def mentionable(room: Room, names: Mapping[str, Collection[str]]) -> Mentionable:
    """The people meant by these names, among those who may read the room. One statement at most."""
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
