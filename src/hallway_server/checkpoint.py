"""Moves SQLite's write-ahead log into the database, from one connection only.

SQLite 3.7.0 to 3.51.2 may corrupt a database when two connections checkpoint at the same moment
(the "WAL-reset bug", https://sqlite.org/wal.html#walresetbug), and Debian 12 ships 3.40.1. So no
connection of ours checkpoints by itself (`wal_autocheckpoint=0`), and this one thread does it for
all. See docs/decisions/sqlite.md.
"""

import logging
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

logger = logging.getLogger("hallway.database")

EVERY_SECONDS = 1.0
# Below this a checkpoint costs more than it saves; SQLite's own habit is 1,000 pages of 4 KiB.
WORTH_IT = 4_000_000
# A reader that stays in one snapshot keeps the log growing: say so at this size.
ALARM = 64_000_000


class Checkpointer:
    """Runs beside the server. On another database it does nothing."""

    def __init__(self) -> None:
        database = settings.DATABASES["default"]
        self._path = Path(database["NAME"]) if "sqlite" in database["ENGINE"] else None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hallway-checkpoint", daemon=True)

    def __enter__(self) -> Self:
        if self._path is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        assert self._path is not None
        log = self._path.with_name(self._path.name + "-wal")
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0.1)
        connection.execute("PRAGMA wal_autocheckpoint=0")
        # The checkpoint itself must reach the disk before the log is overwritten.
        connection.execute("PRAGMA synchronous=FULL")
        is_alarmed = False
        while not self._stopped.wait(EVERY_SECONDS):
            try:
                size = log.stat().st_size
                if size > WORTH_IT:
                    # TRUNCATE waits for readers at most 0.1 s and gives up; PASSIVE never waits.
                    connection.execute(
                        f"PRAGMA wal_checkpoint({'TRUNCATE' if size > ALARM else 'PASSIVE'})"
                    )
            except FileNotFoundError:
                continue
            except sqlite3.Error as error:
                logger.warning("Checkpoint failed, trying again: %s", error)
                continue
            if size > ALARM and not is_alarmed:
                logger.warning("The write-ahead log has grown to %d MB.", size // 1_000_000)
            is_alarmed = size > ALARM
        connection.close()
