"""The piece of a message that a search found, with what was searched for marked in it."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from html import unescape
from typing import NamedTuple

from .words import Piece, pieces

# What fits into two lines of a result.
LENGTH = 150
# Of it before the first mark.
LEAD = 50
ELLIPSIS = "…"

_BLOCK = re.compile(
    r"</?(?:p|li|ul|ol|pre|blockquote|td|th|tr|table|div|h\d)\b[^>]*>|<br[^>]*>|<hr[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\s+")


class Part(NamedTuple):
    text: str
    is_match: bool


Excerpt = tuple[Part, ...]


def excerpt(
    html: str, phrases: Collection[tuple[str, ...]], beginnings: Collection[str] = ()
) -> Excerpt:
    """A piece of a rendered message around the first of these phrases or of the words that begin
    like these, every one marked."""
    plain = _plain(html)
    marks = sorted(_marks(list(pieces(plain)), phrases, tuple(beginnings)))
    first, last = _window(plain, marks[0][0] if marks else 0)
    parts = [Part(ELLIPSIS, is_match=False)] if first else []
    place = first
    for start, end in _joined(marks):
        if start < last and end > place:
            parts.append(Part(plain[place : max(start, place)], is_match=False))
            parts.append(Part(plain[max(start, place) : min(end, last)], is_match=True))
            place = min(end, last)
    parts.append(Part(plain[place:last], is_match=False))
    if last < len(plain):
        parts.append(Part(ELLIPSIS, is_match=False))
    return tuple(part for part in parts if part.text)


def beginning(html: str) -> str:
    """How a rendered message begins, for a quote of it."""
    return "".join(part.text for part in excerpt(html, ()))


def _plain(html: str) -> str:
    """The text of what we rendered ourselves: every < in it is a tag."""
    text = unescape(_TAG.sub("", _BLOCK.sub(" ", html)))
    return unicodedata.normalize("NFC", _BLANK.sub(" ", text).strip())


def _marks(
    said: list[Piece], phrases: Collection[tuple[str, ...]], beginnings: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    for place, piece in enumerate(said):
        if piece.word.startswith(beginnings):
            yield piece.start, piece.end
        for phrase in phrases:
            if piece.word != phrase[0]:
                continue
            run = said[place : place + len(phrase)]
            if tuple(word for word, _, _ in run) == phrase:
                yield piece.start, run[-1].end


def _joined(marks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Marks that overlap, as one."""
    open_mark: tuple[int, int] | None = None
    for start, end in marks:
        if open_mark is not None and start <= open_mark[1]:
            open_mark = open_mark[0], max(open_mark[1], end)
            continue
        if open_mark is not None:
            yield open_mark
        open_mark = start, end
    if open_mark is not None:
        yield open_mark


def _window(plain: str, mark: int) -> tuple[int, int]:
    """Where the piece begins and ends; it begins with a word where there are any near."""
    if len(plain) <= LENGTH:
        return 0, len(plain)
    first = max(0, min(mark - LEAD, len(plain) - LENGTH))
    if first:
        blank = plain.find(" ", first, mark)
        first = first if blank < 0 else blank + 1
    return first, min(first + LENGTH, len(plain))
