"""The words of a search entry: how they are written, and how a question to them is."""

from collections.abc import Collection, Iterable, Iterator

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


def _conditions(
    wanted: Wanted, scope: int, authors: Collection[int] | None, rooms: Collection[int] | None
) -> Iterator[str]:
    if wanted.has_link:
        yield f'"{scope}{LINK}"'
    elif not wanted.phrases and authors is None and rooms is None:
        yield f'"{scope}{ANY}"'
    for phrase in wanted.phrases:
        # Words are letters and digits: nothing in them can end the quotes.
        yield '"{}"'.format(" ".join(f"{scope}{WORD}{word}" for word in phrase))
    for mark, numbers in ((AUTHOR, authors), (ROOM, rooms)):
        if numbers is not None:
            marks = (f'"{scope}{mark}{number}"' for number in numbers)
            yield f"({' OR '.join(marks)})"
