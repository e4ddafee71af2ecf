"""Keeping the peace: who is kept out, what was reported, and what was done about it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author
from .messages import Message
from .rooms import Room

REASON_LENGTH = 300


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self, now: datetime | None = None) -> Self:
        at = now or timezone.now()
        return self.filter(Q(until=None) | Q(until__gt=at), lifted_at=None)

    def run_out(self, now: datetime | None = None) -> Self:
        """Over, and nobody has let their people in again."""
        return self.filter(until__lte=now or timezone.now(), lifted_at=None)


class Ban(models.Model):
    """Somebody is kept out: the author, and of a guest the network they came from as well."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="bans")
    # Blank for accounts, and where everybody seems to come from one address: see limits.py.
    network = models.CharField(max_length=39, blank=True, db_index=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        Author, null=True, on_delete=models.SET_NULL, related_name="bans_made"
    )
    # None: until somebody lifts it.
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    objects = BanQuerySet.as_manager()

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        constraints = [
            models.UniqueConstraint(
                fields=["author"], condition=Q(lifted_at=None), name="hallway_ban_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}"


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> Self:
        """Those that nobody has dealt with; what was deleted needs no more."""
        return self.filter(settled_at=None, message__deleted_at=None)

    def waiting(self) -> int:
        """How many messages wait for somebody to look at them."""
        return self.open().values("message").distinct().count()


class Report(models.Model):
    """Somebody thinks that whoever runs the place should look at a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="reports_made")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="hallway_report_once"),
        ]
        indexes = [
            models.Index(
                fields=["message"], condition=Q(settled_at=None), name="hallway_report_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reporter}: {self.reason}"


class Act(models.Model):
    """One line of the audit log: who did what to whom or where. Never what somebody wrote."""

    class Kind(models.TextChoices):
        BANNED = "banned", _("banned")
        UNBANNED = "unbanned", _("lifted the ban of")
        MESSAGE_DELETED = "message-deleted", _("deleted a message of")
        MESSAGES_DELETED = "messages-deleted", _("deleted all messages of")
        REPORTS_DISMISSED = "reports-dismissed", _("dismissed the report of a message of")
        SWITCHED_OFF = "switched-off", _("switched off")
        SWITCHED_ON = "switched-on", _("switched on")
        ROLE_GIVEN = "role-given", _("gave a role to")
        ROOM_SLOWED = "room-slowed", _("changed slow mode in")
        ROOM_DELETED = "room-deleted", _("deleted the room")

    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL, related_name="acts")
    about = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL, related_name="+")
    room = models.ForeignKey(Room, null=True, on_delete=models.SET_NULL, related_name="+")
    # What else there is to know: a number, a role, a room's name that is no more.
    detail = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("act of moderation")
        verbose_name_plural = _("acts of moderation")

    def __str__(self) -> str:
        return f"{self.actor} {self.get_kind_display()} {self.about or self.room}"
