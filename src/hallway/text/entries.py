"""The words of a search entry: how they are written, and how a question to them is."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from .wanted import Wanted
from .words import words

WORD, AUTHOR, ROOM, LINK, ANY = "x", "a", "r", "l", "m"


def search_words(source: str, *, scope: int, author: int, room: int, has_link: bool) -> str:
    """A message as it is put into the index; see `SearchEntry`."""
    marks = [ANY, f"{AUTHOR}{author}", f"{ROOM}{room}", *([LINK] if has_link else [])]
    said = (WORD + word for word in words(source))
    return " ".join(f"{scope}{word}" for word in (*marks, *said))


def has_link(html: str) -> bool:
    """Whether a rendered message leads out of here."""
    return '<a href="http' in html


def fts5_query(
    wanted: Wanted,
    scopes: Iterable[int],
    *,
    authors: Collection[int] | None,
    rooms: Collection[int] | None,
) -> str:
    """The question in the language of SQLite's FTS5. No authors is anybody, no rooms anywhere."""
    return " OR ".join(
        f"({' AND '.join(_conditions(wanted, scope, authors, rooms))})" for scope in scopes
    )


def ts_query(
    wanted: Wanted,
    scopes: Iterable[int],
    *,
    authors: Collection[int] | None,
    rooms: Collection[int] | None,
) -> str:
    """The same question as a tsquery of PostgreSQL, for a tsvector without places.

    It is true of messages that hold the words of each phrase anywhere: see `phrase_patterns`.
    """
    loose = replace(wanted, phrases=tuple((word,) for phrase in wanted.phrases for word in phrase))
    return " | ".join(
        f"({' & '.join(_conditions(loose, scope, authors, rooms, **_TSQUERY))})" for scope in scopes
    )


def phrase_patterns(wanted: Wanted, scopes: Collection[int]) -> list[list[str]]:
    """For each phrase what the words of an entry, with a blank before and after, have to be LIKE
    at least one of. An entry has one scope, so only one of the patterns can be about it."""
    return [
        [f"% {' '.join(f'{scope}{WORD}{word}' for word in phrase)} %" for scope in scopes]
        for phrase in wanted.phrases
        if len(phrase) > 1
    ]


# Words are letters and digits: nothing in them can end the quotes.
_STRING = '"{}"'
_TSQUERY = {"quote": "'{}'", "beginning": ":*", "either": " | "}


def _conditions(
    wanted: Wanted,
    scope: int,
    authors: Collection[int] | None,
    rooms: Collection[int] | None,
    *,
    quote: str = _STRING,
    beginning: str = "*",
    either: str = " OR ",
) -> Iterator[str]:
    if wanted.has_link:
        yield quote.format(f"{scope}{LINK}")
    elif not wanted.phrases and not wanted.beginnings and authors is None and rooms is None:
        yield quote.format(f"{scope}{ANY}")
    for phrase in wanted.phrases:
        yield quote.format(" ".join(f"{scope}{WORD}{word}" for word in phrase))
    for word in wanted.beginnings:
        yield quote.format(f"{scope}{WORD}{word}") + beginning
    for mark, numbers in ((AUTHOR, authors), (ROOM, rooms)):
        if numbers is not None:
            marks = (quote.format(f"{scope}{mark}{number}") for number in numbers)
            yield f"({either.join(marks)})"
