"""Those who post and those who read: asyncio clients that write everything into the journal."""

import asyncio
import html
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote

from .journal import Journal, Outcome
from .sse import BadFrame, Frame, parse
from .wire import Answer, Ear, NoAnswer, Wire, listen, request

_ROW = re.compile(
    r'<article class="message[^"]*" id="message-\d+" data-id="(?P<id>\d+)".*?'
    r'data-version="(?P<version>\d+)".*?<button class="author"[^>]*>(?P<name>.*?)</button>',
    re.DOTALL,
)
_CURSOR = re.compile(r'data-cursor="([0-9a-f]+-\d+)"')
# Refusals that say in so many words that nothing was stored.
FINAL = {"busy", "storage-full", "too-many-messages"}


@dataclass(frozen=True)
class Person:
    """An author with a session; the CSRF token is any, as long as cookie and header agree."""

    author: int
    name: str
    session: str
    csrf: str = "f" * 32

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Cookie": f"sessionid={self.session}; csrftoken={self.csrf}",
            "X-CSRFToken": self.csrf,
        }


def listening(
    person: Person, *, cursor: str | None = None, rooms: tuple[str, ...] = (), path: str = ""
) -> bytes:
    """The request for a stream, from a cursor if there is one."""
    query = "&".join(f"room={quote(room)}" for room in rooms)
    headers = person.headers | {"Accept": "text/event-stream"}
    if cursor:
        headers["Last-Event-ID"] = cursor
    return request("GET", (path or "/api/stream") + (f"?{query}" if query else ""), headers=headers)


def outcome_of(answer: Answer, final: set[str] = FINAL) -> Outcome:
    """Time-outs and 5xx are unknown, unless the answer itself promises that nothing happened."""
    if answer.status < 300:
        return "ok"
    if answer.status < 500:
        return "fail"
    problem = answer.json()
    return "fail" if isinstance(problem, dict) and problem.get("code") in final else "unknown"


