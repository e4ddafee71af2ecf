"""What clients did and what they were told, written down while it happens.

Two files a run, a line of JSON each. `operations.jsonl` holds every attempt to change something;
`streams.jsonl` every frame as it came, before anybody drops a repetition, and the marks between
them (a connection opened or closed, a page loaded). Times are seconds of one monotonic clock: all
clients of a run live in one process. Nothing here judges; `checker.py` does, from these files.
"""

import json
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Self

Outcome = Literal["ok", "fail", "unknown"]


class Journal:
    """Writes the history of one run into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._operations = (folder / "operations.jsonl").open("w")
        self._streams = (folder / "streams.jsonl").open("w")
        # A frame that a hundred readers get is written once; the others refer to it by number.
        self._known: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._operations.close()
        self._streams.close()

    def flush(self) -> None:
        self._operations.flush()
        self._streams.flush()

    def operation(
        self,
        *,
        time: float,
        user: int,
        op: str,
        op_id: str,
        outcome: Outcome,
        room: str = "",
        token: str = "",
        seq: int = 0,
        **more: Any,
    ) -> None:
        """One attempt: begun at `time`, ended now; `user` is the author's id."""
        line = {
            "time": time, "until": monotonic(), "user": user, "op": op, "op_id": op_id,
            "room": room, "token": token, "outcome": outcome, "seq": seq, **more,
        }  # fmt: skip
        self._operations.write(json.dumps(line) + "\n")

    def frame(self, reader: str, connection: int, raw: bytes) -> None:
        """One frame, exactly as it came off the wire."""
        number = self._known.get(raw)
        if number is None:
            number = self._known[raw] = len(self._known)
            text = json.dumps(raw.decode("utf-8", "surrogateescape"))
            self._streams.write(f'{{"known": {number}, "raw": {text}}}\n')
        self._streams.write(
            f'{{"time": {monotonic():.6f}, "reader": "{reader}", "connection": {connection}, '
            f'"frame": {number}}}\n'
        )

    def mark(self, mark: str, reader: str, connection: int, **more: Any) -> None:
        """Something between frames: `open`, `close`, `snapshot`, `done`."""
        line = {
            "time": monotonic(), "mark": mark, "reader": reader, "connection": connection, **more
        }  # fmt: skip
        self._streams.write(json.dumps(line) + "\n")
