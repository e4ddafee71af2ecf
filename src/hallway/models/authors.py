"""Who writes: a guest who typed a name, a member with an account, or a bot."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hallway.text import name_key

NAME_LENGTH = 50


class AuthorQuerySet(models.QuerySet["Author"]):
    def present(self) -> Self:
        """Everybody who has not left: their names are in use."""
        return self.filter(left_at=None)

    def named(self, name: str) -> Self:
        """Whose name is the same to the eye, whatever its case or spacing."""
        return self.filter(name_key=name_key(name))


class Author(models.Model):
    class Kind(models.TextChoices):
        GUEST = "guest", _("guest")
        MEMBER = "member", _("member")
        BOT = "bot", _("bot")

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    # What makes two names the same to the eye; long enough for what NFKC unfolds.
    name_key = models.CharField(max_length=NAME_LENGTH * 18, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.GUEST)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="hallway_author",
    )
    created_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    # The newest message (id) anywhere when they came: what is older is no news to them.
    came_after = models.BigIntegerField(default=0, editable=False)

    objects = AuthorQuerySet.as_manager()

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                condition=Q(left_at=None),
                name="hallway_author_name_in_use",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_left(self) -> bool:
        return self.left_at is not None

    @property
    def is_staff(self) -> bool:
        """Whether the account behind this author may use the admin."""
        return self.user is not None and self.user.is_active and self.user.is_staff
