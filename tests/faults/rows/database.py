"""The database under the server: synced, locked, held, full, and whole after every crash."""

import asyncio
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import psycopg

from tests.faults.checker import check_database
from tests.faults.people import load_page
from tests.faults.rows.crash import PATIENT, strace
from tests.faults.scenario import MANY, ONE, NotRun, Run, row
from tests.faults.stage import Stage, percentile
from tests.faults.wire import NoAnswer, Wire

# The log's, in a PostgreSQL.
LOG_LOCK = 0x48414C4C
_CALL = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>")


@row("DB-01", "watched by strace: the disk has it before anybody is told", beside=MANY)
async def synced(run: Run) -> None:
    output = run.folder / "strace.txt"
    posts = run.pick(60, 200)
    async with Stage(run, people=2) as stage:
        poster = stage.poster(stage.people[0])
        await poster.post("hallway")
        tracer = strace(
            stage.server.pid, "-y", "-s", "48",
            "-e", "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg",
            output=str(output),
        )  # fmt: skip
        for _ in range(posts):
            await poster.post("hallway")
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        pragmas = json.loads(stage.seed(pragmas=1))
        await stage.judge()
    acks, unsynced, syncs = _read_trace(output)
    run.expect("acknowledgements seen", acks, posts)
    run.figure("syncs of the log", syncs)
    run.none("acknowledged before synced", unsynced)
    wanted = {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000}
    run.expect("pragmas", pragmas, wanted)


def _read_trace(output: Path) -> tuple[int, list[str], int]:
    """How many acknowledgements, which of them came while the log was unsynced, how many syncs.

    One client posts one message after another, so whatever was written to the log before an answer
    belongs to what is answered.
    """
    acks = syncs = 0
    unsynced = []
    is_dirty = is_written = False
    syncing: set[str] = set()
    for line in output.read_text(errors="replace").splitlines():
        call, resumed = _CALL.match(line), _RESUMED.match(line)
        if resumed and resumed["call"] in ("fdatasync", "fsync") and resumed["pid"] in syncing:
            syncing.discard(resumed["pid"])
            is_dirty, syncs = False, syncs + 1
        if not call:
            continue
        is_log = "-wal>" in call["rest"]
        if call["call"] == "pwrite64" and is_log:
            is_dirty = is_written = True
        elif call["call"] in ("fdatasync", "fsync") and is_log:
            if "<unfinished" in line:
                syncing.add(call["pid"])
            else:
                is_dirty, syncs = False, syncs + 1
        elif '"HTTP/1.1 201' in call["rest"]:
            acks += 1
            if is_dirty or not is_written:
                unsynced.append(f"answer {acks}: {'not synced' if is_dirty else 'not written'}")
            is_written = False
    return acks, unsynced, syncs


@row("DB-03", "another program holds the write lock while 16 people post",
     long_limit=300, beside=ONE, stack="")  # fmt: skip
async def locked_out(run: Run) -> None:
    async with Stage(run, people=20) as stage:
        for person in stage.people[:16]:
            stage.poster(person)
        stage.reader(stage.people[16]).start()
        wrong: list[str] = []
        for held in run.pick((0.1, 1.0, 9.0), (0.1, 1.0, 4.0, 6.0, 30.0)):
            release = threading.Event()
            holder = asyncio.create_task(asyncio.to_thread(_hold_lock, stage, release))
            await asyncio.sleep(0.1)
            answers: list[tuple[float, int, bool]] = []
            begin = monotonic()
            posting = stage.background(_post_once_each(stage, answers, held))
            await asyncio.sleep(held)
            release.set()
            await holder
            begin_again = monotonic()
            await posting
            refused = [one for one in answers if one[1] == 503]
            run.figure(f"{held:g} s: 201, 503",
                       f"{sum(one[1] == 201 for one in answers)} {len(refused)}")  # fmt: skip
            slowest = max(one[0] for one in answers)
            # The wait for the lock is 5 s; whoever comes while another waits waits with them. On
            # PostgreSQL one may have waited as long for a connection before.
            run.at_most(f"{held:g} s: answered within", slowest, run.on(s=8, p=11), " s")
            wrong += [f"{held:g} s: {one}" for one in answers if one[1] not in (201, 503)]
            wrong += [f"{held:g} s: 503 without Retry-After" for one in refused if not one[2]]
            await stage.posters[0].post("hallway")
            run.at_most(f"{held:g} s: posting again after", monotonic() - begin_again, 8, " s")
            assert monotonic() >= begin
        run.none("wrong answers", wrong)
        run.none("readers left behind", await stage.settle())
        await stage.judge(late_after=10)


