"""Backup and restore, beside a server that goes on serving."""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic

from tests.faults import server as server_module
from tests.faults.checker import Stored, check_database
from tests.faults.people import Poster, load_page
from tests.faults.scenario import MANY, ONE, Run, row
from tests.faults.stage import Stage, percentile


@row("OPS-02", "a backup under full write load, restored elsewhere", beside=ONE)
async def backed_up(run: Run) -> None:
    # So large that copying it takes a while.
    history = run.pick(2000, 20_000)
    async with Stage(
        run, people=12, rooms=3, private=1, history=history, history_size=2000
    ) as stage:
        uploads = _upload(stage.data)
        for person in stage.people[:8]:
            stage.poster(person)
        posting = stage.background(stage.post_for(3600))
        seconds = run.pick(3.0, 20.0)
        await asyncio.sleep(seconds)
        calm = _drain(stage.posters)
        before = _acknowledged(stage)
        begin = monotonic()
        copy = run.folder / "copy"
        await _hallway(stage, "backup", str(copy))
        run.figure("backup s", monotonic() - begin)
        during = _drain(stage.posters)
        await asyncio.sleep(1)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        ever = _acknowledged(stage)
        await stage.settle()
        await stage.judge(strangers=True)
        run.figure("acknowledged before it", len(before))
        run.figure("sends during it", len(during))
        usual, worst = percentile(calm, 0.99) * 1000, percentile(during, 0.99) * 1000
        run.figure("send p99 ms before it", usual)
        # The copying process takes a core of its own; where there are two, that is half of them.
        run.at_most("send p99 ms during it", worst, max(2 * usual, 300))

    elsewhere = run.folder / "elsewhere"
    async with Stage(run, data=elsewhere, people=12) as other:
        await other.server.stop()
        # A house that has another history; all of it gives way.
        await _hallway(other, "restore", "--yes", str(copy))
        await other.server.start()
        restored = Stored.read(other.server.database)
        kept = {(row["author_id"], row["client_id"]) for row in restored.messages.values()}
        run.none("acknowledged before the backup, and missing", before - kept)
        told = {
            event["message_id"] for event in restored.events if event["kind"] == "message.posted"
        }
        run.none("messages without their event, or the reverse", told ^ restored.messages.keys())
        invented = kept - ever - {(author, key) for author, key in kept if _is_history(key)}
        run.none("never acknowledged nor tried", invented - _tried(stage))
        run.none("damage", check_database(other.server.database).violations)
        run.none("uploads unlike the first", _upload_digests(elsewhere).items() ^ uploads.items())
        page = await load_page(other.people[0], other.server.port, "hallway")
        run.at_least("messages on the page", len(page.messages), 1)


@row("OPS-03", "a restore beside a -wal and a -shm that another database left", beside=MANY)
async def stale_log(run: Run) -> None:
    async with Stage(run, people=4) as stage:
        poster = stage.poster(stage.people[0])
        for _ in range(50):
            await poster.post("hallway")
        copy = run.folder / "copy"
        await _hallway(stage, "backup", str(copy))
        kept = _rows(copy / "hallway.sqlite3")
        for _ in range(50):
            await poster.post("hallway")
        # A real log: of this database, but later than the copy, and never folded into the file.
        wal, shm = (
            stage.server.database.with_name(f"hallway.sqlite3{end}") for end in ("-wal", "-shm")
        )
        logs = {path.name: path.read_bytes() for path in (wal, shm)}
        await stage.server.kill()
        cases = {
            "beside no database": lambda data: (data / "hallway.sqlite3").unlink(),
            "beside the old database": lambda data: None,
            "garbage, beside no database": _spoil,
        }
        for name, prepare in cases.items():
            for path, content in logs.items():
                (stage.data / path).write_bytes(content)
            prepare(stage.data)
            await _hallway(stage, "restore", "--yes", str(copy))
            await stage.server.start()
            found = _rows(stage.server.database)
            run.none(f"{name}: rows unlike the copy's", found ^ kept)
            run.none(f"{name}: damage", check_database(stage.server.database).violations)
            await stage.server.kill()
        # A copy that has a foreign log in it is refused, not repaired by guess.
        (copy / "hallway.sqlite3-wal").write_bytes(logs[wal.name])
        refused = await _refusal(stage, "restore", "--yes", str(copy))
        run.none(
            "a copy with a log in it is taken",
            [] if "no part of a backup" in refused else [refused],
        )


