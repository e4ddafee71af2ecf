"""Who writes: a guest who typed a name, somebody with an account, or a bot."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hallway.text import name_key

NAME_LENGTH = 50
ABOUT_LENGTH = 160


class AuthorQuerySet(models.QuerySet["Author"]):
    def present(self) -> Self:
        """Everybody who has not left: their names are in use."""
        return self.filter(left_at=None)

    def active(self) -> Self:
        """Those present who have not been switched off: they may read and write."""
        return self.present().filter(deactivated_at=None)

    def running_the_place(self) -> Self:
        """Owners and admins, and members whom the site itself has made staff."""
        runs = Q(role__in=[Author.Role.OWNER, Author.Role.ADMIN])
        # Accounts of other projects need not know what staff is.
        if any(field.name == "is_staff" for field in get_user_model()._meta.fields):
            runs |= Q(role=Author.Role.MEMBER, user__is_active=True, user__is_staff=True)
        return self.active().filter(runs)

    def owners(self) -> Self:
        """Those who own the place and can still come in."""
        return self.active().filter(role=Author.Role.OWNER)

    def beginning_with(self, like: str) -> Self:
        """Those whose name, or a word of it, begins so; everybody for a blank."""
        if "\0" in like:
            return self.none()  # PostgreSQL has no such character and refuses to be asked for it
        like = like.strip()
        key = name_key(like) if like else ""
        return (
            self.filter(Q(name_key__startswith=key) | Q(name__icontains=f" {like}"))
            if key
            else self
        )

    def named(self, name: str) -> Self:
        """Whose name is the same to the eye, whatever its case or spacing."""
        return self.filter(name_key=name_key(name))


class Author(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        ADMIN = "admin", _("admin")
        MEMBER = "member", _("member")
        GUEST = "guest", _("guest")
        BOT = "bot", _("bot")

    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    # What makes two names the same to the eye; long enough for what NFKC unfolds.
    name_key = models.CharField(max_length=NAME_LENGTH * 18, editable=False)
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.GUEST)
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
    # Switched off by whoever runs the place: keeps name, rooms and messages, and cannot come in.
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, blank=True)
    about = models.CharField(_("about"), max_length=ABOUT_LENGTH, blank=True)
    # An IANA name; blank: as the browser says.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    hides_reading = models.BooleanField(_("hides how far they have read"), default=False)
    # What names the uploaded picture, new with every upload; blank: initials are drawn.
    picture = models.CharField(max_length=32, blank=True, editable=False)
    # Where a guest came in from, so that a ban can reach further than their cookie.
    network = models.CharField(max_length=39, blank=True, editable=False)

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
    def is_active(self) -> bool:
        """Neither gone nor switched off: may come in."""
        return self.left_at is None and self.deactivated_at is None

    @property
    def kind(self) -> str:
        """What other people see of the role: guest, member or bot."""
        return self.role if self.role in (self.Role.GUEST, self.Role.BOT) else self.Role.MEMBER

    @property
    def role_in_force(self) -> "Author.Role":
        """The role, and at least admin for whom the site itself has made staff."""
        role = self.Role(self.role)
        return self.Role.ADMIN if self.is_staff and role == self.Role.MEMBER else role

    @property
    def is_guest(self) -> bool:
        return self.role == self.Role.GUEST

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER

    @property
    def is_admin(self) -> bool:
        """Whether this author runs the place: owners and admins do."""
        return self.role_in_force in (self.Role.OWNER, self.Role.ADMIN)

    @property
    def is_staff(self) -> bool:
        """Whether the account behind this author may use the admin."""
        # Accounts of other projects need not know what staff is.
        user: Any = self.user
        return user is not None and user.is_active and getattr(user, "is_staff", False)
