"""The rows, by family; importing this registers them all."""

from . import crash, database, delivery, inputs, load, privacy, processes, upkeep

__all__ = ["crash", "database", "delivery", "inputs", "load", "privacy", "processes", "upkeep"]
