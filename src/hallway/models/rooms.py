"""Where people talk, and who belongs there."""

from collections.abc import Iterable
from secrets import token_hex
from typing import Self

from django.db import models
from django.db.models import Expression, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from hallway import objects

from .authors import Author

ROOM_NAME_LENGTH = 80
DESCRIPTION_LENGTH = 300
SLOWEST = 6 * 60 * 60
# People in one direct conversation: more of them want a room with a name.
DIRECT_PEOPLE = 12


class RoomQuerySet(models.QuerySet["Room"]):
    def open(self) -> Self:
        return self.filter(kind=Room.Kind.OPEN)

    def readable_by(self, author: Author | Expression) -> Self:
        """Open rooms, and those this author belongs to."""
        mine = Membership.objects.filter(author=author).values("room")
        return self.filter(Q(kind=Room.Kind.OPEN) | Q(pk__in=mine))


class Room(models.Model):
    """A deleted room is private and has no members, so that nothing can find it: its messages go
    a piece at a time, and the row with the last of them."""

    class Kind(models.TextChoices):
        OPEN = "open", _("open")
        PRIVATE = "private", _("private")
        DIRECT = "direct", _("direct")

    class Posting(models.TextChoices):
        EVERYONE = "everyone", _("everyone")
        MANAGERS = "managers", _("managers only")

    slug = models.SlugField(
        _("address"),
        max_length=60,
        unique=True,
        help_text=_("The last part of the room's address: small letters, digits and hyphens."),
    )
    name = models.CharField(_("name"), max_length=ROOM_NAME_LENGTH)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.OPEN)
    description = models.CharField(
        _("description"), max_length=DESCRIPTION_LENGTH, blank=True, default=""
    )
    posting = models.CharField(
        _("who may post"), max_length=8, choices=Posting, default=Posting.EVERYONE
    )
    # Of a direct room never set: it shows them anyway. See `tells_readers`.
    shows_readers = models.BooleanField(_("shows who has read"), default=False)
    # Seconds between two messages of one author; 0: as they like.
    slow_mode = models.PositiveSmallIntegerField(_("slow mode"), default=0)
    # Who talks in a direct room: see `direct_key`. The same people have one such room.
    direct_key = models.CharField(max_length=255, null=True, unique=True, editable=False)  # noqa: DJ001
    # The object of the host project that this room belongs to: see `hallway.objects`.
    object_key = models.CharField(max_length=255, null=True, unique=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        Author,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="rooms_created",
        editable=False,
    )
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="direct", direct_key__isnull=False)
                | Q(~Q(kind="direct"), direct_key__isnull=True),
                name="hallway_room_direct_key",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("hallway:room", args=[self.slug])

    @classmethod
    def for_object(cls, about: models.Model) -> "Room":
        """The room of an object of the host project, made when it is first asked for.

        Nobody is in it yet, so nobody has to be told. Its name is what the object says of itself.
        """
        key = objects.key_of(about)
        found = cls.objects.filter(object_key=key).first()
        if found is not None:
            return found
        kind = about._meta.model_name or "room"
        name = "".join(sign for sign in str(about) if sign.isprintable())
        room, _ = cls.objects.get_or_create(
            object_key=key,
            defaults={
                # Says nothing about the object, and nobody finds another's by counting.
                "slug": f"{slugify(kind)[:40]}-{token_hex(8)}",
                "name": name[:ROOM_NAME_LENGTH].strip() or kind,
                "kind": cls.Kind.PRIVATE,
            },
        )
        return room

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def is_direct(self) -> bool:
        return self.kind == Room.Kind.DIRECT

    @property
    def tells_readers(self) -> bool:
        """Whether it shows who has read, as long as it is small enough."""
        return self.shows_readers or self.is_direct


def direct_key(author_ids: Iterable[int]) -> str:
    """What makes the direct room of these people the same, whoever asks for it."""
    return "-".join(map(str, sorted(set(author_ids))))


class Membership(models.Model):
    class Role(models.TextChoices):
        MANAGER = "manager", _("manager")
        MEMBER = "member", _("member")

    class Level(models.TextChoices):
        """What of the room a member wants to be told."""

        EVERYTHING = "everything", _("everything")
        MENTIONS = "mentions", _("mentions")
        NOTHING = "nothing", _("nothing")

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=7, choices=Role, default=Role.MEMBER)
    level = models.CharField(
        _("notifications"), max_length=10, choices=Level, default=Level.EVERYTHING
    )
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["room", "author"], name="hallway_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.author} in {self.room}"
