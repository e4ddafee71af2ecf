"""Links that let somebody become a member."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Those that still let somebody in."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), uses__lt=F("most_uses"))


class Invitation(models.Model):
    """The link's secret is not kept: it is signed anew from the row, see `actions.invitations`."""

    made_by = models.ForeignKey(
        Author, null=True, on_delete=models.SET_NULL, related_name="invitations"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    uses = models.PositiveIntegerField(_("uses"), default=0)
    most_uses = models.PositiveIntegerField(_("uses at most"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(uses__lte=F("most_uses")), name="hallway_invitation_uses"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uses}/{self.most_uses} until {self.expires_at:%Y-%m-%d}"

    @property
    def uses_left(self) -> int:
        return self.most_uses - self.uses