async def _post_once_each(
    stage: Stage, answers: list[tuple[float, int, bool]], seconds: float
) -> None:
    """Sixteen people post until the lock is free, then once more; nobody repeats a send."""
    until = monotonic() + seconds

    async def keep_posting(number: int) -> None:
        while True:
            begin = monotonic()
            answer = await stage.posters[number].post("hallway", patience=60)
            status = answer.status if answer else stage.posters[number].last_status
            after = bool(stage.posters[number].last_retry_after)
            answers.append((monotonic() - begin, status, after))
            if begin >= until or monotonic() > until + 20:
                return
            await asyncio.sleep(0.05)

    await asyncio.gather(*map(keep_posting, range(16)))


def _hold_lock(stage: Stage, release: threading.Event) -> None:
    if stage.run.stack == "p":
        with psycopg.connect(stage.stack.direct_url) as held:
            held.execute(f"SELECT pg_advisory_xact_lock({LOG_LOCK})")
            release.wait(120)
        return
    connection = sqlite3.connect(stage.server.database, isolation_level=None, timeout=20)
    try:
        connection.execute("BEGIN IMMEDIATE")
        release.wait(120)
        connection.execute("ROLLBACK")
    finally:
        connection.close()


@row("DB-04", "a reader of another program keeps its snapshot while people write",
     long_limit=900, beside=MANY)  # fmt: skip
async def snapshot_held(run: Run) -> None:
    async with Stage(run, people=20) as stage:
        log = stage.server.database.with_name("hallway.sqlite3-wal")
        posters = [stage.poster(person) for person in stage.people[:8]]
        for person in stage.people[8:]:
            stage.reader(person).start()
        await asyncio.gather(*(reader.opened() for reader in stage.readers))
        largest = 0
        posting = stage.background(stage.post_for(run.pick(5, 60), posters=posters, size=4000))
        while not posting.done():
            largest = max(largest, log.stat().st_size)
            await asyncio.sleep(0.1)
        run.at_most("log with streams open, MB", largest / 1e6, 64)
        connection = sqlite3.connect(stage.server.database, isolation_level=None)
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM hallway_message").fetchone()
        begin = monotonic()
        for poster in posters:
            poster.latencies.clear()
        while log.stat().st_size < 70_000_000 and monotonic() - begin < run.pick(45, 300):
            await stage.post_for(1, posters=posters, size=7900)
        if run.is_long:
            await stage.post_for(300 - (monotonic() - begin), posters=posters, pace=0.2)
        run.figure("held s", monotonic() - begin)
        run.figure("log while held, MB", log.stat().st_size / 1e6)
        sends = [seconds for poster in posters for seconds in poster.latencies]
        run.at_most("send p99 ms while held", percentile(sends, 0.99) * 1000, 1500)
        alarmed = False
        for _ in range(30):
            alarmed = "write-ahead log has grown" in stage.server.log.read_text()
            if alarmed:
                break
            await asyncio.sleep(0.1)
        run.expect("alarm", alarmed, True)
        connection.execute("COMMIT")
        connection.close()
        begin = monotonic()
        while log.stat().st_size > 20_000_000 and monotonic() - begin < 60:
            await stage.post_for(0.2, posters=posters[:1])
        run.at_most("shrunk s after its release", monotonic() - begin, 59)
        run.figure("log afterwards, MB", log.stat().st_size / 1e6)
        run.none("readers left behind", await stage.settle())
        await stage.judge()


@row("DB-05", "the disk is full, for a while; the server is restarted on the full disk",
     long_limit=300, beside=MANY)  # fmt: skip
