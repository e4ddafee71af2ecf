"""What people and rooms may be called, and when two names are the same."""

import random
import re
from collections.abc import Container
from functools import cache
from itertools import count
from unicodedata import category, normalize

from django.utils.translation import gettext_lazy as _

from hallway.errors import HallwayError, InvalidName

from .characters import INVISIBLE, VISIBLE
from .shakespeare import CHARACTERS

NAME_LIMIT = 50


def clean_name(name: str) -> str:
    """A person's name as it is kept and shown. Raises `InvalidName` with the reason."""
    return clean_line(name, limit=NAME_LIMIT, error=InvalidName)


def clean_line(line: str, *, limit: int, error: type[HallwayError]) -> str:
    """One line that can stand between other people's words without disturbing them.

    NFC, trimmed, white space as single spaces; raises `error` with the reason.
    """
    line = _AROUND.sub("", line)
    # Before anything that is slow for long runs of marks; decomposed letters are up to four signs.
    if len(line) > 4 * limit:
        raise error(_("Use at most %(limit)s characters."), limit=limit)
    if any(_is_forbidden(sign) for sign in _FLAG_TAGS.sub("", line)):
        raise error(_("Line breaks and invisible characters are not allowed here."))
    line = " ".join(normalize("NFC", line).split())
    if len(line) > limit:
        raise error(_("Use at most %(limit)s characters."), limit=limit)
    if not VISIBLE.search(line):
        raise error(_("Use at least one character that can be seen."))
    if _has_piled_marks(line):
        raise error(_("These are more accents on one letter than a line has room for."))
    return line


def name_key(name: str) -> str:
    """What two names share when people would take one for the other: never shown, only compared.

    Case, width, spacing, invisible characters and letters that Latin, Cyrillic and Greek have in
    common make no difference.
    """
    # Nothing longer than a name is a name; sorting ten thousand marks would take seconds.
    key = INVISIBLE.sub("", name[: 4 * NAME_LIMIT])
    key = normalize("NFKC", normalize("NFKC", key).casefold())
    key = INVISIBLE.sub("", key).translate(_LOOK_ALIKE)
    return " ".join(normalize("NFKC", key).split())


def random_name(taken: Container[str]) -> str:
    """A name out of Shakespeare whose `name_key` is not in `taken`."""
    for number in count(1):
        names = _characters() if number == 1 else _characters(f" {number}")
        free = [name for key, name in names.items() if key not in taken]
        if free:
            return random.choice(free)
    raise AssertionError("numbers do not end")


@cache
def _characters(suffix: str = "") -> dict[str, str]:
    return {name_key(name + suffix): name + suffix for name in CHARACTERS}


# White space, and the marks that phones and web pages leave around what is copied from them.
_AROUND = re.compile("\\A[\\s\u200b-\u200f\u2060\ufeff]+|[\\s\u200b-\u200f\u2060\ufeff]+\\Z")
# The flags of England, Scotland and Wales are a black flag with letters that cannot be seen.
_FLAG_TAGS = re.compile("(?<=\U0001f3f4)[\U000e0020-\U000e007e]{1,8}\U000e007f")
# Words need these in Persian and in Indian scripts, emoji in families.
_JOINERS = "\u200c\u200d"
# Where Unicode will put the emoji that this Python does not know yet.
_FUTURE_EMOJI = range(0x1F000, 0x1FB00)
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def _is_forbidden(sign: str) -> bool:
    kind = category(sign)
    if kind == "Cn":
        # NFKC and case folding of what is not assigned may change with the next Unicode.
        return ord(sign) not in _FUTURE_EMOJI
    return kind in _FORBIDDEN and sign not in _JOINERS and sign != "\t"


# Accents of no script of their own: after NFC Vietnamese needs none, phonetics two or three.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4}")
# Burmese piles up six marks that belong to it.
_MOST_MARKS = 8


def _has_piled_marks(line: str) -> bool:
    if line.isascii():
        return False
    pile = 0
    for sign in line:
        pile = pile + 1 if category(sign).startswith("M") else 0
        if pile > _MOST_MARKS:
            return True
    return _ACCENTS.search(line) is not None


# Letters that cannot be told from Latin ones in small or in capitals. No two of one alphabet lead
# to the same letter, so real names in it stay apart.
_LOOK_ALIKE = str.maketrans(
    "авекмнорстухѕіјԛԝԁӏѵ" + "αβεζηικμνορτυχ" + "օɑɡ",
    "abekmhopctyxsijqwdlv" + "abezhikmnoptyx" + "oag",
)
