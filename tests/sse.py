"""A strict reader of Server-Sent Events, for tests: whatever Hallway never sends is an error.

A browser forgives unknown fields, several ids in a frame, carriage returns. Here each of them
means that somebody's text has forged a part of the stream.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from hallway.api.stream import EVENTS
from hallway.live.signals import KINDS as SIGNALS

CURSOR = re.compile(r"[0-9a-f]{12}-(0|[1-9][0-9]*)")
COMMENTS = {": hallway", ": heartbeat"}


@dataclass(frozen=True)
class Frame:
    kind: str
    cursor: str
    data: Any

    @property
    def id(self) -> int:
        return int(self.cursor.rsplit("-")[-1])


class StrictReader:
    """Turns bytes into frames. An unnamed frame has the kind "" (the tutorial's stream)."""

    def __init__(self) -> None:
        self.retries: list[int] = []
        self._rest = b""

    @property
    def is_between_frames(self) -> bool:
        return not self._rest

    def feed(self, piece: bytes) -> list[Frame]:
        assert b"\r" not in piece, "a carriage return in the stream"
        assert b"\0" not in piece, "a NUL in the stream"
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        frames = (self._frame(block.decode()) for block in blocks)
        return [frame for frame in frames if frame is not None]

    def _frame(self, block: str) -> Frame | None:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            if line.startswith(":"):
                assert line in COMMENTS, f"unknown comment {line!r}"
                continue
            name, colon, value = line.partition(": ")
            assert colon, f"not a field: {line!r}"
            assert name not in fields, f"two fields {name!r} in one frame"
            fields[name] = value
        match fields:
            case {"id": cursor, "event": kind, "data": payload, **rest}:
                assert not rest, f"unknown fields {rest}"
                assert CURSOR.fullmatch(cursor), f"not a cursor: {cursor!r}"
                assert kind in EVENTS, f"not a kind of event: {kind!r}"
                return Frame(kind, cursor, json.loads(payload))
            case {"event": kind, "data": payload, **rest}:
                assert not rest, f"unknown fields {rest}"
                assert kind in SIGNALS, f"without a position: {kind!r}"
                return Frame(kind, "", json.loads(payload))
            case {"data": payload, **rest}:
                assert not rest, f"unknown fields {rest}"
                return Frame("", "", json.loads(payload))
            case {"retry": milliseconds, **rest}:
                assert not rest, f"unknown fields {rest}"
                self.retries.append(int(milliseconds))
                return None
        assert not fields, f"an incomplete frame: {fields}"
        return None
