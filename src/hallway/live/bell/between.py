"""The bell between processes: what one of them has to tell the others, by whatever carries it.

PostgreSQL carries it where the log is, Redis where `REDIS_URL` names one. Letters may be lost: the
log is read every `POLL_SECONDS` anyway, who types stops typing, and who is here is told again. So
nothing here ever waits for a carrier or fails because of one.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from secrets import token_hex
from time import monotonic
from typing import Any, Protocol

from django.utils.module_loading import import_string

from hallway import conf
from hallway.driver import database

logger = logging.getLogger("hallway.live")

# This process, to the others: what comes back to us is what we know already.
ORIGIN = token_hex(6)
# A carrier that is gone is looked for this often.
RETRY_SECONDS = 0.5
# Nobody reads more than one complaint in this time.
QUIET_SECONDS = 30.0
# Letters that may wait for the carrier; more than that at once is what the next ones say again.
MOST_LETTERS = 10_000

Word = list[Any]
Hear = Callable[[str, Word], object]


class Carrier(Protocol):
    # Whether it takes a ring along with the commit, or has to be told after it.
    rings_with_commit: bool

    def send(self, letters: list[str]) -> None:
        """Give these to every process; may wait a second or two, and may fail."""

    def ears(self) -> AbstractContextManager[Iterator[str | None]]:
        """A connection that hears letters; None now and then, so that one can leave."""

    def listeners(self) -> int:
        """How many connections hear letters just now, of all processes."""


class Link:
    """This process's end: one thread that sends what waits, another that hears."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self._hears: set[Hear] = set()
        self._waiting: deque[str] = deque(maxlen=MOST_LETTERS)
        self._something = threading.Event()
        self._guard = threading.Lock()
        self._sender: threading.Thread | None = None
        self._hearer: threading.Thread | None = None
        self._quiet_until = 0.0

    def tell(self, word: Word) -> None:
        """From any thread, at once. An empty word is a ring."""
        letter = json.dumps([ORIGIN, *word], ensure_ascii=False, separators=(",", ":"))
        with self._guard:
            if not word and letter in tuple(self._waiting)[-1:]:
                return
            self._waiting.append(letter)
            if self._sender is None or not self._sender.is_alive():
                self._sender = self._start(self._send)
        self._something.set()

    def hear(self, hear: Hear) -> None:
        """Call this, in a thread of ours, with the origin and word of every letter of another
        process; with an empty word whenever the connection is new, for anything may be missed."""
        with self._guard:
            self._hears = self._hears | {hear}
            if self._hearer is None or not self._hearer.is_alive():
                self._hearer = self._start(self._listen)

    def unhear(self, hear: Hear) -> None:
        with self._guard:
            self._hears = self._hears - {hear}

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name="hallway-bell", daemon=True)
        thread.start()
        return thread

    def _send(self) -> None:
        while True:
            self._something.wait()
            self._something.clear()
            with self._guard:
                letters = list(self._waiting)
                self._waiting.clear()
            if letters:
                try:
                    self.carrier.send(letters)
                except Exception as error:  # noqa: BLE001  whatever it is, they are lost
                    self._complain(error)

    def _listen(self) -> None:
        while self._hears:
            try:
                with self.carrier.ears() as letters:
                    self._pass_on(["", []])
                    for letter in letters:
                        if not self._hears:
                            return
                        if letter is not None:
                            origin, *word = json.loads(letter)
                            self._pass_on([origin, word])
            except Exception as error:  # noqa: BLE001  the edge of a loop that must go on
                self._complain(error)
            threading.Event().wait(RETRY_SECONDS)

    def _pass_on(self, letter: list[Any]) -> None:
        origin, word = letter
        if origin != ORIGIN:
            for hear in self._hears:
                hear(origin, word)

    def _complain(self, error: Exception) -> None:
        if monotonic() > self._quiet_until:
            self._quiet_until = monotonic() + QUIET_SECONDS
            logger.warning("The bell between processes fails, polling instead: %s", error)


def link() -> Link | None:
    """What links this process with others; None where there can be none."""
    return _link(conf.get().REDIS_URL, database().vendor)


@cache
def _link(redis_url: str, vendor: str) -> Link | None:
    if redis_url:
        return Link(import_string("hallway.live.bell.redis.Redis")(redis_url))
    if vendor == "postgresql":
        return Link(import_string("hallway.live.bell.postgres.Postgres")())
    return None