def _spoil(data: Path) -> None:
    (data / "hallway.sqlite3").unlink()
    for end in ("-wal", "-shm"):
        (data / f"hallway.sqlite3{end}").write_bytes(b"left by another database" * 1000)


@row("OPS-04", "a backup 500 messages old is restored under 20 clients with newer cursors",
     beside=MANY)  # fmt: skip
async def restored_old(run: Run) -> None:
    lost = run.pick(150, 500)
    async with Stage(run, people=20, rooms=2) as stage:
        posters = [stage.poster(person) for person in stage.people[:4]]
        await stage.post_for(0.5, posters=posters)
        copy = run.folder / "copy"
        await _hallway(stage, "backup", str(copy))
        kept = _rows(copy / "hallway.sqlite3")
        start = sum(poster.acked for poster in posters)
        readers = [stage.reader(person) for person in stage.people]
        for reader in readers[:15]:
            reader.start()  # these are there when it happens, the others come back later
        while sum(poster.acked for poster in posters) < start + lost:
            await stage.post_for(0.2, posters=posters)
        newest = stage.newest()
        for reader in readers[:15]:
            await reader.reach(newest)
        for reader in readers[15:]:
            await reader.load_page("hallway")
        await _hallway(stage, "restore", "--yes", str(copy))
        for reader in readers[15:]:
            reader.start()
        begin = monotonic()
        while monotonic() - begin < 20 and not all(reader.resets for reader in readers):
            await asyncio.sleep(0.05)
        gone = sum(poster.acked for poster in posters) - start
        run.figure("messages lost with the restore", gone)
        run.at_most("all told after s", monotonic() - begin, 15)
        run.none("not told by exactly one reset, or for another reason",
                 [reader.resets for reader in readers if reader.resets != ["epoch"]])  # fmt: skip
        run.none("rows unlike the copy's", _rows(stage.server.database) ^ kept)
        heard = {reader.label: reader.kinds.get("message.posted", 0) for reader in readers}
        # What is said from now on has numbers that the clients have met before.
        said = 0
        for _ in range(30):
            answer = await posters[0].post("hallway")
            said += answer is not None and answer.status == 201
        newest = stage.newest()
        late = [reader.label for reader in readers if not await reader.reach(newest)]
        run.none("readers left behind", late)
        hidden = [
            reader.label
            for reader in readers
            if reader.kinds.get("message.posted", 0) - heard[reader.label] != said
        ]
        run.none("new messages hidden from somebody, or told twice", hidden)
        page = await load_page(stage.people[1], stage.server.port, "hallway")
        stored = stage.stored()
        hallway = [number for number, row in sorted(stored.messages.items())
                   if stored.rooms[row["room_id"]]["slug"] == "hallway"]  # fmt: skip
        shown = [number for number, _, _ in page.messages]
        run.expect("the page shows the newest stored", shown == hallway[-len(shown) :], True)
        run.none("damage", check_database(stage.server.database).violations)


async def _hallway(stage: Stage, *words: str) -> str:
    """Run the operator's command on the stage's data."""
    return await asyncio.to_thread(
        server_module.run, "hallway_server", *words, data=stage.data, extra=stage.server.env
    )


async def _refusal(stage: Stage, *words: str) -> str:
    try:
        return await _hallway(stage, *words)
    except server_module.NotReady as error:
        return str(error)


def _rows(database: Path) -> set[tuple[int, str, str]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return set(connection.execute("SELECT id, client_id, content FROM hallway_message"))


def _acknowledged(stage: Stage) -> set[tuple[int, str]]:
    return {key for poster in stage.posters for key in poster.kept}


def _tried(stage: Stage) -> set[tuple[int, str]]:
    return {
        (poster.person.author, f"{poster.label}-{number}")
        for poster in stage.posters
        for number in range(1, poster.seq + 1)
    }


def _is_history(key: str) -> bool:
    return key.startswith("history-")


def _drain(posters: list[Poster]) -> list[float]:
    """How long sends took since the last call."""
    taken = [seconds for poster in posters for seconds in poster.latencies]
    for poster in posters:
        poster.latencies.clear()
    return taken


def _upload(data: Path) -> dict[str, str]:
    """Files as uploads are kept; that they travel is all that is asked here."""
    for number in range(20):
        path = data / "uploads" / f"{number % 3}" / f"file-{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.sha256(str(number).encode()).digest() * 5000)
    return _upload_digests(data)


def _upload_digests(data: Path) -> dict[str, str]:
    root = data / "uploads"
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(root.rglob("*.bin"))
    }
