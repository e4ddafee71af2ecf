"""Many streams, slow streams, streams that come back all at once."""

import asyncio
import re
import shutil
import socket
from array import array
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Literal

from tests.faults.nginx import nginx
from tests.faults.people import Person, Poster, listening, load_page
from tests.faults.scenario import MANY, ONE, NotRun, Run, row
from tests.faults.stack import PROCESSES
from tests.faults.stage import Stage, percentile
from tests.faults.wire import Ear, NoAnswer, Wire, listen

TOKEN = "0123456789abcdef"
DOOR = "hallway-door"  # the thread that looks up who comes
BIG = 7900  # characters: just under the limit of a message


class Crowd:
    """Streams that only count: which events they heard, and when the last of them did."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ears: list[Ear] = []
        self.heard: list[array[int]] = []
        self._copies: Counter[int] = Counter()
        self.complete: dict[int, float] = {}

    async def come(self, number: int, *, at_once: int = 50) -> None:
        for first in range(0, number, at_once):
            await asyncio.gather(*map(self._one, range(first, min(first + at_once, number))))

    async def _one(self, number: int) -> None:
        heard = array("q")
        self.heard.append(heard)

        def hear(raws: list[bytes]) -> None:
            for raw in raws:
                if raw.startswith(b"id: ") and b"\nevent: message.posted\n" in raw:
                    position = int(raw[: raw.index(b"\n")].rpartition(b"-")[2])
                    heard.append(position)
                    self._copies[position] += 1
                    if self._copies[position] == len(self.ears):
                        self.complete[position] = monotonic()

        people = self.stage.people
        raw = listening(people[number % len(people)])
        ear = await listen(self.stage.server.port, raw, hear)
        self.ears.append(ear)
        async with asyncio.timeout(20):
            head = await asyncio.shield(ear.head)
        if head.status != 200:
            raise NoAnswer(f"a stream answered {head.status}")

    async def wrong(self, since: int) -> list[str]:
        """Who did not hear exactly the posts after an event, in their order, once each."""
        posted = [
            event["id"]
            for event in (await asyncio.to_thread(self.stage.stored)).events
            if event["kind"] == "message.posted" and event["id"] > since
        ]
        begin = monotonic()
        while monotonic() - begin < 20 and any(len(one) < len(posted) for one in self.heard):
            await asyncio.sleep(0.1)
        wanted = array("q", posted)
        return [f"{len(one)} of {len(wanted)}" for one in self.heard if one != wanted]

    def leave(self) -> None:
        for ear in self.ears:
            ear.close()


@row("LOAD-02", "500 streams in one room; 4 people post, then 64, then ten messages a second",
     stack="")  # fmt: skip
async def fan_out(run: Run) -> None:
    async with Stage(run, people=50) as stage:
        crowd = Crowd(stage)
        await crowd.come(run.pick(200, 500))
        since = stage.newest()
        for number in range(64):
            stage.poster(stage.people[number % 50])
        for posters in (4, 64):
            before = sum(poster.acked for poster in stage.posters)
            seconds = await stage.post_for(run.pick(2.5, 15.0), posters=stage.posters[:posters])
            acked = sum(poster.acked for poster in stage.posters) - before
            run.figure(f"posts/s with {posters}", acked / seconds)
            run.figure(f"deliveries/s with {posters}", acked * len(crowd.ears) / seconds)
        run.none("streams with wrong posts", await crowd.wrong(since))
        unanswered = sum(
            count
            for poster in stage.posters
            for status, count in poster.statuses.items()
            if status != "201"
        )
        run.none("posts not acknowledged", unanswered)
        # Ten a second: how long until the last of all has it.
        sent: list[tuple[float, int]] = []
        for number in range(run.pick(25, 100)):
            begin = monotonic()
            answer = await stage.posters[number % 64].post("hallway")
            if answer is not None:
                sent.append((begin, answer.json()["id"]))
            await asyncio.sleep(max(0, begin + 0.1 - monotonic()))
        await asyncio.sleep(0.5)
        events = {
            event["message_id"]: event["id"]
            for event in stage.stored().events
            if event["kind"] == "message.posted"
        }
        delays = [
            (crowd.complete.get(events[number], begin + 60) - begin) * 1000
            for begin, number in sent
        ]  # fmt: skip
        run.figure("to the last of all, p50 ms", percentile(delays, 0.5))
        run.at_most("to the last of all, p99 ms", percentile(delays, 0.99), 1000)
        crowd.leave()


@row("LOAD-03", "1000 streams with nothing to tell", beside=MANY, stack="")
async def idle(run: Run) -> None:
    async with Stage(run, people=50) as stage:
        server = stage.server
        await stage.poster(stage.people[0]).post("hallway")
        await load_page(stage.people[0], server.port, "hallway")
        empty = server.memory()
        crowd = Crowd(stage)
        streams, seconds = run.pick(300, 1000), run.pick(4.0, 60.0)
        await crowd.come(streams)
        await asyncio.sleep(1)
        cpu, begin = server.cpu_seconds, monotonic()
        await asyncio.sleep(seconds)
        cpu = (server.cpu_seconds - cpu) / (monotonic() - begin)
        run.figure("streams", streams)
        run.at_most("threads", server.threads, 40)
        grown = sum(server.grown(empty))
        run.at_most("MB more than empty", grown, 150)
        run.figure("KB a stream", grown * 1024 / streams)
        # The pool: the six threads that answer requests keep a connection each. On PostgreSQL that
        # is five for each process.
        run.at_most("database connections", server.connections, run.on(s=5 + 6, p=20))
        run.figure("descriptors", len(server.files()))
        run.at_most("CPU %", cpu * 100, 5)
        crowd.leave()


# Seconds before the n-th attempt to come back.
POLICIES: dict[str, Callable[[Stage, int], float]] = {
    "browser": lambda stage, failures: 3.0,
    "full jitter": lambda stage, failures: stage.rng.uniform(0, min(30.0, 2.0**failures)),
    "herd": lambda stage, failures: 0.25,
}


@row("LOAD-05", "the server is restarted under 500 streams that come back by three policies",
     stack="")  # fmt: skip
async def come_back(run: Run) -> None:
    streams = run.pick(200, 500)
    async with Stage(run, people=50, instrument="counted") as stage:
        poster = stage.poster(stage.people[0])
        await poster.post("hallway")
        readers = [
            stage.reader(stage.people[number % 50], label=f"back-{number}")
            for number in range(streams)
        ]
        for reader in readers:
            reader.start()
        opened = await asyncio.gather(*(reader.opened() for reader in readers))
        assert all(opened)
        posting = stage.background(
            stage.post_for(3600, posters=[poster], pace=0.3, tries=99, pause=0.2, patience=5)
        )
        for name, policy in POLICIES.items():
            for reader in readers:
                reader.policy = partial(policy, stage)
                reader.attempts.clear()
                reader.blackouts.clear()
            outage = monotonic()
            await stage.server.stop()
            await stage.server.start()
            outage = monotonic() - outage
            begin = monotonic()
            while monotonic() - begin < 35 and not all(reader.blackouts for reader in readers):
                await asyncio.sleep(0.05)
            asked = await _asked_for_streams(stage)
            blackouts = [reader.blackouts[0] for reader in readers if reader.blackouts]
            attempts = Counter(int(time) for reader in readers for time in reader.attempts)
            run.none(f"{name}: not back", streams - len(blackouts))
            run.figure(f"{name}: outage s", outage)
            run.figure(f"{name}: blackout p50 s", percentile(blackouts, 0.5))
            slowest = percentile(blackouts, 0.99)
            run.figure(f"{name}: blackout p99 s", slowest)
            if name == "full jitter":
                # The promise is 8 s in all, where stopping and starting take 2 of them.
                run.at_most(f"{name}: p99 s beyond the outage", slowest - outage, 6)
            run.figure(f"{name}: most attempts in a second", max(attempts.values()))
            # Who comes at once is asked about at once; spread arrivals share less of a look.
            run.figure(f"{name}: statements for all", asked)
            run.at_most(f"{name}: statements a client", asked / streams, 0.5)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.none("readers left behind", await stage.settle())
        run.none("resets", [why for reader in readers for why in reader.resets])
        await stage.judge(late_after=20)


class Returner:
    """One who was away: comes back with a cursor, and notes what is told until the newest."""

    def __init__(self, person: Person, cursor: str, newest: int) -> None:
        self.person = person
        self.heard: list[int] = []
        self.caught_up = 0.0
        self._cursor, self._newest = cursor, newest
        self._there = asyncio.Event()
        self._ear: Ear | None = None

    async def come(self, port: int) -> None:
        self._ear = await listen(port, listening(self.person, cursor=self._cursor), self._hear)
        async with asyncio.timeout(60):
            head = await asyncio.shield(self._ear.head)
            if head.status != 200:
                raise NoAnswer(f"a stream answered {head.status}")
            await self._there.wait()

    def leave(self) -> None:
        if self._ear is not None:
            self._ear.close()

    def _hear(self, raws: list[bytes]) -> None:
        for raw in raws:
            if not raw.startswith(b"id: "):
                continue
            position = int(raw[: raw.index(b"\n")].rpartition(b"-")[2])
            if b"\nevent: message.posted\n" in raw:
                self.heard.append(position)
            if position >= self._newest:
                self.caught_up = monotonic()
                self._there.set()


@row("LOAD-13", "two crowds, one twice the other, come back at once, a hundred events behind",
     short_limit=150, stack="")  # fmt: skip
async def come_back_at_once(run: Run) -> None:
    asked = []
    for number in run.pick((200, 400), (1000, 2000)):
        asked.append(await _return_of(run, number))
    bar = run.on(s=10, p=10 * PROCESSES)
    run.at_most("statements, the larger crowd less the smaller", asked[1] - asked[0], bar)


async def _return_of(run: Run, number: int) -> int:
    """Let so many people come back at once; how many statements that took."""
    data = run.folder / str(number)
    async with Stage(run, data=data, people=number, private=1, instrument="counted") as stage:
        posters = [stage.poster(person) for person in stage.people[:8:2]]
        left = stage.newest()
        cursor = (await load_page(stage.people[0], stage.server.port, "hallway")).cursor
        while stage.newest() < left + 100:
            await stage.post_for(0.1, posters=posters, rooms=["hallway", "private-0"])
        # The last is one that everybody may hear.
        await posters[0].post("hallway")
        newest = stage.newest()
        crowd = [Returner(person, cursor, newest) for person in stage.people]
        before, begin = await _asked_for_streams(stage), monotonic()
        await asyncio.gather(*(one.come(stage.server.port) for one in crowd))
        statements = await _asked_for_streams(stage) - before
        stored = await asyncio.to_thread(stage.stored)
        posted = [
            event
            for event in stored.events
            if left < event["id"] <= newest and event["kind"] == "message.posted"
        ]
        everywhere = [event["id"] for event in posted]
        open_only = [
            event["id"] for event in posted if stored.rooms[event["room_id"]]["kind"] == "open"
        ]
        # Every other person belongs to the private room.
        wrong = [
            f"{one.person.name}: {len(one.heard)}"
            for place, one in enumerate(crowd)
            if one.heard != (open_only if place % 2 else everywhere)
        ]
        run.figure(f"{number}: posts missed", len(everywhere))
        run.none(f"{number}: not told exactly what they missed", wrong)
        caught_up = [one.caught_up - begin for one in crowd]
        run.figure(f"{number}: caught up p50 s", percentile(caught_up, 0.5))
        run.at_most(f"{number}: caught up, the last s", max(caught_up), 9)
        # At each process that they come to.
        bar = 20 * len(stage.server.processes())
        run.at_most(f"{number}: statements for all", statements, bar)
        for one in crowd:
            one.leave()
        return statements


async def _asked_for_streams(stage: Stage) -> int:
    """Statements so far for those who open a stream; what follows the log is not theirs."""
    asked: dict[int, int] = {}
    processes = len(stage.server.processes())
    async with asyncio.timeout(10):
        while len(asked) < processes:  # who answers is the kernel's choice
            wire = Wire(stage.server.listens_at)
            told = (await wire.ask("GET", "/faults/queries")).json()
            wire.close()
            at_the_door = (n for name, n in told["asked"].items() if name.startswith(DOOR))
            asked[told["pid"]] = sum(at_the_door)
    return sum(asked.values())


@row("LOAD-06", "more streams than the server has descriptors for; pages go on",
     beside=MANY, stack="")  # fmt: skip
async def too_many(run: Run) -> None:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        raise NotRun("prlimit is not installed")
    # 150 of them are for what is no stream: room for 450 streams, or three times 150.
    files = run.on(s=600, p=300)
    async with Stage(run, people=50, prefix=[prlimit, f"--nofile={files}:{files}"]) as stage:
        knocks = []
        for number in range(650):
            knocks.append(await _knock(stage, number))
            if sum(knock.answer == "nothing" for knock in knocks) > 5:
                break
        _judge_knocks(run, knocks)
        pages = [await _page_seconds(stage) for _ in range(20)]
        run.at_most("page p99 ms while full", percentile(pages, 0.99) * 1000, 1000)
        for knock in [knock for knock in knocks if knock.ear is not None][:60]:
            assert knock.ear is not None
            knock.ear.close()
        await asyncio.sleep(1)
        again = [await _knock_until_let_in(stage, number) for number in range(50)]
        taken = sum(knock.answer == "let in" for knock in again)
        run.at_least("streams taken once 60 left", taken, 50)
        for knock in (*knocks, *again):
            if knock.ear is not None:
                knock.ear.close()


def _judge_knocks(run: Run, knocks: "list[Knock]") -> None:
    answers = Counter(knock.answer for knock in knocks)
    run.at_least("streams", answers["let in"], 450)
    run.at_least("refused", answers["refused"], 50)
    run.none("left hanging", answers["nothing"])
    run.none("refused without a clear answer", answers["hung up"])
    run.at_most("refusal s, slowest", max(knock.seconds for knock in knocks), 1)


async def _knock_until_let_in(stage: Stage, number: int) -> "Knock":
    """Once; of several processes one may be full before the others, so more often there."""
    knock = await _knock(stage, number)
    for _ in range(stage.run.on(s=0, p=20)):
        if knock.answer == "let in":
            break
        knock = await _knock(stage, number)
    return knock


@dataclass
class Knock:
    """One attempt to open a stream."""

    answer: Literal["let in", "refused", "hung up", "nothing"]
    seconds: float
    ear: Ear | None = None


async def _knock(stage: Stage, number: int) -> Knock:
    begin = monotonic()
    raw = listening(stage.people[number % 50])
    try:
        ear = await listen(stage.server.port, raw, lambda raws: None)
        async with asyncio.timeout(2):
            head = await asyncio.shield(ear.head)
    except TimeoutError:
        ear.close()
        return Knock("nothing", monotonic() - begin)
    except (OSError, NoAnswer):
        return Knock("hung up", monotonic() - begin)
    if head.status == 200:
        return Knock("let in", monotonic() - begin, ear)
    ear.close()
    is_clear = (
        head.status == 503
        and "retry-after" in head.headers
        and head.headers["content-type"] == "application/problem+json"
    )
    return Knock("refused" if is_clear else "hung up", monotonic() - begin)


async def _page_seconds(stage: Stage) -> float:
    begin = monotonic()
    try:
        await load_page(stage.people[0], stage.server.port, "hallway", patience=5)
    except NoAnswer as error:
        stage.run.notes.append(f"page: {error}")
        return 99.0
    return monotonic() - begin


class Laggard:
    """A client that reads too slowly, or not at all, through a small window."""

    def __init__(self, person: Person, port: int, *, bytes_a_second: int) -> None:
        self.person = person
        self._port = port
        self._pace = bytes_a_second
        self.received = bytearray()
        self.socket = socket.socket()
        self.cut_after: float | None = None
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(self.socket, ("127.0.0.1", self._port))
        self.port = self.socket.getsockname()[1]
        await loop.sock_sendall(self.socket, listening(self.person))
        self.received += await loop.sock_recv(self.socket, 1024)

    async def read(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while piece := await loop.sock_recv(self.socket, self._pace):
                self.received += piece
                await asyncio.sleep(1)

    @property
    def cursor(self) -> str | None:
        """Of the last frame that came whole."""
        whole = bytes(self.received).rpartition(b"\n\n")[0]
        ids = [line for line in whole.split(b"\n") if line.startswith(b"id: ")]
        return ids[-1][4:].strip().decode() if ids else None


@row("LOAD-07", "20 clients that don't read, 20 that read 1 KB/s, 100 healthy ones; big messages",
     short_limit=150, beside=ONE, stack="")  # fmt: skip
async def slow_readers(run: Run) -> None:
    env = {"HALLWAY_METRICS_TOKEN": TOKEN}
    # What the server remembers for those who resume is part of its size: it starts out full.
    async with Stage(run, people=50, history=2200, history_size=BIG, env=env) as stage:
        server = stage.server
        posters = [stage.poster(person) for person in stage.people[:8]]
        while sum(poster.acked for poster in posters) < 600:
            await stage.post_for(1, posters=posters, size=BIG)
        healthy = [stage.reader(person) for person in (stage.people * 2)[: run.pick(40, 100)]]
        for reader in healthy:
            reader.start()
        await asyncio.gather(*(reader.opened() for reader in healthy))
        slow = [
            Laggard(person, server.port, bytes_a_second=pace)
            for pace in (0, 1024)
            for person in stage.people[: run.pick(10, 20)]
        ]
        for one in slow:
            await one.start()
            if one._pace:
                stage.background(one.read())
        before = server.memory()
        await _chat_beside(stage, posters, slow, before)
        if run.stack == "p":
            # Hallway lets go of nginx, and nginx of the client when it likes.
            left = await _streams(stage) - len(healthy)
            run.none("laggards that Hallway still has", left)
            run.figure("that nginx still has", sum(one.cut_after is None for one in slow))
        else:
            cuts = [one.cut_after for one in slow if one.cut_after is not None]
            run.none("laggards never cut", len(slow) - len(cuts))
            run.at_most("cut after s, slowest", max(cuts, default=0), 30)
        run.none("healthy readers cut", sum(reader.connection - 1 for reader in healthy))
        # Whoever was cut goes on from the last frame they have: ten megabytes each, so a few at a
        # time, or it is this process that cannot follow.
        newest = await asyncio.to_thread(stage.newest)
        for one in slow:
            cursor = one.cursor
            one.socket.close()
            reader = stage.reader(one.person, cursor=cursor)
            reader.start()
            await reader.reach(newest)
        run.none("readers left behind", await stage.settle(patience=30))
        # What a replay was made of is nobody's once it is sent.
        run.at_most("MB more after they are back", max(server.grown(before)), 40)
        verdict = await stage.judge()
        run.at_most("healthy: delivery p99 ms", verdict.figures["p99_ms"], 1000)


async def _chat_beside(
    stage: Stage, posters: list[Poster], slow: list[Laggard], before: dict[int, float]
) -> None:
    """Post for a while, and see who of the slow is cut when, and how the processes grow."""
    run, server = stage.run, stage.server
    # nginx and what the kernel keeps for it fill up before Hallway feels anything.
    seconds = run.on(s=run.pick(34.0, 120.0), p=run.pick(60.0, 120.0))
    begin, peak = monotonic(), 0.0

    def is_over() -> bool:
        everybody_cut = all(one.cut_after is not None for one in slow)
        return monotonic() - begin > seconds or (everybody_cut and not run.is_long)

    posting = stage.background(
        stage.post_for(seconds, posters=posters, size=BIG, pace=0.4, until=is_over)
    )
    while not is_over():
        peak = max(peak, *server.grown(before))
        there = server.established()
        for one in slow:
            if one.port not in there and one.cut_after is None:
                one.cut_after = monotonic() - begin
        await asyncio.sleep(0.25)
    await posting
    run.figure("messages of 8 KB", sum(poster.acked for poster in posters))
    run.at_most("MB grown at most", peak, 20)


async def _streams(stage: Stage) -> int:
    """How many are open, as the processes say themselves: every five seconds."""
    wire = Wire(stage.server.listens_at)
    answer = await wire.ask("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    wire.close()
    found = re.search(rb"^hallway_streams ([0-9.]+)", answer.body, re.MULTILINE)
    assert found, answer.body
    return int(float(found[1]))


@row("LOAD-08", "clients hang up politely, with a reset, halfway, and behind nginx (HTTP/2)",
     beside=MANY, stack="")  # fmt: skip
async def hang_up(run: Run) -> None:
    limit = 10
    env = {"HALLWAY_STREAMS_PER_AUTHOR": str(limit)}
    curl = shutil.which("curl")
    if curl is None:
        raise NotRun("curl is not installed")
    async with Stage(run, people=4, env=env) as stage:
        person, port = stage.people[0], stage.server.listens_at
        # Each process counts its own.
        total = limit * len(stage.server.processes())
        for name in ("FIN", "RST", "half-closed, then FIN"):
            ears = await _fill(stage, person)
            run.expect(f"{name}: let in", len(ears), total)
            for ear in ears:
                assert ear.transport is not None
                if name == "RST":
                    ear.close(reset=True)
                elif name == "FIN":
                    ear.close()
                else:
                    ear.transport.write_eof()
            if name.startswith("half"):
                await asyncio.sleep(0.3)
                for ear in ears:
                    ear.close()
            run.at_most(f"{name}: released after s", await _free_again(stage, person, total), 2)
        async with nginx(run.folder, port, http2=True) as front:
            clients = [
                await asyncio.create_subprocess_exec(
                    curl, "-sN", "--http2-prior-knowledge", "-o", "/dev/null",
                    "-H", f"Cookie: sessionid={person.session}",
                    f"http://127.0.0.1:{front}/api/stream",
                )
                for _ in range(limit)
            ]  # fmt: skip
            await asyncio.sleep(0.7)
            ears = await _fill(stage, person)
            run.expect("HTTP/2: let in beside them", len(ears), total - limit)
            for ear in ears:
                ear.close()
            for client in clients:
                client.kill()
            await asyncio.gather(*(client.wait() for client in clients))
            released = await _free_again(stage, person, total)
            run.at_most("HTTP/2 cancelled: released after s", released, 2)


async def _fill(stage: Stage, person: Person) -> list[Ear]:
    """Open streams until this person is refused, by each of the processes."""
    ears: list[Ear] = []
    refused = 0
    # The kernel chooses whom one comes to: that one is full says nothing about the others.
    while refused < stage.run.on(s=1, p=25):
        ear = await listen(stage.server.listens_at, listening(person), lambda raws: None)
        head = await asyncio.shield(ear.head)
        assert head.status in (200, 429), head
        if head.status == 200:
            ears.append(ear)
            refused = 0
        else:
            ear.close()
            refused += 1
    return ears


async def _free_again(stage: Stage, person: Person, streams: int) -> float:
    """Seconds until so many streams of this person can be opened again."""
    begin = monotonic()
    while monotonic() - begin < 10:
        ears = await _fill(stage, person)
        seconds = monotonic() - begin
        for ear in ears:
            ear.close()
        if len(ears) == streams:
            await asyncio.sleep(0.3)
            return seconds
        await asyncio.sleep(0.05)
    return monotonic() - begin
