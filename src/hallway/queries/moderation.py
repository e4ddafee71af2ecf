"""What those who run the place look at: reports, bans, and what was done."""

from dataclasses import dataclass, field

from hallway.models import Act, Author, Ban, Message, Report, Room

ACTS_PAGE = 50
# More than a page of reports is looked through a page at a time.
MOST_REPORTED = 50
MOST_BANS = 200


@dataclass
class Reported:
    """A message that waits for somebody to look at it, and who reported it, the first at first."""

    message: Message
    reports: list[Report] = field(default_factory=list)


def reported() -> list[Reported]:
    """The messages that wait, those reported first at first. Two statements."""
    waiting = list(
        Report.objects.open().order_by("pk").values_list("message", flat=True)[: MOST_REPORTED * 4]
    )
    ids = list(dict.fromkeys(waiting))[:MOST_REPORTED]
    found: dict[int, Reported] = {}
    reports = Report.objects.open().filter(message__in=ids).order_by("pk")
    whole = ("reporter", "message__room", "message__author", "message__reply_to__author")
    for report in reports.select_related(*whole):
        one = found.setdefault(report.message_id, Reported(report.message))
        one.reports.append(report)
    return list(found.values())


def bans() -> list[Ban]:
    """Those in force, the newest first."""
    found = Ban.objects.in_force().select_related("author__user", "made_by")
    return list(found.order_by("-made_at", "-pk")[:MOST_BANS])


def acts(reader: Author, *, before: int | None = None) -> tuple[list[Act], bool]:
    """A page of what was done, the newest first; and whether there is more. Two statements.

    Rooms that the reader may not know of are left out of the lines.
    """
    found = Act.objects.select_related("actor", "about", "room").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: ACTS_PAGE + 1])
    rooms = Room.objects.readable_by(reader).filter(pk__in={act.room_id for act in page})
    readable = set(rooms.values_list("pk", flat=True))
    for act in page:
        if act.room_id not in readable:
            act.room = None
    return page[:ACTS_PAGE], len(page) > ACTS_PAGE
