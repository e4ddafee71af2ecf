"""From the source of a message to what is stored beside it."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from . import links
from .characters import CONTROL
from .emoji import is_emoji_only
from .markdown import ChatMarkdown, is_too_deep, literal, plain
from .mentions import Mentionable
from .safe import safe

# A message is stored once and sent to everybody: its HTML may be so many times its source, and
# a bit more for the tags around short ones.
MOST_GROWTH = 20
FREE_GROWTH = 1000


@dataclass(frozen=True, slots=True)
class Body:
    """A message as it is shown: safe HTML, and the words alone for notifications and search."""

    html: str
    is_emoji_only: bool
    plain: str
    # Authors (ids) who are called by name.
    mentions: tuple[int, ...] = ()


def render(source: str, mentionable: Mentionable | None = None) -> Body:
    """Turn what `clean_source` let through into HTML. Never fails, whatever it is given.

    `mentionable` says whom the names behind an @ mean, see `candidates`.
    """
    if not mentionable and _is_plain_line(source):
        emoji_only = not source.isascii() and is_emoji_only(source)
        return Body(f"<p>{_escape(source)}</p>", emoji_only, source)
    source = CONTROL.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
    if is_emoji_only(source):
        return Body(safe(literal(source)), True, source.strip())
    return _render_markdown(source, mentionable)


def _render_markdown(source: str, mentionable: Mentionable | None = None) -> Body:
    env: dict[str, Any] = {"mentionable": mentionable or {}}
    tokens = _markdown.parse(source, env)
    words = plain(tokens)
    html = ""
    # A lone "-" is an empty list to Markdown; people mean the sign.
    if words and not is_too_deep(tokens):
        html = safe(_markdown.renderer.render(tokens, _markdown.options, {})).rstrip("\n")
    if not html or len(html) > MOST_GROWTH * len(source) + FREE_GROWTH:
        return Body(safe(literal(source)), False, source.strip())
    return Body(html, False, words, tuple(env.get("mentioned", ())))


_markdown = ChatMarkdown()

# Anything but a link by which a line could be more than its own letters: white space at the ends,
# a sign that starts a block, the signs of inline Markdown, control characters. The short way takes
# a seventh of the time of the long one or less, for most of what people say.
_RICH = re.compile(
    r"\A(?:[\s#>+\-]|\d{1,9}[.)])|\s\Z"
    r"|[\\`*_~\[\x00-\x1f\x7f-\x9f\ud800-\udfff]|<[A-Za-z]"
)


def _is_plain_line(source: str) -> bool:
    return bool(source) and not _RICH.search(source) and not links.may_hold_link(source)


def _escape(line: str) -> str:
    # As nh3 writes it.
    return escape(line, quote=False).replace("\u00a0", "&nbsp;")
