"""Several processes on PostgreSQL and Redis, either of which fails; and what is known at all.

Each row is a procedure on a stage that has a load already, so that STACK-P goes through all of them
in one house: a start of three processes takes longer than most of them.
"""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any

import psycopg

from tests import postgres
from tests.faults.people import Person, listening
from tests.faults.scenario import Run, row
from tests.faults.server import free_port
from tests.faults.stack import PROCESSES
from tests.faults.stage import Stage, percentile
from tests.faults.wire import Ear, NoAnswer, Wire, listen

PATIENT: dict[str, Any] = {"tries": 100, "pause": 0.15, "patience": 15.0}
# A signal that is lost costs one poll, and something for a machine that has much to do.
BY_POLLING = 2.0
RECOVERED = 5.0

Trouble = Callable[["House"], Awaitable[None]]


class House:
    """A stage with readers at every process and people who post all the while."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.run = stage.run
        self.stack = stage.stack
        self._posting: asyncio.Task[object] | None = None
        self.spoken_of = 0

    async def move_in(self, *, readers: int = 9, posters: int = 5) -> None:
        for person in self.stage.people[:readers]:
            reader = self.stage.reader(person)
            await reader.load_page("hallway")
            reader.start()
        for person in self.stage.people[:posters]:
            self.stage.poster(person)
        self._posting = self.stage.background(self.stage.post_for(3600, pace=0.06, **PATIENT))
        await asyncio.gather(*(reader.opened(patience=20) for reader in self.stage.readers))

    async def move_out(self, *, late_after: float) -> None:
        """No more posts; everybody hears the rest; the checker reads it all."""
        if self._posting is not None:
            self._posting.cancel()
            await asyncio.gather(self._posting, return_exceptions=True)
        run = self.run
        run.none("readers left behind", await self.stage.settle())
        await self.stage.judge(late_after=late_after)
        statuses = self.statuses()
        run.figure("acknowledged", sum(poster.acked for poster in self.stage.posters))
        run.figure("answers", " ".join(f"{count}×{status}" for status, count in statuses.items()))
        run.none("answers 500", statuses["500"])
        run.none("resets", [why for reader in self.stage.readers for why in reader.resets])

    def statuses(self) -> Counter[str]:
        return sum((Counter(poster.statuses) for poster in self.stage.posters), Counter())

    async def posts_within(self, name: str, seconds: float) -> None:
        """How long until somebody who posts anew is answered, and everybody has heard it."""
        begin = monotonic()
        poster = self.stage.poster(self.stage.people[0])
        answer = await poster.post("hallway", tries=100, pause=0.1, patience=seconds + 5)
        self.run.at_most(f"{name}: posting again after", monotonic() - begin, seconds, " s")
        if answer is not None:
            await self._heard(name, begin, seconds + BY_POLLING)

    async def _heard(self, name: str, begin: float, bar: float) -> None:
        newest = int(self.stack.ask("SELECT max(id) FROM hallway_event")[0][0])
        heard = await asyncio.gather(
            *(reader.reach(newest, patience=bar + 5) for reader in self.stage.readers)
        )
        self.run.at_most(f"{name}: all have heard after", monotonic() - begin, bar, " s")
        if not all(heard):
            self.run.none(f"{name}: who has not heard", heard.count(False))


@asynccontextmanager
async def house(run: Run, *, people: int = 12, late_after: float) -> AsyncIterator[House]:
    async with Stage(run, people=people, rooms=2, private=1) as stage:
        this = House(stage)
        await this.move_in()
        yield this
        await this.move_out(late_after=late_after)


# PostgreSQL.


async def restarted(this: House) -> None:
    """DB-10: stopped and started in every way, while people post."""
    cluster = this.stack.ground.cluster
    ways = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill -9": signal.SIGKILL}
    for _ in range(this.run.times(1, 20)):
        for name, how in ways.items():
            await asyncio.to_thread(cluster.stop, how)
            await asyncio.sleep(this.run.rng.uniform(*this.run.pick((0.2, 0.8), (0.5, 15.0))))
            await asyncio.to_thread(cluster.start)
            await this.posts_within(f"PostgreSQL {name}", RECOVERED)
            await asyncio.sleep(this.run.rng.uniform(*this.run.pick((0.1, 0.3), (1.0, 3.0))))


async def swallowed(this: House) -> None:
    """DB-10: the network swallows what goes to PostgreSQL; then the old connections are dead."""
    proxy = this.stack.to_postgres
    seconds = this.run.pick(1.5, 30.0)
    waits: list[float] = []
    proxy.black_hole()
    asking = this.stage.background(_ask_for_answers(this, waits, seconds))
    await asyncio.sleep(seconds)
    await asking
    proxy.clear()
    if waits:
        this.run.at_most("swallowed: answered within", max(waits), 15, " s")
    await this.posts_within("swallowed", RECOVERED)
    if this.run.is_long:
        proxy.strand()
        begin = monotonic()
        await this.posts_within("stranded", 20)
        this.run.figure("stranded: s", monotonic() - begin)


async def _ask_for_answers(this: House, waits: list[float], seconds: float) -> None:
    """What becomes of those who ask meanwhile: an answer, and no 500."""
    if seconds < 15:
        return  # too short for an answer
    person = this.stage.people[1]
    paths = ("/rooms/hallway/", "/api/rooms/hallway/messages", "/up", "/api/me")
    until = monotonic() + seconds - 10

    async def keep_asking(path: str) -> None:
        wire = Wire(this.stack.port)
        while monotonic() < until:
            begin = monotonic()
            try:
                answer = await wire.ask("GET", path, headers=person.headers, patience=25)
            except NoAnswer as error:
                this.run.none(f"{path} without an answer", [str(error)])
            else:
                if answer.status not in (200, 503):
                    this.run.none(f"{path} while swallowed", [str(answer.status)])
            waits.append(monotonic() - begin)
        wire.close()

    await asyncio.gather(*map(keep_asking, paths))


@row("DB-10", "PostgreSQL restarted in every way under load, and swallowed by the network",
     short_limit=120, long_limit=1800, stack="p")  # fmt: skip
async def postgres_fails(run: Run) -> None:
    async with house(run, late_after=40) as this:
        await restarted(this)
        await swallowed(this)


@row("DB-09", "300 streams and people who post, with room for 30 connections", stack="p")
async def few_connections(run: Run) -> None:
    async with Stage(run, people=30) as stage:
        ears = await _crowd(stage, 300)
        for person in stage.people:
            stage.poster(person)
        posting = stage.background(stage.post_for(run.pick(4.0, 60.0), pace=0.02))
        most, idle = 0, []
        while not posting.done():
            states = stage.stack.ask(
                "SELECT state, now() - state_change > interval '1 second' FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            most = max(most, len(states))
            idle += [state for state, is_long in states if is_long and "transaction" in str(state)]
            await asyncio.sleep(0.2)
        run.at_most("connections", most, 20)
        run.none("idle in a transaction for over a second", idle)
        statuses = sum((Counter(poster.statuses) for poster in stage.posters), Counter())
        run.expect("answers", sorted(statuses), ["201"])
        run.figure("posts", statuses["201"])
        for ear in ears:
            ear.close()
        await stage.judge()


async def _crowd(stage: Stage, number: int) -> list[Ear]:
    ears: list[Ear] = []
    for first in range(0, number, 30):
        ears += await asyncio.gather(
            *(
                listen(stage.stack.port, listening(stage.people[n % len(stage.people)]), _ignore)
                for n in range(first, min(first + 30, number))
            )
        )
    heads = await asyncio.gather(*(asyncio.shield(ear.head) for ear in ears))
    stage.run.expect("streams open", sum(head.status == 200 for head in heads), number)
    return ears


def _ignore(raws: list[bytes]) -> None:
    pass


@row("DB-08", "other programs write to the log, some slowly, some giving up, while people read",
     stack="p")  # fmt: skip
async def commit_order(run: Run) -> None:
    async with house(run, late_after=20) as this:
        times = run.times(40, 300)
        await asyncio.gather(
            *(asyncio.to_thread(this.stage.seed, commits=times // 2, seed=n) for n in (1, 2))
        )
        run.figure("written by others", times)


# Redis.


async def without_redis(this: House) -> None:
    """DB-12 and DB-13: Redis gone in every way; posts are answered, and heard after one poll."""
    stack, run = this.stack, this.run
    carrier = stack.ground.redis

    async def heard_meanwhile(name: str, seconds: float = 0) -> None:
        until = monotonic() + (seconds or run.pick(1.2, 10.0))
        waits, answers = [], []
        while monotonic() < until:
            begin = monotonic()
            poster = this.stage.poster(this.stage.people[0])
            answer = await poster.post("hallway")
            poster.wire.close()
            answers.append(answer and answer.status)
            newest = int(stack.ask("SELECT max(id) FROM hallway_event")[0][0])
            for reader in this.stage.readers:
                await reader.reach(newest, patience=10)
            waits.append(monotonic() - begin)
            if not run.is_long and len(waits) == 2:
                break
            await asyncio.sleep(run.pick(0, 0.2))
        run.expect(f"{name}: answered", set(answers), {201})
        run.at_most(f"{name}: heard after", max(waits), BY_POLLING, " s")

    await asyncio.to_thread(carrier.kill)
    await heard_meanwhile("Redis killed")
    await asyncio.to_thread(carrier.start)
    stack.to_redis.black_hole()
    await heard_meanwhile("Redis swallowed", run.pick(0, 60))
    stack.to_redis.clear()
    stack.to_redis.strand()
    await heard_meanwhile("Redis stranded")
    for command in (
        ["CLIENT", "KILL", "TYPE", "pubsub"],
        ["FLUSHALL"],
        ["CONFIG", "SET", "maxmemory", "1"],
        ["CONFIG", "SET", "client-output-buffer-limit", "pubsub 1 1 1"],
        *run.pick([], [["REPLICAOF", "127.0.0.1", "1"]]),  # takes no writes from anybody else
    ):
        await asyncio.to_thread(carrier.client.execute_command, *command)
        await heard_meanwhile(" ".join(command[:3]))
    await asyncio.to_thread(carrier.client.execute_command, "REPLICAOF", "NO", "ONE")
    for name, value in (("maxmemory", "0"), ("client-output-buffer-limit", "pubsub 32mb 8mb 60")):
        await asyncio.to_thread(carrier.client.config_set, name, value)
    await _mended(this)


async def _mended(this: House) -> None:
    """The bell rings again by itself: faster than polling alone could."""
    begin = monotonic()
    while monotonic() - begin < 10:
        waits = []
        for _ in range(5):
            at = monotonic()
            await this.stage.poster(this.stage.people[0]).post("hallway")
            newest = int(this.stack.ask("SELECT max(id) FROM hallway_event")[0][0])
            for reader in this.stage.readers:
                await reader.reach(newest, patience=5)
            waits.append(monotonic() - at)
        if percentile(waits, 0.5) < 0.2:
            break
    this.run.at_most("Redis is heard again after", monotonic() - begin, 10, " s")


@row("DB-12", "Redis killed, swallowed, emptied, refused, under load", long_limit=1200, stack="p")
async def redis_fails(run: Run) -> None:
    async with house(run, late_after=20) as this:
        await without_redis(this)


@row("DB-13", "Redis is down while people post: all is stored, and heard later", stack="p")
async def posts_without_redis(run: Run) -> None:
    async with house(run, late_after=5) as this:
        await asyncio.to_thread(this.stack.ground.redis.kill)
        try:
            await asyncio.sleep(run.pick(3.0, 60.0))
        finally:
            await asyncio.to_thread(this.stack.ground.redis.start)
        answers = this.statuses()
        run.expect("answers", sorted(answers), ["201"])


# Processes.


async def one_killed(this: House) -> None:
    """CRASH-01: one of three, under the load of all."""
    for _ in range(this.run.times(1, 30)):
        before = this.stack.processes()
        victim = this.run.rng.choice(before)
        os.kill(victim, signal.SIGKILL)
        seconds = await this.stack.replaced([victim])
        this.run.figure("one of three: replaced after s", seconds)
        await this.posts_within("one of three killed", RECOVERED)


async def killed_before_telling(run: Run) -> None:
    """CRASH-03: nothing of what Redis was to be told comes out of the process, or of any."""
    async with house(run, late_after=30) as this:
        times = run.times(4, 100)
        alone, together = [0.0], [0.0]
        for number in range(times):
            is_for_all = number % 4 == 3
            struck = asyncio.get_running_loop().create_future()
            this.stack.to_redis.watch = _striking(this, struck, is_for_all=is_for_all)
            async with asyncio.timeout(60):
                victims = await struck
            this.stack.to_redis.watch = None
            committed = await asyncio.to_thread(this.stage.newest)
            if is_for_all:
                await this.stack.kill()
                await this.stack.start()
            begin = monotonic()
            late = [
                f"{reader.label} at {reader.position} of {committed}"
                for reader in this.stage.readers
                if not await reader.reach(committed, patience=20)
            ]
            run.notes += [f"kill {number}: {one}" for one in late]
            (together if is_for_all else alone).append(monotonic() - begin)
            if not is_for_all:
                await this.stack.replaced(victims)
        run.figure("kills", times)
        run.at_most("one killed: told after, s at worst", max(alone), 5)
        run.at_most("all killed: told after the restart, s at worst", max(together), 5)


# A ring: the sender, and no word.
_RING = re.compile(rb'\["[0-9a-f]{12}"\]\r\n')


def _striking(
    this: House, struck: "asyncio.Future[list[int]]", *, is_for_all: bool
) -> Callable[[bytes, int], bool]:
    """Kill at one of the next rings, before it is passed on: what it tells of is committed."""
    left = this.run.rng.randrange(1, 20)

    def watch(piece: bytes, port: int) -> bool:
        nonlocal left
        if struck.done():
            return is_for_all
        left -= len(_RING.findall(piece))
        if left > 0 or not _RING.search(piece):
            return False
        if is_for_all:
            struck.set_result(this.stack.strike())
        else:
            ringer = this.stack.owner(port)
            os.kill(ringer, signal.SIGKILL)
            struck.set_result([ringer])
        return True

    return watch


async def frozen_in_turn(run: Run) -> None:
    """CRASH-04: a process, PostgreSQL and Redis, frozen and let go on."""
    seconds = run.pick(4.0, 60.0)
    async with house(run, late_after=seconds + 15) as this:
        ground, one = this.stack.ground, this.run.rng.choice(this.stack.processes())
        run.figure("frozen s", seconds)
        os.kill(one, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(one, signal.SIGCONT)
        await this.posts_within("a process", RECOVERED)
        await asyncio.to_thread(ground.cluster.freeze)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(partial(ground.cluster.freeze, thaw=True))
        await this.posts_within("PostgreSQL", RECOVERED)
        ground.redis.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        ground.redis.process.send_signal(signal.SIGCONT)
        await this.posts_within("Redis", RECOVERED)


async def cannot_start(run: Run, expect_refusal: Callable[..., Awaitable[None]]) -> None:
    """CRASH-09: with a wrong PostgreSQL there is no start, without Redis there is."""
    async with Stage(run) as stage:
        stack, at = stage.stack, f"127.0.0.1:{stage.stack.ground.cluster.port}"
        await stack.stop()
        with psycopg.connect(stack.direct_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE taken")
            connection.execute("CREATE DATABASE other ENCODING 'LATIN1' TEMPLATE template0 "
                               "LC_COLLATE 'C' LC_CTYPE 'C'")  # fmt: skip
            connection.execute("CREATE DATABASE closed")
            connection.execute("CREATE ROLE reader LOGIN")
        taken = stack.direct_url.replace(postgres.name_of(stack.direct_url), "taken")
        with psycopg.connect(taken, autocommit=True) as connection:
            connection.execute("CREATE TABLE hallway_author (id int)")
        black_hole = await stage.proxy()
        black_hole.server_port = stack.ground.cluster.port
        black_hole.black_hole()
        wrong = {
            "SQLite": f"sqlite:///{run.folder}/several.sqlite3",
            "no PostgreSQL": f"postgres://postgres@127.0.0.1:{free_port()}/postgres",
            "a PostgreSQL that says nothing": f"postgres://postgres@127.0.0.1:{black_hole.port}/x",
            "a host that is not there": "postgres://postgres@nowhere.invalid/postgres",
            "no such database": f"postgres://postgres@{at}/nowhere",
            "no such role": f"postgres://nobody@{at}/postgres",
            "may make no tables": f"postgres://reader@{at}/closed",
            "tables of another program": f"postgres://postgres@{at}/taken",
            "not UTF-8": f"postgres://postgres@{at}/other",
        }
        cases = {name: {"DATABASE_URL": url} for name, url in wrong.items()}
        cases["a Redis address that is none"] = dict(stack.env) | {"REDIS_URL": "redis:/nonsense"}
        workers = ("--workers", str(PROCESSES))
        for name, env in cases.items():
            await expect_refusal(run, name, env, 0, run.folder / "fresh", *workers)
        # What is not needed may be away: an empty database is filled, and no Redis is no Redis.
        empty = postgres.fresh_database(stack.ground.cluster.url)
        stack.env["DATABASE_URL"] = f"postgres://postgres@{at}/{postgres.name_of(empty)}"
        stack.env["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
        run.at_most("an empty database, and no Redis: ready after", await stack.start(), 40, " s")


@row("CRASH-01P", "one of three processes is killed, again and again", long_limit=1800, stack="p")
async def killed(run: Run) -> None:
    async with house(run, late_after=30) as this:
        await one_killed(this)


@row("CRASH-07", "all processes are replaced under load, one after another",
     short_limit=180, long_limit=900, stack="p")  # fmt: skip
async def rolled(run: Run) -> None:
    async with house(run, late_after=30) as this:
        times = run.times(1, 5)
        for _ in range(times):
            before = this.stack.processes()
            this.stack.signal(signal.SIGHUP)
            run.figure("replaced after s", await this.stack.replaced(before, patience=120))
        again = sum(
            count for status, count in this.statuses().items() if status not in ("201", "200")
        )
        run.figure("attempts that had to be made again", again)
        run.none("gave up", sum(p.seq - p.acked > 1 for p in this.stage.posters))


# What is known.


async def shown_out(this: House) -> None:
    """AUTH-01 and AUTH-05: removed from a room and banned by another process, while others post."""
    stage, run = this.stage, this.run
    removed, banned, watcher = stage.people[2], stage.people[9], stage.people[4]
    ears = {name: _Watch(stage, person) for name, person in (("removed", removed),)}
    streams = [_Watch(stage, banned) for _ in range(6)]
    for one in (*ears.values(), *streams):
        await one.open()
    talking = stage.background(
        stage.post_for(
            3600, posters=[stage.poster(watcher)], rooms=stage.private, pace=0.05, **PATIENT
        )
    )
    begin = monotonic()
    stage_made = await asyncio.to_thread(
        stage.seed, show_out=1, removed=removed.author, banned=banned.author
    )
    took = monotonic() - begin
    last = [await one.silent(patience=10) for one in streams]
    run.at_most("banned: silent after", max(last) - begin - took, 2, " s")
    await ears["removed"].told(b"event: member.left", patience=10)
    run.at_most("removed: told after", monotonic() - begin - took, 1.5, " s")
    await asyncio.sleep(0.5)
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)
    answer = await Wire(this.stack.port).ask("GET", "/api/me", headers=banned.headers)
    run.expect("banned: asks again", answer.status in (401, 403), True)
    run.figure("seen by the others", bool(stage_made))
    for one in (*ears.values(), *streams):
        one.close()


class _Watch:
    """One stream, and when it ended."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self._stage = stage
        self._person = person
        self._seen = b""
        self._ear: Ear | None = None

    async def open(self) -> None:
        self._ear = await listen(self._stage.stack.port, listening(self._person), self._hear)
        head = await asyncio.shield(self._ear.head)
        assert head.status == 200, head.status

    def _hear(self, raws: list[bytes]) -> None:
        self._seen += b"".join(raws)

    async def told(self, what: bytes, *, patience: float) -> None:
        async with asyncio.timeout(patience):
            while what not in self._seen:
                await asyncio.sleep(0.01)

    async def silent(self, *, patience: float) -> float:
        assert self._ear is not None
        async with asyncio.timeout(patience):
            await self._ear.closed.wait()
        return monotonic()

    def close(self) -> None:
        if self._ear is not None:
            self._ear.close()


@row("AUTH-01", "removed from a room at one process, heard at another; banned, and silent",
     stack="p")  # fmt: skip
async def rights(run: Run) -> None:
    async with house(run, late_after=20) as this:
        await shown_out(this)


@row("STACK-P", "three processes on PostgreSQL and Redis: everything fails once, under load",
     short_limit=150, long_limit=900, stack="p")  # fmt: skip
async def everything_once(run: Run) -> None:
    async with house(run, late_after=40) as this:
        run.figure("started in s", this.stack.starts[-1])
        await shown_out(this)
        await without_redis(this)
        await restarted(this)
        await swallowed(this)
        await one_killed(this)
