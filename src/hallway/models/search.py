"""What a message is found by. The database keeps its own index of these rows up to date."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .messages import Message
from .rooms import Room


class SearchEntry(models.Model):
    """The words of one message, separated by blanks, each with its scope in front.

    A scope is what somebody may read or not: all open rooms together, any other room by itself. As
    the scope is part of every word, a search looks at nothing its reader may not see, and takes no
    longer for it. After the scope `x` says a word, and `a7`, `r3`, `l`, `m`: written by author 7,
    in room 3, holds a link, is a message.
    """

    message = models.OneToOneField(
        Message,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="search_entry",
        db_constraint=False,
    )
    words = models.TextField()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")

    def __str__(self) -> str:
        return self.words[:60]


def scope_of(room_id: int, room_kind: str) -> int:
    return 0 if room_kind == Room.Kind.OPEN else room_id
