"""What hangs on one message: who reacted, what it said before."""

from typing import NamedTuple

from hallway.models import Author, Message, Revision


class Reactors(NamedTuple):
    emoji: str
    total: int
    authors: list[Author]


def reactions_of(message: Message) -> list[Reactors]:
    """Each emoji with the first of those who reacted so, by name. One statement."""
    wanted = {pk for one in message.reaction_summary for pk in one["authors"]}
    people = Author.objects.in_bulk(wanted)
    return [
        Reactors(one["emoji"], one["count"], [people[pk] for pk in one["authors"] if pk in people])
        for one in message.reaction_summary
    ]


def revisions_of(message: Message) -> list[Revision]:
    """Its earlier texts, oldest first. One statement."""
    return list(message.revisions.order_by("id"))
