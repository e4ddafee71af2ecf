"""A hub inside the test: its streams are read by hand, so nothing depends on time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from django.db import connection

from hallway.events import log
from hallway.events.log import Cursor
from hallway.live import opening
from hallway.live.door import Visitor, visitor_of_author
from hallway.live.hub import Hub
from hallway.live.opening import Ask
from hallway.live.signals import KINDS as SIGNALS
from hallway.live.stream import Stream
from hallway.models import Author
from tests.sse import Frame, StrictReader

R = TypeVar("R")


@asynccontextmanager
async def running_hub() -> AsyncIterator[Hub]:
    hub = Hub()
    await hub.start()
    try:
        yield hub
    finally:
        hub.close()


async def away(function: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """Call what asks the database, in a thread, as servers do."""

    def call() -> R:
        try:
            return function(*arguments, **named)
        finally:
            connection.close()

    return await asyncio.to_thread(call)


async def visit(author: Author, session_key: str | None = None) -> Visitor:
    """The author at the door, with the rights of this moment."""

    def look() -> Visitor:
        position = log.span().newest
        return visitor_of_author(author, session_key, position)

    return await away(look)


async def join(hub: Hub, author: Author, **options: Any) -> Stream:
    return hub.join(await visit(author), **options)


async def open_stream(hub: Hub, author: Author, since: object = None, *rooms: str) -> "Opened":
    return await opened_for(hub, await visit(author), since, *rooms)


async def opened_for(hub: Hub, visitor: Visitor, since: object = None, *rooms: str) -> "Opened":
    ask = Ask(rooms=rooms, since=None if since is None else str(since))
    return Opened(*await opening.events(hub, visitor, ask))


class Opened:
    """A stream as its client gets it: first the preface, then what waits."""

    def __init__(self, stream: Stream, preface: opening.Preface) -> None:
        self.stream = stream
        self.preface = preface
        self._reader = StrictReader()

    async def frames(self) -> list[Frame]:
        """What has come since the last look."""
        pieces = [piece async for piece in self.preface]
        while piece := self.stream.take():
            pieces.append(piece)
        aside = ("heartbeat", *SIGNALS)
        return [frame for frame in self._reader.feed(b"".join(pieces)) if frame.kind not in aside]

    async def kinds(self) -> list[str]:
        return [frame.kind for frame in await self.frames()]


def read(stream: Stream) -> list[Frame]:
    """What waits for a stream that was joined without a preface."""
    pieces = []
    while piece := stream.take():
        pieces.append(piece)
    return StrictReader().feed(b"".join(pieces))


def kinds(stream: Stream) -> list[str]:
    """What of the log waits for it."""
    return [frame.kind for frame in read(stream) if frame.kind not in SIGNALS]


def here(hub: Hub) -> Cursor:
    return Cursor(hub.epoch, hub.position)
