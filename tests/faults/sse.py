"""A strict reader of event streams: what the specification forgives is an error here.

A frame of Hallway is `id`, `event` and one `data`, each once, in this order. Whoever smuggles a
line break into a message to forge a frame produces something this parser refuses.
"""

import re
from dataclasses import dataclass


class BadFrame(ValueError):
    """A frame that Hallway never sends."""


@dataclass(frozen=True, slots=True)
class Frame:
    cursor: str
    kind: str
    data: str

    @property
    def position(self) -> int:
        return int(self.cursor.rpartition("-")[2])


_FRAME = re.compile(r"id: ([0-9a-f]+-[0-9]+)\nevent: ([a-z]+(?:\.[a-z]+)?)\ndata: ([^\r\n]*)")
# What is true for a moment only has no position, and the checker does not follow it.
_SIGNAL = r"event: (?:typing|presence)\ndata: [^\r\n]*"
_ASIDE = re.compile(rf":[^\r\n]*|retry: [0-9]+|{_SIGNAL}")


def parse(raw: str) -> Frame | None:
    """The frame, or None for a comment, a retry time or a signal; else `BadFrame`."""
    match = _FRAME.fullmatch(raw)
    if match:
        return Frame(match[1], match[2], match[3])
    if _ASIDE.fullmatch(raw):
        return None
    raise BadFrame(raw[:200])
