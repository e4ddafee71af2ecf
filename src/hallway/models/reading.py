"""How far each has read, and what is left to them."""

from typing import Any

from django.db import models
from django.db.models import Expression, F, IntegerField, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .authors import Author
from .messages import Mention, Message
from .rooms import Room, RoomQuerySet

# Counting stops here: nobody reads "347", and a room left alone for a year costs no more than this.
MOST_UNREAD = 100


class ReadState(models.Model):
    """How far an author has read a room. Also for visitors of an open room who never joined;
    without a row, what was said since the author came (`Author.came_after`) is unread."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="read_states")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="read_states")
    # The newest message read; a number and no key, since the message may be gone.
    last_read_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("read state")
        verbose_name_plural = _("read states")
        constraints = [
            models.UniqueConstraint(fields=["author", "room"], name="hallway_read_state_once"),
        ]

    def __str__(self) -> str:
        return f"{self.author} has read {self.room} up to {self.last_read_id}"


class CountOf(Subquery):
    """How many rows a bounded subquery has: the database stops at the bound."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


def with_reading(
    rooms: RoomQuerySet, author: Author | Expression, came_after: int | Expression
) -> RoomQuerySet:
    """Rooms with `read_up_to`, `unread` (at most `MOST_UNREAD`, own messages left out)."""
    states = ReadState.objects.filter(author=author, room=OuterRef("pk"))
    left: Any = (
        Message.objects.filter(room=OuterRef("pk"), id__gt=OuterRef("read_up_to"), deleted_at=None)
        .exclude(author=author)
        .values("pk")[:MOST_UNREAD]
    )
    read_up_to = Coalesce(Subquery(states.values("last_read_id")), came_after)
    return rooms.annotate(read_up_to=read_up_to).annotate(unread=CountOf(left))


def mentions_of(author: Author | Expression) -> Any:
    """The newest messages of others that name this author, as (room, message) ids."""
    named = Mention.objects.filter(author=author, message__deleted_at=None)
    others = named.exclude(message__author=author).order_by("-message")
    return others.values_list("message__room", "message")[:MOST_UNREAD]


def newest_message(room: Room | None = None) -> int:
    """The newest message (id) of a room, or of all; 0 when there is none."""
    messages = Message.objects.all() if room is None else Message.objects.filter(room=room)
    newest: int | None = messages.aggregate(newest=Max(F("pk")))["newest"]
    return newest or 0