async def disk_full(run: Run) -> None:
    async with _small_disk(run.folder / "disk") as disk:
        data = disk / "data"
        async with Stage(run, people=20, data=data) as stage:
            posters = [stage.poster(person) for person in stage.people[:4]]
            for person in stage.people[4:8]:
                stage.reader(person).start()
            await stage.post_for(1, posters=posters, size=2000)
            _fill(disk / "filler")
            before = _statuses(stage)
            seconds = run.pick(4.0, 60.0)
            posting = stage.background(
                stage.post_for(seconds, posters=posters, size=4000, pace=0.02)
            )
            reads = await _read_meanwhile(stage, posting)
            full = _difference(_statuses(stage), before)
            run.figure("answers on the full disk", full)
            run.at_least("refused", sum(full.get(s, 0) for s in ("507", "503")), 1)
            run.none("other answers", [s for s in full if s not in ("201", "503", "507")])
            run.none("reads that failed", reads)
            run.expect("coming in", await _come_in(stage) in (302, 503, 507), True)
            code = await stage.server.stop()
            run.expect("exit code on the full disk", code, 0)
            await stage.server.start()
            run.none("reads that failed after a restart", await _read_meanwhile(stage))
            answer = await posters[0].post("hallway", size=4000, tries=2)
            run.figure(
                "a send after the restart", answer.status if answer else posters[0].last_status
            )
            (disk / "filler").unlink()
            begin = monotonic()
            answer = await posters[1].post("hallway", tries=50, pause=0.1)
            run.expect("a send once there is space", answer and answer.status, 201)
            run.at_most("recovered s", monotonic() - begin, 5)
            await stage.post_for(0.5, posters=posters)
            run.none("readers left behind", await stage.settle())
            await stage.judge(late_after=20, strangers=False)


@asynccontextmanager
async def _small_disk(folder: Path) -> AsyncIterator[Path]:
    """64 MB of memory that are a disk; only root may mount it."""
    mount = ["mount", "--mkdir", "-t", "tmpfs", "-o", "size=64m", "hallway-faults", str(folder)]
    try:
        await asyncio.to_thread(subprocess.run, mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotRun(f"a small tmpfs cannot be mounted: {error}") from error
    try:
        yield folder
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", str(folder)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for size in (2**20, 2**12):
            with suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass


def _statuses(stage: Stage) -> dict[str, int]:
    found: dict[str, int] = {}
    for poster in stage.posters:
        for status, count in poster.statuses.items():
            found[status] = found.get(status, 0) + count
    return found


def _difference(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {s: n - before.get(s, 0) for s, n in after.items() if n > before.get(s, 0)}


async def _read_meanwhile(stage: Stage, work: "asyncio.Task[object] | None" = None) -> list[str]:
    """Load pages and history until the work is done (or five times); what went wrong."""
    failed = []
    wire = Wire(stage.server.port)
    for number in range(10_000):
        if (work is None and number == 5) or (work is not None and work.done()):
            break
        person = stage.people[10 + number % 5]
        try:
            await load_page(person, stage.server.port, "hallway")
            answer = await wire.ask("GET", "/api/rooms/hallway/messages", headers=person.headers)
            if answer.status != 200:
                failed.append(f"history answered {answer.status}")
        except NoAnswer as error:
            failed.append(str(error))
        await asyncio.sleep(0.05)
    wire.close()
    return failed


async def _come_in(stage: Stage) -> int:
    """What somebody new is answered in the lobby."""
    wire = Wire(stage.server.port)
    token = "e" * 32
    headers = {
        "Cookie": f"csrftoken={token}", "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    try:
        return (await wire.ask("POST", "/lobby/", headers=headers, body=b"username=")).status
    finally:
        wire.close()


@row("DB-07", "after every crash the database is whole: integrity, keys, search, order",
     long_limit=900, beside=MANY)  # fmt: skip
async def whole(run: Run) -> None:
    async with Stage(run, people=12, rooms=3) as stage:
        for person in stage.people[:8]:
            stage.poster(person)
        posting = stage.background(stage.post_for(3600, pace=0.005, size=3000, **PATIENT))
        faults: list[str] = []
        kills = run.pick(4, 40)
        for number in range(kills):
            await asyncio.sleep(run.rng.uniform(0.5, 2))
            await stage.server.kill()
            copy = run.folder / f"copy-{number}"
            shutil.copytree(stage.data, copy, ignore=shutil.ignore_patterns("static"))
            await stage.server.start()
            faults += await asyncio.to_thread(_examine, copy / "hallway.sqlite3")
            shutil.rmtree(copy)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.figure("kills", kills)
        run.figure("messages", len(stage.stored().messages))
        run.none("faults", faults)
        await stage.judge()


def _examine(database: Path) -> list[str]:
    """A copy as the crash left it: its log is recovered, then everything is checked."""
    connection = sqlite3.connect(database, isolation_level=None)
    found = []
    try:
        searches = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
        ).fetchall()
        for (name,) in searches:
            try:
                connection.execute(f'INSERT INTO "{name}"("{name}") VALUES(\'integrity-check\')')
            except sqlite3.Error as error:
                found.append(f"{name}: {error}")
    finally:
        connection.close()
    return found + [str(one) for one in check_database(database).violations]
