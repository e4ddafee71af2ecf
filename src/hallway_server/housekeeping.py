"""What must be done now and then while the server runs: old events and old sessions go."""

import logging
import threading
from types import TracebackType
from typing import Self

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.utils import timezone

from hallway.events import log

logger = logging.getLogger("hallway.housekeeping")

EVERY_SECONDS = 3600.0


class Housekeeper:
    """Runs beside the server, in a thread of its own."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hallway-housekeeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(EVERY_SECONDS):
            try:
                tidy()
            except DatabaseError as error:
                logger.warning("Housekeeping failed, trying again in an hour: %s", error)
            finally:
                connection.close()


def tidy() -> None:
    """One round. Each step is safe to run twice."""
    log.trim()
    with log.write():
        Session.objects.filter(expire_date__lt=timezone.now()).delete()
