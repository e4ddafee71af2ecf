"""Work that goes on beside the server: a thread that does one round now and then."""

import logging
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

logger = logging.getLogger("hallway.beside")


class Beside(ABC):
    """Runs while its `with` block does. A round that fails is logged, and the next one comes."""

    name: ClassVar[str]
    every_seconds: ClassVar[float]

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)

    @abstractmethod
    def round(self) -> None:
        """What is to be done each time; safe to do twice."""

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
        while not self._stopped.wait(self.every_seconds):
            try:
                self.round()
            except Exception as error:  # noqa: BLE001  the edge of a worker's loop
                logger.warning("%s failed, trying again: %s", self.name, error)
