"""Which addresses in a text become links, and where they end."""

import re
from typing import Any

from linkify_it import LinkifyIt  # type: ignore[import-untyped]

# An address without http:// or www. is recognised under these only. Left out are the endings that
# are file names among programmers (manage.py, README.md, run.sh, main.rs) or words after a full
# stop without a space ("done.so", "ok.it").
_ENDINGS = """
    com org net edu gov int info biz pro museum coop aero asia shop xyz io dev app chat wiki blog
    рф ae ar br bg ch cl cn co cz de dk ee eg es eu fi fr gr hk hr hu id ie il ir jp ke kr kz lt
    lu lv mx my ng nl nz pe ph pk pt ro ru sa se sg si sk th tr tw ua uk us uz vn za
""".split()  # noqa: SIM905

# Chinese and Japanese put no space between an address and what follows it. The first of these
# signs ends it: brackets too, for a remark in brackets is likelier than brackets in an address.
_CJK_SIGN = re.compile("[。，！？；：、…（）《》「」『』【】〈〉〔〕“”‘’]")
# A host does not change from Latin to Chinese, Japanese or Korean within its last part.
_CJK_AFTER_HOST = re.compile(
    "(?:https?://)?[^/?#\\s]*\\.[a-z]{2,24}(?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])",
    re.IGNORECASE,
)

# The only addresses a link may have; everything else stays text, as it was typed.
_SAFE = re.compile(r"https?://[^\s/?#]|mailto:[^\s@]+@[^\s@]", re.IGNORECASE)


# Without one of these there is no address.
_HINT = re.compile(
    rf"://|[^\s@]@[^\s@]|\bwww\.|\.(?:xn--|(?:{'|'.join(_ENDINGS)})\b)",
    re.IGNORECASE,
)


class ChatLinkify(LinkifyIt):  # type: ignore[misc]
    """linkify-it without its guesses that go wrong in a chat."""

    def __init__(self) -> None:
        super().__init__()
        self.add("ftp:", None)
        self.add("//", None)
        self.tlds(_ENDINGS)

    def pretest(self, text: str) -> bool:
        """Whether `match` is worth its time; linkify-it's own answer takes a quarter of it."""
        return may_hold_link(text)

    test = pretest

    def match(self, text: str) -> Any:
        return super().match(_bearable(text))

    def normalize(self, match: Any) -> None:
        """Called for every address found; linkify-it's own place for changes."""
        end = _end_of_address(match.raw)
        match.last_index -= len(match.raw) - end
        match.raw = match.text = match.url = match.raw[:end]
        super().normalize(match)


# After each of these linkify-it looks for an address up to the end of the word: 8,000 characters of
# "|www." or "=a." took it 6 s. An address with 100 parameters costs 0.2 million such looks.
_START = re.compile("[$+=^`|]")
_LONG_WORD = re.compile(r"\S{200,}")
MOST_LOOKS = 300_000


def _bearable(text: str) -> str:
    """The text with blanks for the words beyond what all its words may cost."""
    left = MOST_LOOKS

    def bear(found: re.Match[str]) -> str:
        nonlocal left
        word = found.group()
        cost = len(word) * len(_START.findall(word))
        if cost > left:
            return " " * len(word)
        left -= cost
        return word

    return _LONG_WORD.sub(bear, text)


def may_hold_link(text: str) -> bool:
    """False only if no part of the text becomes a link by itself."""
    return ("." in text or "@" in text or "://" in text) and _HINT.search(text) is not None


def is_safe(url: str) -> bool:
    """Whether a link may lead there."""
    return _SAFE.match(url) is not None


def readable(url: str) -> str:
    """How an address is shown: as typed, with %E4%BD%A0 decoded where that gives plain letters."""
    return _ENCODED.sub(_decoded, url)


_ENCODED = re.compile("(?:%[89a-f][0-9a-f])+", re.IGNORECASE)


def _decoded(found: re.Match[str]) -> str:
    try:
        letters = bytes.fromhex(found.group().replace("%", "")).decode()
    except UnicodeDecodeError:
        return found.group()
    # Nothing invisible and nothing that turns the direction of writing inside an address.
    return letters if letters.isprintable() else found.group()


def _end_of_address(address: str) -> int:
    sign = _CJK_SIGN.search(address)
    end = sign.start() if sign else len(address)
    host = _CJK_AFTER_HOST.match(address, 0, end)
    return host.end() if host else end
