"""Messages made of a few emoji and nothing else, which are drawn large; and emoji one by one."""

import re

from hallway.errors import InvalidEmoji

MOST = 8

# Emoji_Presentation of Unicode 16; in the pictographic blocks also what is still unassigned, for
# newer phones send it before newer Pythons know it.
_PICTURE = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705"
    "\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50"
    "\u2b55\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201\U0001f21a\U0001f22f"
    "\U0001f232-\U0001f236\U0001f238-\U0001f23a\U0001f250\U0001f251\U0001f300-\U0001f64f"
    "\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7ff\U0001f900-\U0001f9ff\U0001fa70-\U0001faff"
)
# Signs that become a picture only with a variation selector or a skin tone behind them. Faces and
# hearts count without one too: many keyboards forget it.
_SIGN = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2328\u23cf\u23e9-\u23fa\u24c2\u25aa-\u25fe"
    "\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e"
    "\U0001f17f\U0001f202\U0001f237"
)
_BARE = "\u2639\u263a\u2665\u2764"
_TONE = "[\U0001f3fb-\U0001f3ff]"
_TAGS = "[\U000e0020-\U000e007e]{1,8}\U000e007f"
_ONE = f"(?:[{_PICTURE}](?:{_TONE}|\ufe0f)?|[{_SIGN}](?:\ufe0f|{_TONE})|[{_BARE}])(?:{_TAGS})?"
# In a chain (family, kiss, flags of pride) the selector may be missing in any but the first place.
_CHAIN = f"{_ONE}(?:\u200d(?:{_ONE}|[{_SIGN}]))" + "{0,9}"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_ONE_EMOJI = re.compile(rf"(?:{_FLAG}|{_KEYCAP}|{_CHAIN})")
_EMOJI_ONLY = re.compile(rf"\s*(?:(?:{_FLAG}|{_KEYCAP}|{_CHAIN})\s*){{1,{MOST}}}")

# Eight of the longest emoji (a kiss with two skin tones) with a line between them.
_LONGEST = 120


def is_emoji_only(source: str) -> bool:
    """Whether this is one to eight emoji, apart from white space."""
    return len(source) <= _LONGEST and _EMOJI_ONLY.fullmatch(source) is not None


def clean_emoji(sign: str) -> str:
    """One emoji as it is kept: a heart typed without its selector is the same heart.

    Raises `InvalidEmoji` for anything but exactly one.
    """
    if len(sign) > _LONGEST or not _ONE_EMOJI.fullmatch(sign):
        raise InvalidEmoji
    return f"{sign}\ufe0f" if sign in _BARE else sign
