"""Messages drawn as rows: by one template, for the first paint as for the live page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from hallway.models import Message

# Same author within this time: the name is not repeated.
GROUP_WITHIN = timedelta(minutes=5)
CACHED_ROWS = 8000


@dataclass(frozen=True)
class Row:
    """A message as the room page shows it."""

    message: Message
    html: SafeString
    continues: bool
    day: date | None


def rows(messages: Iterable[Message], zone: ZoneInfo) -> Iterator[Row]:
    """The rows of a page of history, oldest first, grouped and dated in the reader's zone."""
    before: Message | None = None
    day: date | None = None
    for message in messages:
        today = message.created_at.astimezone(zone).date()
        is_new_day, day = today != day, today
        yield Row(
            message=message,
            html=draw(message, zone),
            continues=not is_new_day and before is not None and _continues(before, message),
            day=today if is_new_day else None,
        )
        before = message


def draw(message: Message, zone: ZoneInfo) -> SafeString:
    """One row; drawn once for everybody who reads in the same zone and language."""
    key = (message.pk, message.version, message.author.name, zone.key, get_language())
    drawn = _drawn.get(key)
    if drawn is None:
        drawn = render_to_string(
            "hallway/_fragments/message.html", {"message": message, "zone": zone}
        )
        if len(_drawn) >= CACHED_ROWS:
            _drawn.clear()
        _drawn[key] = drawn
    return drawn


_drawn: dict[tuple[int, int, str, str, str | None], SafeString] = {}


def _continues(before: Message, message: Message) -> bool:
    return (
        before.author_id == message.author_id
        and message.created_at - before.created_at < GROUP_WITHIN
    )
