"""The rows, by family; importing this registers them all."""

from . import crash, delivery

__all__ = ["crash", "delivery"]
