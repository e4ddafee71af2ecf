"""The log: one row for every change that another screen must see.

Only `hallway.events.log` touches these rows.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One change. Whoever may read `room` sees it; without a room, only `author` does.

    Plain numbers instead of foreign keys: the log outlives what it tells about, and a check for
    each of them would be paid at every post.
    """

    kind = models.CharField(max_length=32)
    room_id = models.BigIntegerField(null=True)
    author_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    payload = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["created_at"], name="hallway_event_age"),
            # Deleted or edited text leaves the log at once: this finds it.
            models.Index(
                fields=["message_id"],
                name="hallway_event_message",
                condition=models.Q(message_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"


class ConsumerState(models.Model):
    """How far a reader of the log outside of Hallway has come: see `hallway.consumers`."""

    name = models.CharField(max_length=100, unique=True)
    epoch = models.CharField(max_length=16)
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class LogState(models.Model):
    """The log's one row about itself."""

    # Random, made with the database: a cursor of another database is told apart by it.
    epoch = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("state of the log")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="hallway_log_state_single"),
        ]

    def __str__(self) -> str:
        return self.epoch
