"""Keeping the peace: reports, bans, and taking away what somebody said."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from hallway import access, text
from hallway.errors import (
    InvalidParameters,
    InvalidReason,
    MessageNotFound,
    NotAllowed,
    TooManyReports,
)
from hallway.events import log
from hallway.models import REASON_LENGTH, Act, Author, Ban, Message, Report

from . import audit, reports
from .members import present
from .messages import WHOLE, locked, wipe
from .people import anybody, switch_off, switch_on

# Reports of one author in such a time.
REPORTS_AT_ONCE = 20
REPORTS_WINDOW = timedelta(hours=1)
# Messages taken away in one transaction, so that others may write in between; and in one call.
WIPE_AT_ONCE = 50
MOST_WIPED = 2000


def report_message(reporter: Author, message: Message, *, reason: str = "") -> bool:
    """Tell whoever runs the place of a message; whether that is new.

    It tells them what the message says, in whatever room it is.
    """
    if reason.strip():
        reason = text.clean_line(reason, limit=REASON_LENGTH, error=InvalidReason)
    with log.write():
        reporter, message = present(reporter), locked(message)
        if not access.can_read(reporter, message.room):
            raise MessageNotFound
        if not access.can_report(reporter, message):
            raise NotAllowed
        if Report.objects.filter(message=message, reporter=reporter).exists():
            return False
        since = timezone.now() - REPORTS_WINDOW
        if reporter.reports_made.filter(made_at__gt=since).count() >= REPORTS_AT_ONCE:
            raise TooManyReports(retry_after=60)
        Report.objects.create(message=message, reporter=reporter, reason=reason.strip())
        reports.tell()
    return True


def dismiss_reports(actor: Author, message_id: int) -> None:
    """Leave a reported message as it is."""
    with log.write():
        actor, message = _reported(actor, message_id)
        Report.objects.filter(message=message).update(settled_at=timezone.now())
        audit.note(Act.Kind.REPORTS_DISMISSED, actor, about=message.author, room=message.room)
        reports.tell()


def delete_reported(actor: Author, message_id: int) -> None:
    """Take a reported message away, also from a room that the actor may not read."""
    with log.write():
        actor, message = _reported(actor, message_id)
        if wipe(message):
            reports.tell()
        audit.note(Act.Kind.MESSAGE_DELETED, actor, about=message.author, room=message.room)


def delete_all_messages(actor: Author, author: Author) -> tuple[int, int]:
    """Take away everything somebody said, in every room: how much, and how much is left.

    What is left is so much that one call should not take it all; ask again.
    """
    wiped = 0
    while wiped < MOST_WIPED:
        with log.write():
            actor, author = present(actor), anybody(author)
            if not access.can_ban(actor, author):
                raise NotAllowed
            said = author.messages.filter(deleted_at=None).select_related(*WHOLE)
            some = list(said.order_by("-pk")[:WIPE_AT_ONCE])
            settled = [wipe(message) for message in some]
            if any(settled):
                reports.tell()
            wiped += len(some)
            if len(some) < WIPE_AT_ONCE:
                break
    with log.write():
        left = author.messages.filter(deleted_at=None).count()
        if wiped:
            kind = Act.Kind.MESSAGES_DELETED
            audit.note(kind, present(actor), about=author, detail=str(wiped))
    return wiped, left


def ban(actor: Author, author: Author, *, until: datetime | None = None) -> Ban:
    """Keep somebody out, for good or for a while; their streams and sessions end at once.

    A guest's network is kept out with them: nobody comes in as a guest from there.
    """
    now = timezone.now()
    if until is not None and until <= now:
        raise InvalidParameters
    lift_run_out()
    with log.write():
        # Who has left may be kept out as well: it is their network that counts then.
        actor, author = present(actor), anybody(author)
        if not access.can_ban(actor, author):
            raise NotAllowed
        made, _ = Ban.objects.update_or_create(
            author=author,
            lifted_at=None,
            defaults={
                "until": until,
                "made_by": actor,
                "made_at": now,
                "network": author.network if author.role == Author.Role.GUEST else "",
            },
        )
        switch_off(author)
        detail = until.astimezone(UTC).strftime("→ %Y-%m-%d %H:%M UTC") if until else ""
        audit.note(Act.Kind.BANNED, actor, about=author, detail=detail)
    return made


def unban(actor: Author, author: Author) -> None:
    """Let somebody in again."""
    with log.write():
        actor, author = present(actor), anybody(author)
        if not access.can_ban(actor, author):
            raise NotAllowed
        if Ban.objects.filter(author=author, lifted_at=None).update(lifted_at=timezone.now()):
            switch_on(author)
            audit.note(Act.Kind.UNBANNED, actor, about=author)


def lift_run_out() -> None:
    """Let in again those whose time is over. One statement when there is nobody."""
    if not Ban.objects.run_out().exists():
        return
    with log.write():
        for one in Ban.objects.run_out().select_related("author__user"):
            one.lifted_at = one.until
            one.save(update_fields=["lifted_at"])
            switch_on(one.author)


def _reported(actor: Author, message_id: int) -> tuple[Author, Message]:
    actor = present(actor)
    if not access.can_moderate(actor):
        raise NotAllowed
    report = Report.objects.open().filter(message=message_id).select_related("message").first()
    if report is None:
        raise MessageNotFound
    return actor, locked(report.message)
