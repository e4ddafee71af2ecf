"""Moves SQLite's write-ahead log into the database, from one connection only.

SQLite 3.7.0 to 3.51.2 may corrupt a database when two connections checkpoint at the same moment
(the "WAL-reset bug", https://sqlite.org/wal.html#walresetbug), and Debian 12 ships 3.40.1. So no
connection of ours checkpoints by itself (`wal_autocheckpoint=0`), and this one thread does it for
all. See docs/decisions/sqlite.md.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings

from hallway.events import log

from .beside import Beside

logger = logging.getLogger("hallway.database")

# Below this a checkpoint costs more than it saves; SQLite's own habit is 1,000 pages of 4 KiB.
WORTH_IT = 4_000_000
# While people write without a pause there are always frames that no checkpoint has seen, and the
# log is never begun anew by itself: above this size writers are made to wait for it a moment.
LARGE = 32_000_000
# A reader that stays in one snapshot keeps the log growing: say so at this size.
ALARM = 64_000_000


class Checkpointer(Beside):
    """On another database than SQLite it finds nothing to do."""

    name = "hallway-checkpoint"
    every_seconds = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._database = Path(settings.DATABASES["default"]["NAME"])
        self._log = self._database.with_name(self._database.name + "-wal")
        self._is_alarmed = False

    def round(self) -> None:
        size = self._log.stat().st_size if self._log.exists() else 0
        if size > WORTH_IT:
            self._checkpoint("PASSIVE")
        if size > LARGE:
            # SQLite's lock is nobody's turn: among busy writers it would hardly ever be had.
            with log.turn():
                self._checkpoint("TRUNCATE")
        if size > ALARM and not self._is_alarmed:
            logger.warning("The write-ahead log has grown to %d MB.", size // 1_000_000)
        self._is_alarmed = size > ALARM

    def _checkpoint(self, mode: str) -> None:
        """PASSIVE never waits; TRUNCATE waits for readers at most 0.1 s and gives up."""
        with closing(sqlite3.connect(self._database, isolation_level=None, timeout=0.1)) as own:
            own.execute("PRAGMA wal_autocheckpoint=0")
            # The database itself must reach the disk before its log is overwritten.
            own.execute("PRAGMA synchronous=FULL")
            own.execute(f"PRAGMA wal_checkpoint({mode})")