class Poster:
    """Changes things, one after another, and repeats what got no answer with the same key."""

    def __init__(self, person: Person, port: int, journal: Journal, *, label: str = "") -> None:
        self.person = person
        self.journal = journal
        self.label = label or f"p{person.author}"
        self.wire = Wire(port)
        self.seq = 0
        self.acked = 0
        # (author, key) of each acknowledged send.
        self.kept: set[tuple[int, str]] = set()
        self.latencies: list[float] = []
        self.statuses: dict[str, int] = {}
        self.last_status = 0
        self.last_retry_after = ""

    async def post(
        self,
        room: str,
        *,
        size: int = 0,
        tries: int = 1,
        patience: float = 10.0,
        pause: float = 0.1,
        op_id: str = "",
        content: str = "",
    ) -> Answer | None:
        """Post one message; the first definite answer, or None when every try was in vain."""
        self.seq += 1
        op_id = op_id or f"{self.label}-{self.seq}"
        token = f"{op_id}."
        content = content or f"{token} " + "word " * max(1, size // 5)
        content = content.strip()
        body = json.dumps({"content": content, "client_id": op_id}).encode()
        begin = monotonic()
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(pause)
            answer = await self._attempt(
                "POST", f"/api/rooms/{room}/messages", body, patience,
                op="post", op_id=op_id, room=room, token=token, seq=self.seq, content=content,
            )  # fmt: skip
            if answer is not None and answer.status < 500 and answer.status != 429:
                if answer.status < 300:
                    self.acked += 1
                    self.kept.add((self.person.author, op_id))
                    self.latencies.append(monotonic() - begin)
                return answer
        return None

    async def edit(self, message: int, content: str, **more: Any) -> Answer | None:
        body = json.dumps({"content": content}).encode()
        return await self._attempt(
            "PATCH", f"/api/messages/{message}", body, 10.0,
            op="edit", op_id=f"{self.label}-edit-{message}", message=message, content=content,
        )  # fmt: skip

    async def delete(self, message: int) -> Answer | None:
        return await self._attempt(
            "DELETE", f"/api/messages/{message}", None, 10.0,
            op="delete", op_id=f"{self.label}-delete-{message}", message=message,
        )  # fmt: skip

    async def react(self, message: int, emoji: str) -> Answer | None:
        return await self._attempt(
            "PUT", f"/api/messages/{message}/reactions/{quote(emoji)}", None, 10.0,
            op="react", op_id=f"{self.label}-react-{message}", message=message,
        )  # fmt: skip

    async def pin(self, message: int, *, away: bool = False) -> Answer | None:
        return await self._attempt(
            "DELETE" if away else "PUT", f"/api/messages/{message}/pin", None, 10.0,
            op="pin", op_id=f"{self.label}-pin-{message}", message=message,
        )  # fmt: skip

    async def rename(self, name: str) -> Answer | None:
        body = json.dumps({"name": name}).encode()
        return await self._attempt(
            "PATCH", "/api/me", body, 10.0, op="rename", op_id=f"{self.label}-{name}", name=name
        )

    async def belong(self, room: str, *, leave: bool = False) -> Answer | None:
        return await self._attempt(
            "DELETE" if leave else "PUT", f"/api/rooms/{room}/membership", None, 10.0,
            op="leave" if leave else "join", op_id=f"{self.label}-{room}", room=room,
        )  # fmt: skip

    async def _attempt(
        self, method: str, path: str, body: bytes | None, patience: float, **line: Any
    ) -> Answer | None:
        headers = self.person.headers | {"Content-Type": "application/json"}
        begin = monotonic()
        answer = None
        outcome: Outcome = "unknown"
        self.last_status, self.last_retry_after = 0, ""
        told: dict[str, Any] = {}
        try:
            answer = await self.wire.ask(
                method, path, headers=headers, body=body, patience=patience
            )
        except NoAnswer as error:
            told["why"] = str(error)
        except asyncio.CancelledError:
            told["why"] = "given up"
            raise
        else:
            outcome = outcome_of(answer)
            told["status"] = self.last_status = answer.status
            self.last_retry_after = answer.headers.get("retry-after", "")
            document = answer.json()
            if outcome == "ok" and isinstance(document, dict):
                told["message"] = document.get("id")
        finally:
            status = str(told.get("status", "none"))
            self.statuses[status] = self.statuses.get(status, 0) + 1
            line |= told
            self.journal.operation(time=begin, user=self.person.author, outcome=outcome, **line)
        return answer


@dataclass
class Reader:
    """Follows a stream as a browser does: goes on from its cursor, however often it is cut off."""

    person: Person
    port: int
    journal: Journal
    rng: random.Random
    label: str = ""
    rooms: tuple[str, ...] = ()
    cursor: str | None = None
    # Seconds between two attempts: drawn from here unless the server said `Retry-After`.
    retry: tuple[float, float] = (0.02, 0.2)
    # Or by the number of attempts since the last success.
    policy: Callable[[int], float] | None = None
    on_frame: Callable[[Frame], None] | None = None
    position: int = 0
    connection: int = 0
    resumes: int = 0
    refusals: int = 0
    frames: int = 0
    resets: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    ear: Ear | None = None
    # When this reader tried to connect, and how long it heard nothing each time.
    attempts: list[float] = field(default_factory=list)
    blackouts: list[float] = field(default_factory=list)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _ended: bool = False

    def __post_init__(self) -> None:
        self.label = self.label or f"r{self.person.author}"

    # Reading.

    def start(self) -> None:
        self._ended = False
        self._task = asyncio.create_task(self._follow())

    async def stop(self, *, reset: bool = False) -> None:
        """Go away; `start` comes back with the cursor kept."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self.ear is not None:
            self.ear.close(reset=reset)
            await self.ear.closed.wait()
            self._closed()

    async def reach(self, position: int, *, patience: float = 15.0) -> bool:
        """Wait until everything up to this event was heard."""
        try:
            async with asyncio.timeout(patience):
                while self.position < position:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def opened(self, *, patience: float = 10.0) -> bool:
        """Wait until the stream has told where it stands."""
        return await self.reach(1, patience=patience)

    async def _follow(self) -> None:
        failures, lost_at = 0, monotonic()
        while not self._ended:
            self.connection += 1
            wait = None
            self.attempts.append(monotonic())
            try:
                raw = listening(self.person, cursor=self.cursor, rooms=self.rooms)
                self.ear = await listen(self.port, raw, self._hear)
                self.journal.mark(
                    "open", self.label, self.connection,
                    user=self.person.author, since=self.cursor, rooms=list(self.rooms),
                )  # fmt: skip
                async with asyncio.timeout(15):
                    head = await asyncio.shield(self.ear.head)
                if head.status == 200:
                    if self.connection > 1:
                        self.resumes += 1
                        self.blackouts.append(monotonic() - lost_at)
                    await self.ear.closed.wait()
                    failures, lost_at = 0, monotonic()
                else:
                    failures += 1
                    self.refusals += 1
                    wait = float(head.headers.get("retry-after", 0)) or None
                    self.ear.close()
            except (OSError, NoAnswer):
                failures += 1
                self.refusals += 1
                if self.ear is not None:
                    self.ear.close()
            self._closed()
            wait = wait or (self.policy(failures) if self.policy else self.rng.uniform(*self.retry))
            await asyncio.sleep(wait)

    def _closed(self) -> None:
        if self.ear is not None:
            self.journal.mark("close", self.label, self.connection)
            self.ear = None

    def _hear(self, raws: list[bytes]) -> None:
        for raw in raws:
            self.journal.frame(self.label, self.connection, raw)
            try:
                frame = parse(raw.decode("utf-8", "surrogateescape"))
            except BadFrame as error:
                self.faults.append(f"not a frame: {error}")
                continue
            if frame is None:
                continue
            self.frames += 1
            self.kinds[frame.kind] = self.kinds.get(frame.kind, 0) + 1
            self.cursor = frame.cursor
            self.position = frame.position
            if frame.kind == "reset":
                self.resets.append(json.loads(frame.data)["reason"])
            elif frame.kind == "session.ended":
                self._ended = True
            if self.on_frame is not None:
                self.on_frame(frame)
        self._moved.set()

    # The page.

    async def load_page(self, room: str, *, patience: float = 10.0) -> list[int]:
        """Load the room's page: what it shows goes into the journal, the stream goes on from it."""
        page = await load_page(self.person, self.port, room, patience=patience)
        self.cursor = page.cursor
        self.position = int(page.cursor.rpartition("-")[2])
        self.journal.mark(
            "snapshot", self.label, self.connection,
            user=self.person.author, room=room, cursor=page.cursor, messages=page.messages,
        )  # fmt: skip
        return [number for number, _, _ in page.messages]

    def done(self) -> None:
        """From here on the checker expects to have been told everything up to the cursor."""
        self.journal.mark(
            "done", self.label, self.connection, user=self.person.author, cursor=self.cursor
        )


@dataclass(frozen=True)
class Page:
    cursor: str
    # (id, version, author's name) of each message shown, oldest first.
    messages: list[tuple[int, int, str]]


async def load_page(person: Person, port: int, room: str, *, patience: float = 10.0) -> Page:
    wire = Wire(port)
    try:
        answer = await wire.ask("GET", f"/rooms/{room}/", headers=person.headers, patience=patience)
    finally:
        wire.close()
    text = answer.body.decode()
    found = _CURSOR.search(text)
    if answer.status != 200 or found is None:
        raise NoAnswer(f"the page of {room} answered {answer.status}")
    # The template that scripts fill in carries a row without an id; the pattern passes it by.
    rows = [
        (int(row["id"]), int(row["version"]), html.unescape(row["name"]))
        for row in _ROW.finditer(text)
    ]
    return Page(found[1], rows)
