"""Characters that need care wherever people may type anything."""

import re

# Nobody types these: a terminal, a log or an XML feed may act on them, and half of a surrogate pair
# cannot be written as UTF-8.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# What draws nothing by itself: Unicode's Default_Ignorable_Code_Point, and blank Braille.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff"
)
INVISIBLE = re.compile(f"[{_IGNORABLE}]+")
VISIBLE = re.compile(f"[^\\s{_IGNORABLE}]")
