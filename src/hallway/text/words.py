"""What a text is found by: its words, folded so that case, width and accents make no difference.

Chinese, Japanese, Korean, Thai and their neighbours put no spaces between words, so there every
character is a word of its own: a run of them, as a phrase, is found wherever it lies in a text.
Both sides of a search go through here. A database gets words separated by blanks and need not
know anything about languages.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple

from .characters import INVISIBLE

# A base64 blob is one word; nobody types more of it than this.
LONGEST_WORD = 100
# What begins with fewer is half of all there is: slow to find, and no answer.
SHORTEST_BEGINNING = 3

# Scripts written without spaces between words, and emoji.
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u318e\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d"
    "\u2600-\u27bf\u2b00-\u2bff\U0001b000-\U0001b16f\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
    "\U00020000-\U000323af"
)
_ASCII_WORD = re.compile("[a-z0-9]+")
# é becomes e; nothing of the scripts whose marks are letters lies in this block.
_ACCENTS = re.compile("[\u0300-\u036f]")


class Piece(NamedTuple):
    """A word, and where it stands in the text as it was written."""

    word: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    word = _ASCII_WORD if text.isascii() else _word()
    found = word.findall(fold(text))
    return [word[:LONGEST_WORD] for word in found]


def is_beginning(word: str) -> bool:
    """Whether who looks for this word also finds what begins with it; never where no blanks are."""
    return len(word) >= SHORTEST_BEGINNING and not word.isdecimal()


def pieces(text: str) -> Iterator[Piece]:
    """The same words with their places, for marking them in a text. The text is best in NFC."""
    for found in _word().finditer(text):
        for word in words(found.group()):
            yield Piece(word, found.start(), found.end())


def fold(text: str) -> str:
    """The text without what makes no difference: case, width, accents, invisible characters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", text)


@cache
def _word() -> re.Pattern[str]:
    # Python's \w knows no combining marks, but they are half of what Hindi or Tamil write.
    marks = _ranges(code for code in range(0x300, 0x20000) if _is_mark(chr(code)))
    return re.compile(f"[{_ALONE}]|(?:(?![{_ALONE}])[^\\W_]|(?![{_ALONE}])[{marks}])+")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M") and not INVISIBLE.match(character)


def _ranges(codes: Iterator[int]) -> str:
    """Code points as the inside of a character class."""
    runs = (list(run) for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]))
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)
