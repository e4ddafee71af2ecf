"""Servers that die, stop, freeze, or do not start."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from tests.faults.people import listening
from tests.faults.rows import processes
from tests.faults.scenario import MANY, ONE, NotRun, Run, row
from tests.faults.server import HOUSE, die_with_parent, environment
from tests.faults.stage import Stage
from tests.faults.wire import listen

PATIENT: dict[str, Any] = {"tries": 60, "pause": 0.15, "patience": 5.0}


async def _readers_through_a_bad_network(stage: Stage) -> None:
    proxy = await stage.proxy()
    proxy.lifetime = lambda: stage.rng.uniform(0.5, 5)
    for person in stage.people:
        reader = stage.reader(person)
        await reader.load_page("hallway")
        reader.port = proxy.port
        reader.start()


@row("CRASH-01", "kill -9 under load, again and again", long_limit=1800,
     beside=ONE, stack="")  # fmt: skip
async def killed(run: Run) -> None:
    async with Stage(run, people=12, rooms=3, private=1) as stage:
        await _readers_through_a_bad_network(stage)
        for person in stage.people[:8]:
            stage.poster(person)
        posting = stage.background(stage.post_for(3600, pace=0.04, **PATIENT))
        kills = run.times(5, 100)
        for _ in range(kills):
            await asyncio.sleep(run.rng.uniform(*run.pick((0.3, 1.2), (1.0, 10.0))))
            await stage.server.kill()
            await stage.server.start()
        await asyncio.sleep(0.5)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.none("readers left behind", await stage.settle())
        await stage.judge(late_after=30)
        run.figure("kills", kills)
        run.figure("acknowledged", sum(poster.acked for poster in stage.posters))
        run.figure("resumes", sum(reader.resumes for reader in stage.readers))
        run.none("resets", [why for reader in stage.readers for why in reader.resets])
        # From exec to the first 200 of /up. Three processes load on two cores, after the one that
        # looks after the tables and starts them.
        run.at_most("ready s, median", median(stage.server.starts), run.on(s=3, p=5))
        run.figure("ready s, fastest", min(stage.server.starts))
        run.figure("ready s, slowest", max(stage.server.starts))


@row("CRASH-03", "killed between the commit and the telling: strace strikes at a random fdatasync",
     long_limit=1800, beside=MANY, stack="")  # fmt: skip
async def killed_before_telling(run: Run) -> None:
    if run.stack == "p":  # no fdatasync of ours there: the proxy before Redis strikes
        await processes.killed_before_telling(run)
        return
    times = run.times(4, 100)
    worst = 0.0
    behind = []
    async with Stage(run, people=6) as stage:
        for person in stage.people[2:]:
            reader = stage.reader(person)
            await reader.load_page("hallway")
            reader.start()
        for person in stage.people[:2]:
            stage.poster(person)
        posting = stage.background(stage.post_for(3600, pace=0.02, **PATIENT))
        for _ in range(times):
            strike = run.rng.randrange(3, 40)
            tracer = strace(
                stage.server.pid, "-e", "trace=fdatasync",
                "-e", f"inject=fdatasync:signal=SIGKILL:when={strike}",
            )  # fmt: skip
            code = await stage.server.ended(patience=20)
            tracer.wait(10)
            assert code == -signal.SIGKILL, code
            committed = await asyncio.to_thread(stage.newest)
            await stage.server.start()
            begin = monotonic()
            for reader in stage.readers:
                if not await reader.reach(committed, patience=10):
                    behind.append(f"{reader.label} at {reader.position} of {committed}")
            worst = max(worst, monotonic() - begin)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.none("readers left behind", behind + await stage.settle())
        run.figure("kills", times)
        run.at_most("told after the restart, s at worst", worst, 5)
        run.none("resets", [why for reader in stage.readers for why in reader.resets])
        await stage.judge(late_after=30)


def strace(pid: int, *arguments: str, output: str = "/dev/null") -> "subprocess.Popen[bytes]":
    """Attach to a running process; returns once it is held."""
    try:
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", output, "-p", str(pid), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NotRun("strace is not installed") from error
    assert tracer.stderr is not None
    first = tracer.stderr.readline()
    if b"attached" not in first:
        tracer.kill()
        raise NotRun(f"strace may not attach: {first.decode().strip()}")
    return tracer


@row("CRASH-04", "the server is frozen (SIGSTOP) and goes on", beside=MANY, stack="")
async def frozen(run: Run) -> None:
    if run.stack == "p":
        await processes.frozen_in_turn(run)
        return
    async with Stage(run, people=10, rooms=2) as stage:
        for person in stage.people:
            reader = stage.reader(person)
            await reader.load_page("hallway")
            reader.start()
        for person in stage.people[:6]:
            stage.poster(person)
        seconds = run.pick(4.0, 60.0)
        posting = stage.background(stage.post_for(3600, pace=0.03, tries=60, patience=2.0))
        await asyncio.sleep(1)
        stage.server.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        stage.server.signal(signal.SIGCONT)
        begin = monotonic()
        while not await stage.server.is_up():
            await asyncio.sleep(0.02)
        run.at_most("answers again after s", monotonic() - begin, 2)
        await asyncio.sleep(1.5)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.none("readers left behind", await stage.settle())
        run.figure("frozen s", seconds)
        run.figure("acknowledged", sum(poster.acked for poster in stage.posters))
        run.figure("unanswered", sum(p.statuses.get("none", 0) for p in stage.posters))
        await stage.judge(late_after=seconds + 5)


@row("CRASH-05", "SIGTERM with 300 streams open and 20 sends under way", beside=MANY, stack="")
async def asked_to_stop(run: Run) -> None:
    async with Stage(run, people=20) as stage:
        ears, last = [], {}
        for number in range(300):

            def hear(raws: list[bytes], number: int = number) -> None:
                last[number] = raws[-1]

            raw = listening(stage.people[number % 20])
            ears.append(await listen(stage.server.port, raw, hear))
        heads = await asyncio.gather(*(asyncio.shield(ear.head) for ear in ears))
        run.expect("streams open", sum(head.status == 200 for head in heads), 300)
        for person in stage.people:
            stage.poster(person)
        posting = stage.background(stage.post_for(3600, tries=80, pause=0.1, patience=5.0))
        await asyncio.sleep(run.pick(0.5, 2.0))
        begin = monotonic()
        stage.server.signal(signal.SIGTERM)
        code = await stage.server.ended()
        run.at_most("exit s", monotonic() - begin, 10)
        run.expect("exit code", code, 0)
        async with asyncio.timeout(5):
            await asyncio.gather(*(ear.closed.wait() for ear in ears))
        run.none("streams cut instead of ended",
                 [number for number, ear in enumerate(ears) if not ear.is_complete])  # fmt: skip
        waits = [last[n] for n in range(300) if last.get(n, b"").startswith(b"retry: ")]
        run.expect("streams told when to come back", len(waits), 300)
        run.at_least("different moments", len(set(waits)), 150)
        await stage.server.start()
        await asyncio.sleep(0.5)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        run.figure("acknowledged", sum(poster.acked for poster in stage.posters))
        run.figure("unanswered once", sum(p.statuses.get("none", 0) for p in stage.posters))
        # 502 is how nginx says that nobody is there.
        final = run.on(s=("503",), p=("502", "503"))
        server_errors = [
            f"{status}: {count}"
            for poster in stage.posters
            for status, count in poster.statuses.items()
            if status.startswith("5") and status not in final
        ]
        run.none("server errors", server_errors)
        await stage.judge()


@row("CRASH-09", "a start that cannot succeed ends at once with one clear line",
     beside=MANY, stack="")  # fmt: skip
async def cannot_start(run: Run) -> None:
    if run.stack == "p":
        await processes.cannot_start(run, _expect_refusal)
        return
    folder = run.folder
    garbage = folder / "garbage" / "hallway.sqlite3"
    garbage.parent.mkdir()
    garbage.write_bytes(b"this is no database " * 1000)
    occupied = folder / "a-file"
    occupied.write_text("not a folder")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cases: dict[str, tuple[dict[str, str], int]] = {
            "a port that is taken": ({}, port),
            "a data folder that cannot be": ({"HALLWAY_DATA": str(occupied / "data")}, 0),
            "a read-only data folder": ({"HALLWAY_DATA": "/proc/hallway"}, 0),
            "a file that is no database": ({"HALLWAY_DATA": str(garbage.parent)}, 0),
            "a database address that is none": ({"DATABASE_URL": "nonsense://x/y"}, 0),
            "a database that is not there": (
                {"DATABASE_URL": f"sqlite:///{folder}/missing/deep/x.sqlite3"}, 0,
            ),
            "a short secret": ({"HALLWAY_SECRET_KEY": "short"}, 0),
            "a bad number": ({"HALLWAY_POST_RATE": "many"}, 0),
            "a bad switch": ({"HALLWAY_GUESTS": "perhaps"}, 0),
        }  # fmt: skip
        for name, (env, at) in cases.items():
            await _expect_refusal(run, name, env, at, folder / "fresh")


async def _expect_refusal(
    run: Run, name: str, env: dict[str, str], port: int, fresh: Path, *more: str
) -> None:
    begin = monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hallway_server", "serve", "--port", str(port), *more,
        cwd=HOUSE, env=environment(fresh, env), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
    )  # fmt: skip
    try:
        async with asyncio.timeout(10):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        output, _ = await process.communicate()
        run.none(name, [f"still running: {output[-200:].decode()}"])
        return
    seconds = monotonic() - begin
    text = output.decode().strip()
    lines = text.splitlines()
    wrong = []
    if process.returncode == 0:
        wrong.append("exit code 0")
    if seconds > run.pick(10, 5):
        wrong.append(f"took {seconds:.1f} s")
    if len(lines) != 1 or "Traceback" in text:
        wrong.append(f"{len(lines)} lines, the last: {lines[-1][:160] if lines else ''}")
    run.none(name, wrong)
