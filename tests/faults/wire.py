"""HTTP/1.1 by hand: requests that can be cut anywhere, and ears that hear a stream's raw bytes."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

Headers = Mapping[str, str]


class NoAnswer(Exception):
    """The connection ended, or time did, before the whole answer was there."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def request(
    method: str, path: str, *, headers: Headers | None = None, body: bytes | None = None
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body or b"")


class Wire:
    """One kept-alive connection for one request at a time; opened again when it broke."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Headers | None = None,
        body: bytes | None = None,
        patience: float = 10.0,
    ) -> Answer:
        """Send a request and read its answer; `NoAnswer` when it does not come."""
        return await self.send(request(method, path, headers=headers, body=body), patience)

    async def send(self, raw: bytes, patience: float = 10.0) -> Answer:
        try:
            async with asyncio.timeout(patience):
                if self._writer is None or self._writer.is_closing():
                    self._reader, self._writer = await asyncio.open_connection(
                        "127.0.0.1", self.port, limit=2**22
                    )
                assert self._reader is not None
                self._writer.write(raw)
                answer, stays = await _read_answer(self._reader, head=raw.startswith(b"HEAD"))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            self.close()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        except asyncio.CancelledError:
            self.close()
            raise
        if not stays:
            self.close()
        return answer

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None


async def _read_answer(reader: asyncio.StreamReader, *, head: bool) -> tuple[Answer, bool]:
    status, headers = _parse_head(await reader.readuntil(b"\r\n\r\n"))
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    elif not head and status not in (204, 304):
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read()
            return Answer(status, headers, body), False
    return Answer(status, headers, body), headers.get("connection", "").lower() != "close"


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


class Ear(asyncio.Protocol):
    """Hears one stream: undoes the chunks and hands on whole frames, untouched.

    `head` holds the answer's status and headers once they came; `closed` is set when the stream
    ended, and `is_complete` tells a proper end from a cut.
    """

    def __init__(self, raw: bytes, hear: Callable[[list[bytes]], None]) -> None:
        self._request = raw
        self._hear = hear
        self._buffer = bytearray()
        self._frames = bytearray()
        self._chunk_left = -1  # -1: a size line comes; 0: its closing line break
        self._is_chunked = False
        self.head: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()
        self.is_complete = False
        self.seen = b""  # the first bytes of the body, comments and all
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's; they do the same.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.head.done():
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            status, headers = _parse_head(head)
            self._buffer = bytearray(rest)
            self._is_chunked = headers.get("transfer-encoding") == "chunked"
            self.head.set_result(Answer(status, headers, b""))
        if self._is_chunked:
            self._unchunk()
        else:
            self._frames += self._buffer
            self._buffer.clear()
        if len(self.seen) < 64:
            self.seen += bytes(self._frames[:64])
        if b"\n\n" in self._frames:
            *whole, rest = bytes(self._frames).split(b"\n\n")
            self._frames = bytearray(rest)
            self._hear(whole)
        # The server ends the connection too; a proxy keeps it for the next request.
        if self.is_complete and self.transport is not None:
            self.transport.close()

    def _unchunk(self) -> None:
        while self._buffer:
            if self._chunk_left == -1:
                line, found, rest = self._buffer.partition(b"\r\n")
                if not found:
                    return
                self._chunk_left = int(line, 16)
                self._buffer = rest
                if self._chunk_left == 0:
                    self.is_complete = True
                    self._buffer.clear()
            elif self._chunk_left == 0:
                if len(self._buffer) < 2:
                    return
                del self._buffer[:2]
                self._chunk_left = -1
            else:
                self._frames += self._buffer[: self._chunk_left]
                taken = min(self._chunk_left, len(self._buffer))
                del self._buffer[:taken]
                self._chunk_left -= taken

    def connection_lost(self, error: Exception | None) -> None:
        if not self.head.done():
            self.head.set_exception(NoAnswer(f"closed before an answer: {error}"))
            self.head.exception()
        self.closed.set()

    def close(self, *, reset: bool = False) -> None:
        """Hang up: politely, or with a reset."""
        if self.transport is None:
            return
        if reset:
            reset_on_close(self.transport)
        self.transport.abort()


async def listen(
    port: int, raw: bytes, hear: Callable[[list[bytes]], None], *, receive_buffer: int | None = None
) -> Ear:
    """Connect and ask for a stream; `receive_buffer` makes the kernel hold back early."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    try:
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        _, ear = await loop.create_connection(lambda: Ear(raw, hear), sock=sock)
    except BaseException:
        sock.close()
        raise
    return ear


def reset_on_close(transport: asyncio.BaseTransport) -> None:
    """Let closing send RST instead of FIN."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
