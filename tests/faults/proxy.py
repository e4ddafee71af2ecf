"""A TCP proxy that does to connections what networks do to them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from .wire import reset_on_close

PIECE = 65536


class Proxy:
    """Between a client and the server, on loopback. What is set counts for every byte from then on.

    latency       seconds before each piece is passed on, both ways
    slices        at most so many bytes a piece
    lifetime      called for each connection: seconds until it is reset
    cut_after     called for each connection: bytes from the server until it is reset
    swallow       the server's answers are read and thrown away
    black_hole()  nothing passes any more, nobody is told; `clear()` ends it
    strand()      nothing passes any more on the connections there are; new ones pass
    watch         called with each piece from a client and that client's port: True throws it away
    """

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.port = 0
        self.latency = 0.0
        self.slices = PIECE
        self.lifetime: Callable[[], float] | None = None
        self.cut_after: Callable[[], int] | None = None
        self.swallow = False
        self.watch: Callable[[bytes, int], bool] | None = None
        self.resets = 0
        self._open = asyncio.Event()
        self._open.set()
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        return len(self._connections)

    def black_hole(self) -> None:
        self._open.clear()

    def clear(self) -> None:
        self._open.set()

    def strand(self) -> None:
        self._open.clear()
        self._open = asyncio.Event()
        self._open.set()

    def reset_all(self) -> None:
        for writers in tuple(self._connections.values()):
            self._reset(writers)

    def _reset(self, writers: list[asyncio.StreamWriter]) -> None:
        self.resets += 1
        for writer in writers:
            if not writer.transport.is_closing():
                reset_on_close(writer.transport)
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._connections[task] = [writer]
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
            writers.append(up_writer)
            async with asyncio.timeout(self.lifetime() if self.lifetime else None):
                await self._join(reader, writer, up_reader, up_writer)
        except TimeoutError:
            self._reset(writers)
        except (OSError, RuntimeError):  # the latter is how uvloop writes to what is closed
            pass
        except asyncio.CancelledError:
            self._reset(writers)
        finally:
            del self._connections[task]
            for one in writers:
                one.transport.abort()

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        limit = self.cut_after() if self.cut_after else None
        port: int = writer.get_extra_info("peername")[1]
        up = asyncio.create_task(self._pump(reader, up_writer, None, port, answers=False))
        down = asyncio.create_task(self._pump(up_reader, writer, limit, port, answers=True))
        # A client that was killed is gone both ways, and the server has to hear of it.
        up.add_done_callback(lambda done: _is_broken(done) and down.cancel())
        try:
            # The client may stop sending and go on listening; the server's end is the end.
            await down
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limit: int | None,
        port: int,
        *,
        answers: bool,
    ) -> None:
        is_open = self._open
        while piece := await reader.read(self.slices):
            if self.latency:
                await asyncio.sleep(self.latency)
            await is_open.wait()
            if answers and self.swallow:
                continue
            if not answers and self.watch is not None and self.watch(piece, port):
                continue
            if limit is not None and len(piece) >= limit:
                writer.write(piece[:limit])
                await writer.drain()
                raise TimeoutError
            if limit is not None:
                limit -= len(piece)
            writer.write(piece)
            await writer.drain()
        if not writer.transport.is_closing():
            with suppress(OSError):
                writer.write_eof()


def _is_broken(done: "asyncio.Task[None]") -> bool:
    return not done.cancelled() and done.exception() is not None
