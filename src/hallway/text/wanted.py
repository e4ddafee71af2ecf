"""What somebody types into the search box, taken apart. Any text has a meaning or is refused."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from hallway.errors import InvalidSearch

from .characters import CONTROL
from .words import is_beginning, words

# More is no question any more, and every word costs a look into the index.
LONGEST_QUERY = 300

# A filter or plain text; quotes hold words together, an open one up to the end.
_PART = re.compile(r'(?:(from|in|before|after|has):(?=\S))?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """A question to the index. Everything has to be true of a message; of the names any one."""

    # Words that stand next to each other, as they are …
    phrases: tuple[tuple[str, ...], ...] = ()
    # … and words that stand for all that begin with them.
    beginnings: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    has_link: bool = False
    # The days a message may be of, the first and the one after the last.
    since: date | None = None
    until: date | None = None


def read_search(query: str) -> Wanted:
    """Understand a query. Raises `InvalidSearch` where nothing is asked for or a date is none."""
    if len(query) > LONGEST_QUERY:
        raise InvalidSearch(_("A search has at most %(limit)s characters."), limit=LONGEST_QUERY)
    query = CONTROL.sub(" ", query)
    phrases: list[tuple[str, ...]] = []
    beginnings: list[str] = []
    named: dict[str, list[str]] = {"from": [], "in": []}
    since = until = None
    has_link = False
    for found in _PART.finditer(query):
        filter_name = (found[1] or "").lower()
        value = found[2] if found[2] is not None else found[3]
        if filter_name in named:
            named[filter_name].append(value.strip())
        elif filter_name == "has" and value.lower() in ("link", "links", "url"):
            has_link = True
        elif filter_name == "after":
            since = max(_day(value), since or date.min)
        elif filter_name == "before":
            until = min(_day(value), until or date.max)
        elif phrase := tuple(words(found[0])):
            is_typed = found[2] is None and len(phrase) == 1
            if is_typed and is_beginning(phrase[0]):
                beginnings.append(phrase[0])
            else:
                phrases.append(phrase)
    wanted = Wanted(
        tuple(dict.fromkeys(phrases)),
        tuple(dict.fromkeys(beginnings)),
        tuple(filter(None, named["from"])),
        tuple(filter(None, named["in"])),
        has_link,
        since,
        until,
    )
    if wanted == Wanted():
        raise InvalidSearch(_("Type a word to search for."))
    return wanted


def _day(value: str) -> date:
    found = _DAY.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        day = date(*map(int, found.groups()))
        # A day has a next one, in every time zone.
        return min(max(day, date.min + _ONE_DAY), date.max - _ONE_DAY)
    except ValueError:
        raise InvalidSearch(
            _("“%(value)s” is no day; write it like 2026-11-22."), value=value[:40]
        ) from None
