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
_ASIDE = re.compile(r":[^\r\n]*|retry: [0-9]+")


def parse(raw: str) -> Frame | None:
    """The frame, or None for a comment or a retry time. Raises `BadFrame` on anything else."""
    match = _FRAME.fullmatch(raw)
    if match:
        return Frame(match[1], match[2], match[3])
    if _ASIDE.fullmatch(raw):
        return None
    raise BadFrame(raw[:200])
