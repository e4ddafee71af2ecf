"""What was drawn once and will be asked for again."""

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Values by all that they depend on; thrown away together when they are too much.

    What is asked for often is soon there again, and no bookkeeping is paid at each look.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._values: dict[Hashable, V] = {}
        self._size = 0

    def get(self, key: Hashable) -> V | None:
        return self._values.get(key)

    def keep(self, key: Hashable, value: V, *, size: int) -> V:
        """Remember a value of this size, in whatever `most` is counted in."""
        if self._size + size > self._most:
            self.clear()
        self._values[key] = value
        self._size += size
        return value

    def clear(self) -> None:
        self._values, self._size = {}, 0
