"""Who asks for what just now, for the lines of the log that are about it.

A line tells who, from where, in which request, and the name of what was done or refused. Never what
was written, a cookie, a token or a whole address of a page: some of them are secrets.
"""

import logging
from contextvars import ContextVar
from typing import Any

logger = logging.getLogger("hallway.refusals")


# Where a scope carries it from the event loop into threads.
KEY = "hallway.asking"


class Asking:
    """One request, from its first byte on."""

    __slots__ = ("author", "request_id", "scope")

    def __init__(self, request_id: str, scope: Any) -> None:
        self.request_id = request_id
        self.scope = scope
        self.author: int | None = None

    @property
    def address(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def about(self) -> str:
        """The method, and as much of the path as is no secret."""
        return f"{self.scope.get('method', '')} {beginning(self.scope.get('path', ''))}"


current: ContextVar[Asking | None] = ContextVar("hallway_asking", default=None)


def beginning(path: str) -> str:
    """`/api/rooms` of `/api/rooms/den/messages`, `/join` of `/join/a-secret/`."""
    parts = path.split("/", 3)[1:]
    kept = parts[:2] if parts[:1] == ["api"] else parts[:1]
    return "/" + "/".join(kept)


def note(what: str, **fields: object) -> None:
    """Write a line about what was done or refused; `fields` are ids and names of ours."""
    logger.info(what, extra={"fields": fields})
