"""Messages drawn as rows: by one template, for the first paint as for the live page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from hallway.models import Author, Message
from hallway.queries.timeline import Outline, by_id

# Same author within this time: the name is not repeated.
GROUP_WITHIN = timedelta(minutes=5)
# Characters of drawn rows kept: some 30,000 ordinary ones.
MOST_DRAWN = 30_000_000

# All that a drawn row depends on: the epoch (ids come again in a restored database), message,
# version, author's name and picture, version and name of what it replies to, reader's zone and
# language.
Drawing = tuple[str, int, int, str, str, int | None, str | None, str, str | None]


@dataclass(frozen=True)
class Row:
    """A message as the room page shows it."""

    message: Outline
    html: SafeString
    is_mine: bool
    # Same author, same day, shortly after the row before: the name is not repeated.
    continues: bool
    # Set on the first row of a day.
    day: date | None


def rows(
    messages: Sequence[Outline], zone: ZoneInfo, *, reader: Author, epoch: str
) -> Iterator[Row]:
    """The rows of a page of history, oldest first, grouped and dated in the reader's zone."""
    drawings = _draw_all(messages, zone, epoch)
    before: Outline | None = None
    day: date | None = None
    for message, html in zip(messages, drawings, strict=True):
        today = message.created_at.astimezone(zone).date()
        is_new_day, day = today != day, today
        yield Row(
            message=message,
            html=html,
            is_mine=message.author_id == reader.pk,
            continues=not is_new_day and before is not None and _continues(before, message),
            day=today if is_new_day else None,
        )
        before = message


def draw(message: Message, zone: ZoneInfo) -> SafeString:
    """One row, by the template that the page's script fills as well."""
    context = {"message": message, "zone": zone}
    return render_to_string("hallway/_fragments/message.html", context)


def _draw_all(messages: Sequence[Outline], zone: ZoneInfo, epoch: str) -> list[SafeString]:
    """Each row, drawn once for everybody who reads in the same zone and language."""
    language = get_language()
    wanted: list[Drawing] = [
        (
            epoch,
            message.id,
            message.version,
            message.author_name,
            message.author_picture,
            message.quoted_version,
            message.quoted_name,
            zone.key,
            language,
        )
        for message in messages
    ]
    found = {drawing: _drawn.get(drawing) for drawing in wanted}
    missing = {drawing[1]: drawing for drawing, html in found.items() if html is None}
    if missing:
        for message in by_id(missing):
            found[missing[message.pk]] = _drawn.keep(missing[message.pk], draw(message, zone))
    return [html for html in found.values() if html is not None]


class _Drawn:
    """Drawn rows, thrown away together when they are too many: the newest are soon drawn again."""

    def __init__(self) -> None:
        self._rows: dict[Drawing, SafeString] = {}
        self._size = 0

    def get(self, drawing: Drawing) -> SafeString | None:
        return self._rows.get(drawing)

    def keep(self, drawing: Drawing, html: SafeString) -> SafeString:
        if self._size > MOST_DRAWN:
            self.clear()
        self._rows[drawing] = html
        self._size += len(html)
        return html

    def clear(self) -> None:
        self._rows, self._size = {}, 0


_drawn = _Drawn()


def _continues(before: Outline, message: Outline) -> bool:
    return (
        before.author_id == message.author_id
        and message.created_at - before.created_at < GROUP_WITHIN
    )
