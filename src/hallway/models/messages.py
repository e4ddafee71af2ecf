"""What was said."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author
from .rooms import Room

CLIENT_ID_LENGTH = 64


class Message(models.Model):
    room = models.ForeignKey(
        Room,
        verbose_name=_("room"),
        on_delete=models.CASCADE,
        related_name="messages",
        db_index=False,
    )
    author = models.ForeignKey(
        Author,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
    )
    # What was typed, as Markdown; `html` is the same, rendered and sanitized once, at write.
    content = models.TextField(_("content"))
    html = models.TextField(editable=False)
    is_emoji_only = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Chosen by whoever sends: repeating it gives back the first message.
    client_id = models.CharField(max_length=CLIENT_ID_LENGTH, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["author", "room", "client_id"], name="hallway_message_once"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "id"], name="hallway_message_timeline"),
            # How much an author said lately: the posting rate is counted from the rows themselves.
            models.Index(fields=["author", "created_at"], name="hallway_message_rate"),
            # Where a search before or after a day begins.
            models.Index(fields=["created_at"], name="hallway_message_day"),
        ]

    def __str__(self) -> str:
        return self.content[:60]
