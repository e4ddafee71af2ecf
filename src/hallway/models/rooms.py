"""Where people talk, and who belongs there."""

from typing import Self

from django.db import models
from django.db.models import Expression, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author


class RoomQuerySet(models.QuerySet["Room"]):
    def open(self) -> Self:
        return self.filter(kind=Room.Kind.OPEN)

    def readable_by(self, author: Author | Expression) -> Self:
        """Open rooms, and those this author belongs to."""
        mine = Membership.objects.filter(author=author).values("room")
        return self.filter(Q(kind=Room.Kind.OPEN) | Q(pk__in=mine))


class Room(models.Model):
    class Kind(models.TextChoices):
        OPEN = "open", _("open")
        PRIVATE = "private", _("private")

    slug = models.SlugField(
        _("address"),
        max_length=60,
        unique=True,
        help_text=_("The last part of the room's address: small letters, digits and hyphens."),
    )
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.OPEN)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("hallway:room", args=[self.slug])


class Membership(models.Model):
    class Role(models.TextChoices):
        MANAGER = "manager", _("manager")
        MEMBER = "member", _("member")

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=7, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["room", "author"], name="hallway_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.author} in {self.room}"
