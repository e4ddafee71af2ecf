"""The load: streams that check what they get, and keep-alive connections in a closed loop.

One process and one event loop. Per delivery it runs one regular expression and one comparison in
C, so that on a machine with few cores it takes as little as possible from who is measured.
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from time import perf_counter
from typing import cast
from urllib.parse import urlencode

_POSTED = re.compile(rb'"client_id": ?"(b[0-9]+-[0-9]+)"')
HEARTBEAT = b"event: heartbeat"
ACCEPT = "Accept: text/event-stream\r\n"
HEAD = b"HTTP/1.1 200"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TEXT = "Shall we meet at the usual place tomorrow afternoon? I can bring the papers."
# Seconds for what is under way after the last post; connections that post at a steady rate.
DRAIN = 15.0
CONNECTIONS = 16
# Every this many streams note when each message came.
SAMPLE = 20


@dataclass(frozen=True)
class Visitor:
    """Somebody who came in: what a request needs to carry."""

    cookie: str = ""
    token: str = ""

    @property
    def headers(self) -> str:
        return f"Cookie: {self.cookie}\r\nX-CSRFToken: {self.token}\r\n"


def enter(port: int, name: str) -> Visitor:
    """Through the lobby, as a browser does."""
    asking = HTTPConnection("127.0.0.1", port, timeout=30)
    cookies: dict[str, str] = {}

    def ask(method: str, body: str = "") -> None:
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items())}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        asking.request(method, "/lobby/", body, headers)
        answer = asking.getresponse()
        answer.read()
        for line in answer.headers.get_all("Set-Cookie", []):
            key, _, value = line.partition(";")[0].partition("=")
            cookies[key] = value

    ask("GET")
    ask("POST", urlencode({"username": name, "csrfmiddlewaretoken": cookies["csrftoken"]}))
    asking.close()
    assert "sessionid" in cookies, f"{name} was not let in"
    return Visitor("; ".join(f"{k}={v}" for k, v in cookies.items()), cookies["csrftoken"])


@dataclass
class Record:
    """What was sent and what came, in one order for all streams."""

    order: list[bytes] = field(default_factory=list)
    sent: dict[bytes, float] = field(default_factory=dict)
    acknowledged: set[bytes] = field(default_factory=set)
    delivered: int = 0
    wrong: int = 0
    latencies: list[float] = field(default_factory=list)
    post_times: list[float] = field(default_factory=list)
    errors: int = 0


class StreamClient(asyncio.Protocol):
    """One open stream. The first to hear a message says what the others must hear at its place."""

    def __init__(
        self, record: Record, request: bytes, *, is_sample: bool, live_mark: bytes = HEARTBEAT
    ) -> None:
        self.record = record
        self.request = request
        # What says that whatever is posted from now on comes.
        self.live_mark = live_mark
        self.is_sample = is_sample
        self.position = 0
        self.is_live = False
        self.is_closed = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self.is_live and self.live_mark in data:
            self.is_live = True
        end = data.rfind(b"\n\n") + 2
        self._rest = data[end:] if end > 1 else data
        if end <= 1:
            return
        heard = _POSTED.findall(data, 0, end)
        if heard:
            self._hear(heard)

    def _hear(self, heard: list[bytes]) -> None:
        record, position = self.record, self.position
        self.position = after = position + len(heard)
        if after > len(record.order):
            record.order += heard[len(record.order) - position :]
        if record.order[position:after] != heard:
            record.wrong += 1
        record.delivered += len(heard)
        if self.is_sample:
            now, sent = perf_counter(), record.sent
            record.latencies += [now - sent[mark] for mark in heard if mark in sent]

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True


class Requests(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, next_request: Callable[[], bytes | None], done: Callable[[int], None]):
        self._next = next_request
        self._done = done
        self._got = b""
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        request = self._next()
        if request is not None:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._wanted:
            head = self._got.find(b"\r\n\r\n")
            if head < 0:
                return
            length = _LENGTH.search(self._got, 0, head)
            assert length is not None, self._got[:head]
            self._wanted = head + 4 + int(length[1])
        if len(self._got) >= self._wanted:
            status = int(self._got[9:12])
            self._got, self._wanted = b"", 0
            self._done(status)
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._done(0)


def get(path: str, visitor: Visitor, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{visitor.headers}{more}\r\n".encode()


class Poster:
    """Posts one after the other; with a rate, not before it is time."""

    def __init__(self, record: Record, number: int, visitor: Visitor) -> None:
        self._record = record
        self._number = number
        self._visitor = visitor
        self._count = 0
        self._mark = b""
        self.is_over = False

    def next(self) -> bytes | None:
        if self.is_over:
            self._mark = b""
            return None
        self._count += 1
        client_id = f"b{self._number}-{self._count}"
        self._mark = client_id.encode()
        body = json.dumps({"content": TEXT, "client_id": client_id})
        self._record.sent[self._mark] = perf_counter()
        return (
            "POST /api/rooms/hallway/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"{self._visitor.headers}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def done(self, status: int) -> None:
        if not self._mark:
            return
        if 200 < status < 300:
            self._record.acknowledged.add(self._mark)
            self._record.post_times.append(perf_counter() - self._record.sent[self._mark])
        else:
            self._record.errors += 1


async def open_streams(
    port: int,
    record: Record,
    visitors: list[Visitor],
    number: int,
    path: str,
    *,
    after: int = 0,
    live_mark: bytes = HEARTBEAT,
) -> list[StreamClient]:
    """Open so many streams, 200 at a time, and wait until all are live and `after` messages on."""
    loop = asyncio.get_running_loop()
    streams: list[StreamClient] = []
    for start in range(0, number, 200):
        for index in range(start, min(start + 200, number)):
            request = get(path, visitors[index % len(visitors)], ACCEPT)
            stream = StreamClient(
                record, request, is_sample=index % SAMPLE == 0, live_mark=live_mark
            )
            # Many addresses of our own, so that ports never run out.
            source = (f"127.0.0.{2 + index // 20000}", 0)
            await loop.create_connection(lambda s=stream: s, "127.0.0.1", port, local_addr=source)  # type: ignore[misc]
            streams.append(stream)
    async with asyncio.timeout(120):
        while not all(s.is_live and s.position >= after for s in streams):
            if any(stream.is_closed for stream in streams):
                raise RuntimeError("a stream was closed while it opened")
            await asyncio.sleep(0.005)
    return streams


async def load(port: int, requests: list[bytes], connections: int, seconds: float) -> Record:
    """The same requests over and over from so many connections: how many, how long each took."""
    record = Record()
    loop = asyncio.get_running_loop()
    end = perf_counter() + seconds
    opened = []
    for index in range(connections):
        begun = [0.0]

        def ask(begun: list[float] = begun, index: int = index) -> bytes | None:
            begun[0] = perf_counter()
            return requests[index % len(requests)] if begun[0] < end else None

        def done(status: int, begun: list[float] = begun) -> None:
            if status == 200:
                record.post_times.append(perf_counter() - begun[0])
            elif status:
                record.errors += 1

        transport, _ = await loop.create_connection(lambda: Requests(ask, done), "127.0.0.1", port)
        opened.append(transport)
    await asyncio.sleep(max(0.0, end - perf_counter()) + 0.3)
    for transport in opened:
        transport.close()
    return record


async def paced(
    port: int, people: list[Visitor], record: Record, *, number: int, rate: float, seconds: float
) -> None:
    """Posts at a steady rate, from connections that take turns."""
    loop = asyncio.get_running_loop()
    idle: list[Requests] = []
    for index in range(CONNECTIONS):
        poster = Poster(record, number * 1000 + index, people[index % len(people)])
        turn = _Turn(poster)
        _, connection = await loop.create_connection(
            lambda t=turn: Requests(t.next, t.done),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        turn.free = lambda c=connection: idle.append(c)  # type: ignore[misc]
        turn.is_ready = True
        idle.append(connection)
    began = perf_counter()
    for count in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + count / rate - perf_counter()))
        while not idle:  # noqa: ASYNC110  waits for whichever is free first
            await asyncio.sleep(0.001)
        idle.pop(0).ask()
    deadline = perf_counter() + DRAIN
    while len(idle) < CONNECTIONS and perf_counter() < deadline:  # noqa: ASYNC110  bounded
        await asyncio.sleep(0.005)
    for connection in idle:
        connection.transport.close()


class _Turn:
    """Lets a connection ask once each time it is told to."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self.is_ready = False
        self._is_asking = False
        self.free: Callable[[], object] = lambda: None

    def next(self) -> bytes | None:
        if not self.is_ready or self._is_asking:
            self._is_asking = False
            return None
        self._is_asking = True
        return self._poster.next()

    def done(self, status: int) -> None:
        if self._is_asking:
            self._poster.done(status)
            self.free()
