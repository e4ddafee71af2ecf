"""HTTP/1.1 read byte by byte, for answers that do not end: head, then chunks, then SSE frames."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from hallway.live.signals import KINDS as SIGNALS
from tests.sse import Frame, StrictReader

SECONDS = 10.0


def until(is_true: Callable[[], Any], *, seconds: float = SECONDS, what: str = "") -> Any:
    """What the condition gives once it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := is_true()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what or is_true}"
        time.sleep(0.005)
    return found


class Answer:
    """One answer, fed with bytes as they come."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.frames: list[Frame] = []
        self.is_complete = False
        self.reader = StrictReader()
        self._raw = b""

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type") == "text/event-stream"

    def feed(self, piece: bytes) -> None:
        self._raw += piece
        if not self.status and b"\r\n\r\n" in self._raw:
            head, _, self._raw = self._raw.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            self.status = int(first.split()[1])
            for line in lines:
                name, _, value = line.partition(": ")
                self.headers[name.lower()] = value
        if self.status:
            self._take_body()

    def _take_body(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            while not self.is_complete and b"\r\n" in self._raw:
                size, _, rest = self._raw.partition(b"\r\n")
                length = int(size, 16)
                if len(rest) < length + 2:
                    return
                self._got(rest[:length])
                self._raw = rest[length + 2 :]
                self.is_complete = length == 0
        else:
            self._got(self._raw)
            self._raw = b""
            length = int(self.headers.get("content-length", "-1"))
            self.is_complete = length == len(self.body)

    def _got(self, piece: bytes) -> None:
        if self.is_stream and self.status == 200:
            self.frames += self.reader.feed(piece)
        else:
            self.body += piece


def get(url: str, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class Listener:
    """One open stream, read by a thread of its own."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self.answer = Answer()
        self.fault: Exception | None = None
        self.has_ended = False
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.sendall(get(url, headers))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until(lambda: self.answer.status or self.has_ended, what="the head of the stream")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def frames(self) -> list[Frame]:
        if self.fault is not None:
            raise self.fault
        return self.answer.frames

    @property
    def events(self) -> list[Frame]:
        """Everything but heartbeats and signals."""
        aside = ("heartbeat", *SIGNALS)
        return [frame for frame in list(self.frames) if frame.kind not in aside]

    def presence(self) -> dict[int, bool]:
        """Who is here, as it was told last."""
        told = [frame.data for frame in list(self.frames) if frame.kind == "presence"]
        return {one["author"]["id"]: one["online"] for one in told}

    def kinds(self) -> list[str]:
        return [frame.kind for frame in self.events]

    def contents(self) -> list[str]:
        """The texts of the messages posted."""
        posted = ("message.posted", "")
        return [frame.data["content"] for frame in list(self.frames) if frame.kind in posted]

    def heartbeat(self) -> Frame:
        """The first one: from here on the stream is live."""
        found: Frame = until(
            lambda: next((frame for frame in self.frames if frame.kind == "heartbeat"), None),
            what="the first heartbeat",
        )
        return found

    def wait(self, is_true: Callable[[Self], Any], *, seconds: float = SECONDS) -> Any:
        return until(lambda: is_true(self), seconds=seconds, what=f"more than {self.events}")

    def wait_for(self, content: str) -> None:
        self.wait(lambda heard: content in heard.contents())

    def wait_for_end(self, *, seconds: float = SECONDS) -> None:
        until(lambda: self.has_ended, seconds=seconds, what="the end of the stream")
        if self.fault is not None:
            raise self.fault

    def close(self) -> None:
        with suppress(OSError):  # the server has closed it already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(SECONDS)
        self._socket.close()

    def _read(self) -> None:
        try:
            while piece := self._socket.recv(65536):
                self.answer.feed(piece)
                if self.answer.is_complete:
                    break
        except OSError:  # closed by us, or cut by the server
            pass
        except Exception as fault:  # noqa: BLE001  told where it is waited for
            self.fault = fault
        finally:
            self.has_ended = True


class AsyncListener:
    """The same without a thread, for thousands of them."""

    def __init__(self) -> None:
        self.answer = Answer()
        self._heard = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, headers: dict[str, str]) -> Self:
        self = cls()
        parts = urlsplit(url)
        reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        self._writer.write(get(url, headers))
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def wait(self, is_true: Callable[[Answer], Any], *, seconds: float = SECONDS) -> None:
        async with asyncio.timeout(seconds):
            while not is_true(self.answer):
                assert self._task is not None
                if self._task.done():
                    self._task.result()
                    assert is_true(self.answer), "the stream ended before that"
                    return
                self._heard.clear()
                await self._heard.wait()

    async def close(self) -> None:
        assert self._writer is not None
        assert self._task is not None
        self._writer.close()
        try:
            await self._task
            await self._writer.wait_closed()
        except OSError:
            pass

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while not self.answer.is_complete and (piece := await reader.read(65536)):
                self.answer.feed(piece)
                self._heard.set()
        except OSError:
            pass
        finally:
            self._heard.set()
