"""What the HTML of a message may consist of, written a second time, without `safe`."""

import re
from html.parser import HTMLParser

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "a", "code", "pre", "span", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
VALUES = {
    ("a", "href"): re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s@]+@)", re.IGNORECASE),
    ("a", "target"): re.compile("_blank$"),
    ("a", "rel"): re.compile("noopener noreferrer nofollow$"),
    ("ol", "start"): re.compile(r"\d{1,9}$"),
    ("pre", "class"): re.compile("highlight$"),
    ("code", "class"): re.compile(r"language-[a-z-]+$"),
    ("span", "class"): re.compile(r"[a-z][a-z0-9]{0,3}$"),
    ("th", "class"): re.compile("center$|right$"),
    ("td", "class"): re.compile("center$|right$"),
}


def strangers(html: str) -> list[str]:
    """Everything in this HTML that has no business in a message."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found + [f"unclosed {tag}" for tag in reader.open]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        if tag == "a" and ("a" in self.open or {name for name, _ in attrs} != _LINK):
            self.found.append(f"<a> in <a>, or without its attributes: {attrs}")
        for name, value in attrs:
            expected = VALUES.get((tag, name))
            if expected is None or not expected.match(value or ""):
                self.found.append(f"<{tag} {name}={value!r}>")
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}]>")


_LINK = {"href", "target", "rel"}
