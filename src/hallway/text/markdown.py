"""The Markdown of a chat: CommonMark with a few rules of its own, so that nothing typed disappears.

What differs from CommonMark, and why, is in docs/decisions/markdown.md.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, linkify
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from . import code, links
from .mentions import mention
from .safe import keeps_link

# Quotes and lists inside each other; markdown-it drops what is nested deeper, so `is_too_deep`
# tells. 20 instead of its 100 makes its worst case five times faster.
MOST_NESTING = 20
# Columns times lines that follow: the cells that a table fills in by itself could make 2 KB of
# source 650 KB of HTML.
MOST_CELLS = 2000


class ChatRenderer(RendererHTML):
    """Draws the tokens that look different in a chat."""

    def heading_open(self, *_: object) -> str:
        # A message has no place in the outline of the page around it.
        return "<p><strong>"

    def heading_close(self, *_: object) -> str:
        return "</strong></p>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        words = tokens[idx].info.split(maxsplit=1)
        return code.draw(tokens[idx].content, words[0] if words else "")

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return code.draw(tokens[idx].content, "")

    def mention(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        name = escape(tokens[idx].content, quote=False)
        return f'<span class="mention" data-author="{tokens[idx].meta["author"]}">{name}</span>'


class ChatMarkdown(MarkdownIt):
    """The parser: one for all threads, for it keeps nothing between two texts."""

    def __init__(self) -> None:
        super().__init__(
            "js-default",
            {"html": False, "linkify": True, "breaks": True, "maxNesting": MOST_NESTING},
            renderer_cls=ChatRenderer,
        )
        self.linkify = links.ChatLinkify()
        # reference: a definition would vanish. lheading: "---" under a line makes no title of it.
        # entity, html_*: what people type about HTML is shown as they typed it.
        # replacements, smartquotes: quotes and dashes stay as typed.
        self.disable(["reference", "lheading", "html_block", "html_inline", "entity"]).disable(
            ["replacements", "smartquotes"]
        )
        self.block.ruler.at("table", _small_table, {"alt": ["paragraph", "reference"]})
        self.block.ruler.before("paragraph", "end_of_quote", _end_of_quote, {"alt": ["blockquote"]})
        self.block.ruler.before("paragraph", "end_of_item", _end_of_item, {"alt": ["paragraph"]})
        self.inline.ruler.at("linkify", _http_link)
        self.inline.ruler.before("escape", "shrug", _shrug)
        self.inline.ruler.before("escape", "mention", mention)
        self.core.ruler.before("linkify", "visible_links", _make_links_visible)

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return links.is_safe(url) and keeps_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return links.readable(link)


def is_too_deep(tokens: Sequence[Token]) -> bool:
    """Whether something was nested so deep that markdown-it may have left it out."""
    return any(token.level >= MOST_NESTING - 1 for token in tokens)


def plain(tokens: Sequence[Token]) -> str:
    """The words alone, a line for each block."""
    return "\n".join(line for token in tokens if (line := _words(token))).strip()


def _words(token: Token) -> str:
    if token.type != "inline":
        return token.content.rstrip("\n")
    return "".join(_inline_words(token.children or ()))


def _inline_words(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        yield "\n" if child.type in {"softbreak", "hardbreak"} else child.content


def _small_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start + 2 > end:
        return False
    rule = _line(state, start + 1)
    if not _TABLE_RULE.fullmatch(rule) or (end - start) * rule.count("|") > MOST_CELLS:
        return False
    found = table(state, start, end, silent)
    if found and not silent:
        _align_by_class(state.tokens)
    return found


# The second line of a table; without a | it would be a list or a line across.
_TABLE_RULE = re.compile(r"(?=.*\|)(?=.*-)[-:|][-:|\s]*")


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _align_by_class(tokens: Sequence[Token]) -> None:
    """A class where markdown-it writes an inline style, which a strict CSP refuses."""
    for token in reversed(tokens):
        if token.type == "table_open":
            break
        style = token.attrs.pop("style", "")
        if style in {"text-align:center", "text-align:right"}:
            token.attrs["class"] = str(style).removeprefix("text-align:")


def _end_of_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line without > answers the quote above it; CommonMark would make it part of the quote."""
    # Tables ask the same chain of rules where they end.
    return silent and state.parentType == "blockquote"


def _end_of_item(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line that is not indented ends the list above it, for the same reason."""
    return silent and 0 <= state.sCount[start] < state.blkIndent


def _http_link(state: StateInline, silent: bool) -> bool:
    # markdown-it looks at all the text so far for every "://": 0.6 s for 8,000 characters of them.
    if state.src[state.pos] != ":":
        return False
    before = state.src[max(0, state.pos - 5) : state.pos].lower()
    return before.endswith(("http", "https")) and linkify(state, silent)


_SHRUG = re.compile(r"¯\\?\\_\(ツ\)_/¯")


def _shrug(state: StateInline, silent: bool) -> bool:
    """¯\\_(ツ)_/¯ keeps both arms; the commonest backslash in a chat escapes nothing."""
    if state.src[state.pos] != "\\" or not state.pending.endswith("¯"):
        return False
    found = _SHRUG.match(state.src, state.pos - 1)
    if found is None:
        return False
    if not silent:
        state.pending += "\\_(ツ)_/¯"
    state.pos = found.end()
    return True


def _make_links_visible(state: StateCore) -> None:
    """Pictures become links, a link without a text shows its address, one to nowhere is text."""
    for token in state.tokens:
        if token.children and "](" in token.content:
            token.children = list(_visible(token.children))


def _visible(children: Sequence[Token]) -> Iterator[Token]:
    addresses: list[str] = []
    for child, following in zip(children, [*children[1:], None], strict=True):
        if child.type == "image":
            yield from _link_to_picture(child, inside_link=any(addresses))
        elif child.type == "link_open":
            addresses.append(str(child.attrs["href"]))
            yield child if addresses[-1] else _text("[", child.level)
            if addresses[-1] and following and following.type == "link_close":
                yield _text(links.readable(addresses[-1]), child.level + 1)
        elif child.type == "link_close":
            yield child if addresses.pop() else _text("]()", child.level)
        else:
            yield child


def _link_to_picture(picture: Token, *, inside_link: bool) -> Iterator[Token]:
    address, level = str(picture.attrs["src"]), picture.level
    label = "".join(_inline_words(picture.children or ()))
    if not address:
        yield _text(f"![{label}]()", level)
    elif inside_link:
        yield _text(label.strip() or links.readable(address), level)
    else:
        yield Token("link_open", "a", 1, attrs={"href": address}, level=level)
        yield _text(label.strip() or links.readable(address), level + 1)
        yield Token("link_close", "a", -1, level=level)


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def literal(source: str) -> str:
    """The text as it was typed, line by line: for what Markdown would hide or blow up."""
    return "<p>" + escape(source.strip(), quote=False).replace("\n", "<br>\n") + "</p>"
