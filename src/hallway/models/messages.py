"""What was said."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .authors import Author
from .rooms import Room

CLIENT_ID_LENGTH = 64
# The longest emoji known, a kiss with two skin tones, has ten code points.
EMOJI_LENGTH = 32


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
    # Grows with every change of what a row shows: text, reactions, pin.
    version = models.PositiveIntegerField(default=1, editable=False)
    # The message this one answers; the quote is drawn from what that one says now.
    reply_to = models.ForeignKey(
        "self",
        verbose_name=_("reply to"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="replies",
        db_index=False,
        editable=False,
    )
    # What the rows of `Reaction` and `Mention` say, in short: pages and events need no others.
    reaction_summary = models.JSONField(default=list, editable=False)
    mention_ids = models.JSONField(default=list, editable=False)
    pinned_at = models.DateTimeField(_("pinned"), null=True, editable=False)
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
            models.Index(
                fields=["reply_to"],
                name="hallway_message_replies",
                condition=models.Q(reply_to__isnull=False),
            ),
            models.Index(
                fields=["room", "pinned_at"],
                name="hallway_message_pins",
                condition=models.Q(pinned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60]


class Reaction(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="reactions")
    emoji = models.CharField(max_length=EMOJI_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "author", "emoji"], name="hallway_reaction_once"
            ),
        ]

    def __str__(self) -> str:
        return self.emoji


class Mention(models.Model):
    """Somebody's name after an @ in a message they may read."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="mentions")

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            models.UniqueConstraint(fields=["message", "author"], name="hallway_mention_once"),
        ]

    def __str__(self) -> str:
        return f"@{self.author}"


class Revision(models.Model):
    """What a message said before an edit; goes with the message's text."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    content = models.TextField()
    html = models.TextField()
    # When this text was written, and until it was replaced.
    written_at = models.DateTimeField()
    replaced_at = models.DateTimeField()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")

    def __str__(self) -> str:
        return self.content[:60]
