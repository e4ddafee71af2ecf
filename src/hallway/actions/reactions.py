"""Reactions to a message, and pins."""

from django.utils import timezone

from hallway import access, text
from hallway.errors import MessageNotFound, NotAllowed, TooManyEmoji, TooManyPins
from hallway.events import log
from hallway.events.kinds import MessagePinned, MessageUnpinned, ReactionAdded, ReactionRemoved
from hallway.models import Author, Message, Reaction

from .members import present
from .messages import locked

# Different emoji on one message: more is a wall, not an answer.
MOST_EMOJI = 20
# Of those who reacted with one emoji so many are named in the summary, the first ones.
MOST_NAMED = 50
MOST_PINS = 50


def add_reaction(author: Author, message: Message, emoji: str) -> Message:
    """React with one emoji; a second time changes nothing."""
    emoji = text.clean_emoji(emoji)
    with log.write():
        author, message = _may_react(author, message)
        _, is_new = Reaction.objects.get_or_create(message=message, author=author, emoji=emoji)
        if is_new:
            message.reaction_summary = _with(message, author, emoji)
            _draw_anew(message, "reaction_summary")
            log.append(ReactionAdded(message, emoji, author), room=message.room)
    return message


def remove_reaction(author: Author, message: Message, emoji: str) -> Message:
    """Take a reaction of one's own back; one that is not there changes nothing."""
    emoji = text.clean_emoji(emoji)
    with log.write():
        author, message = _may_react(author, message)
        mine = Reaction.objects.filter(message=message, author=author, emoji=emoji)
        if mine.delete()[0]:
            message.reaction_summary = _without(message, author, emoji)
            _draw_anew(message, "reaction_summary")
            log.append(ReactionRemoved(message, emoji, author), room=message.room)
    return message


def pin_message(actor: Author, message: Message) -> Message:
    """Put a message among those at the head of its room."""
    with log.write():
        message = _may_pin(actor, message)
        if message.pinned_at is None:
            if message.room.messages.filter(pinned_at__isnull=False).count() >= MOST_PINS:
                raise TooManyPins
            message.pinned_at = timezone.now()
            _draw_anew(message, "pinned_at")
            log.append(MessagePinned(message), room=message.room)
    return message


def unpin_message(actor: Author, message: Message) -> Message:
    with log.write():
        message = _may_pin(actor, message)
        if message.pinned_at is not None:
            message.pinned_at = None
            _draw_anew(message, "pinned_at")
            log.append(MessageUnpinned(message), room=message.room)
    return message


def _may_react(author: Author, message: Message) -> tuple[Author, Message]:
    author, message = present(author), locked(message)
    if not access.can_read(author, message.room):
        raise MessageNotFound
    if not access.can_react(author, message):
        raise NotAllowed
    return author, message


def _may_pin(actor: Author, message: Message) -> Message:
    actor, message = present(actor), locked(message)
    if not access.can_read(actor, message.room):
        raise MessageNotFound
    if not access.can_pin(actor, message):
        raise NotAllowed
    return message


def _draw_anew(message: Message, field: str) -> None:
    message.version += 1
    message.save(update_fields=["version", field])


def _with(message: Message, author: Author, emoji: str) -> list[dict[str, object]]:
    """Screens do the same with what the event tells: see `js/lib/reactions.js`."""
    summary = [dict(one) for one in message.reaction_summary]
    found = next((one for one in summary if one["emoji"] == emoji), None)
    if found is None:
        if len(summary) >= MOST_EMOJI:
            raise TooManyEmoji
        return [*summary, {"emoji": emoji, "count": 1, "authors": [author.pk]}]
    found["count"] += 1
    if len(found["authors"]) < MOST_NAMED:
        found["authors"] = [*found["authors"], author.pk]
    return summary


def _without(message: Message, author: Author, emoji: str) -> list[dict[str, object]]:
    summary = [dict(one) for one in message.reaction_summary]
    for one in summary:
        if one["emoji"] == emoji:
            one["count"] -= 1
            one["authors"] = [pk for pk in one["authors"] if pk != author.pk]
    return [one for one in summary if one["count"] > 0]
