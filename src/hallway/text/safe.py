"""The last step: whatever the steps before did, only this HTML leaves."""

from html import escape

import nh3

from .code import CLASSES, LANGUAGES

TAGS = {
    "p", "br", "hr", "strong", "em", "s", "a", "code", "pre", "span", "blockquote", "ul", "ol",
    "li", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# The empty "*" takes away title and lang, which nh3 allows everywhere unless told otherwise.
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "span": {"data-author"},
}
CSS_CLASSES = {
    "pre": {"highlight"},
    "code": {f"language-{lexer}" for lexer in LANGUAGES.values()},
    "span": {*CLASSES, "mention"},
    "th": {"center", "right"},
    "td": {"center", "right"},
}
SCHEMES = {"http", "https", "mailto"}
# No window.opener, no address of this room told to other sites, no reward for spam.
REL = "noopener noreferrer nofollow"

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    allowed_classes=CSS_CLASSES,
    url_schemes=SCHEMES,
    url_relative="deny",
    link_rel=REL,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def keeps_link(url: str) -> bool:
    """Whether a link with this address comes out whole; `https://x:y` is no address to nh3."""
    return " href=" in _cleaner.clean(f'<a href="{escape(url)}"></a>')


def safe(html: str) -> str:
    """The allowed part of this HTML."""
    return _cleaner.clean(html)
