"""Who is meant by an @ in a message. Names may have spaces, so where one ends is for whoever knows
the people to say: `candidates` are all the names that may begin at an @, a lookup says which of
them are somebody's, and the longest wins.
"""

import re
from collections.abc import Mapping, Sequence

from markdown_it.rules_inline import StateInline

from .names import NAME_LIMIT, name_key

# Names longer than so many words are mentioned by nobody.
MOST_WORDS = 5
# One message calls that many people at most; what follows stays text.
MOST_MENTIONS = 50

# What was typed behind an @ -> the author (id) it means.
Mentionable = Mapping[str, int]

# Not inside a word or an address; but Chinese, Japanese and Korean put no blank before it.
_JOINED = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
_AT = re.compile(rf"(?:(?<![\w@/.])|(?<=[{_JOINED}]))@(?=[^\s@])")
_END = re.compile(r"(?=\s|$)|(?<=\w)(?!\w)")


def candidates(source: str) -> dict[str, set[str]]:
    """Every name that may be meant, by its `name_key`: the ways it is typed behind an @."""
    found: dict[str, set[str]] = {}
    for number, at in enumerate(_AT.finditer(source)):
        if number >= MOST_MENTIONS:
            break
        rest = source[at.end() : at.end() + NAME_LIMIT + 1].partition("\n")[0]
        for typed in _names_from(rest):
            found.setdefault(name_key(typed), set()).add(typed)
    found.pop("", None)
    return found


def _names_from(rest: str) -> Sequence[str]:
    ends = {end.start() for end in _END.finditer(rest) if 0 < end.start() <= NAME_LIMIT}
    names: list[str] = []
    for end in sorted(ends):
        typed = rest[:end]
        if typed != typed.strip():
            continue
        if len(names) >= 2 * MOST_WORDS:
            break
        names.append(typed)
    return names


def mention(state: StateInline, silent: bool) -> bool:
    """The inline rule: `@` with a known name behind it."""
    if state.src[state.pos] != "@" or not _AT.match(state.src, state.pos):
        return False
    known: Mentionable = state.env.get("mentionable", {})
    rest = state.src[state.pos + 1 : state.pos + 1 + NAME_LIMIT + 1]
    typed = next((name for name in _names_from(rest)[::-1] if name in known), None)
    if typed is None:
        return False
    if not silent:
        author = known[typed]
        state.env.setdefault("mentioned", {})[author] = None
        token = state.push("mention", "span", 0)
        token.content = f"@{typed}"
        token.meta = {"author": author}
    state.pos += 1 + len(typed)
    return True
