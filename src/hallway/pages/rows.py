"""Messages drawn as rows: by one template, for the first paint as for the live page."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from hallway.kept import Kept
from hallway.models import Author, Message
from hallway.queries.timeline import Outline, by_id

# Same author within this time: the name is not repeated.
GROUP_WITHIN = timedelta(minutes=5)
# Characters of drawn rows kept: some 30,000 ordinary ones; and of pages made of them: some 300.
MOST_DRAWN, MOST_PAGES = 30_000_000, 10_000_000
MESSAGE = "<message>"


def timeline(
    messages: Sequence[Outline], zone: ZoneInfo, *, reader: Author, epoch: str
) -> SafeString:
    """The rows of a page of history, oldest first, grouped and dated in the reader's zone.

    Put together once for all who read the same: the outlines tell every change there can be.
    """
    mine = reader.pk if any(message.author_id == reader.pk for message in messages) else None
    key = (mine, zone.key, get_language(), epoch, *messages)
    page = _pages.get(key)
    if page is None:
        drawn = _draw_all(messages, zone, epoch)
        html = "".join(_lines(messages, drawn, zone, reader))
        page = _pages.keep(key, mark_safe(html), size=len(html))  # noqa: S308  of templates
    return page


def draw(message: Message, zone: ZoneInfo) -> SafeString:
    """One row, by the template that the page's script fills as well."""
    context = {"message": message, "zone": zone}
    return render_to_string("hallway/_fragments/message.html", context)


def clear() -> None:
    """Forget everything drawn."""
    _drawn.clear()
    _pages.clear()


class _Drawn(NamedTuple):
    html: SafeString
    created_at: datetime


_drawn: Kept[_Drawn] = Kept(most=MOST_DRAWN)
_pages: Kept[SafeString] = Kept(most=MOST_PAGES)


def _draw_all(messages: Sequence[Outline], zone: ZoneInfo, epoch: str) -> list[_Drawn]:
    """Each row, drawn once for everybody who reads in the same zone and language.

    The epoch belongs to what a row is known by: ids come again in a restored database.
    """
    known_by = (zone.key, get_language(), epoch)
    found = {message.id: _drawn.get((*known_by, *message)) for message in messages}
    missing = {message.id: message for message in messages if found[message.id] is None}
    if missing:
        for message in by_id(missing):
            drawn = _Drawn(draw(message, zone), message.created_at)
            found[message.pk] = _drawn.keep(
                (*known_by, *missing[message.pk]), drawn, size=len(drawn.html)
            )
    return [drawn for drawn in found.values() if drawn is not None]


def _lines(
    messages: Sequence[Outline], drawings: Sequence[_Drawn], zone: ZoneInfo, reader: Author
) -> Iterator[str]:
    """Every row in its frame, with a line before each day."""
    author_id: int | None = None
    sent: datetime | None = None
    day: date | None = None
    for message, drawn in zip(messages, drawings, strict=True):
        today = drawn.created_at.astimezone(zone).date()
        if today != day:
            yield render_to_string("hallway/_fragments/day.html", {"day": today})
        # Same author, same day, shortly after the row before: the name is not repeated.
        continues = (
            today == day
            and message.author_id == author_id
            and sent is not None
            and drawn.created_at - sent < GROUP_WITHIN
        )
        before, after = _around(message.author_id == reader.pk, continues)
        yield before
        yield drawn.html
        yield after
        author_id, sent, day = message.author_id, drawn.created_at, today


@cache
def _around(is_mine: bool, continues: bool) -> tuple[str, str]:
    """What stands before and after a message in its row: rows differ in two words only."""
    placeholder = mark_safe(MESSAGE)  # noqa: S308  our own word
    row = {"is_mine": is_mine, "continues": continues, "html": placeholder}
    before, after = render_to_string("hallway/_fragments/row.html", {"row": row}).split(MESSAGE)
    return before, after
