"""Messages on their way to readers: cut off, resumed, repeated, proxied."""

import asyncio
import json
from collections.abc import Sequence
from time import monotonic

from tests.faults.nginx import nginx
from tests.faults.people import Person, Poster, Reader, listening
from tests.faults.scenario import MANY, Run, row
from tests.faults.sse import Frame, parse
from tests.faults.stage import Stage, percentile
from tests.faults.wire import NoAnswer, listen, request


@row("DLV-01", "20 people in 5 rooms and a private one, 8 of them posting, nothing goes wrong",
     stack="")  # fmt: skip
async def undisturbed(run: Run) -> None:
    async with Stage(run, people=20, rooms=5, private=1) as stage:
        await _everybody_reads(stage)
        for person in stage.people[:8]:
            stage.poster(person)
        seconds = await _chat(stage, run.pick(4.0, 120.0))
        run.none("readers left behind", await stage.settle())
        verdict = await stage.judge()
        posts = sum(poster.acked for poster in stage.posters)
        run.figure("posts", posts)
        run.figure("posts/s", posts / seconds)
        run.figure("frames", int(verdict.figures["frames"]))
        run.figure("delivery p50 ms", verdict.figures["p50_ms"])
        run.at_most("delivery p99 ms", verdict.figures["p99_ms"], 300)


@row("DLV-02", "the same, with every stream reset or cut in the middle of a frame again and again",
     beside=MANY, stack="")  # fmt: skip
async def cut_off(run: Run) -> None:
    async with Stage(run, people=20, rooms=5, private=1) as stage:
        proxy = await stage.proxy()
        shortest, longest = run.pick((0.1, 1.0), (0.5, 5.0))
        proxy.lifetime = lambda: run.rng.uniform(shortest, longest)
        # Every other connection ends at a byte and not at a moment: in the middle of a frame.
        proxy.cut_after = lambda: (
            run.rng.randrange(300, 60_000) if run.rng.random() < 0.5 else 2**40
        )
        await _everybody_reads(stage, port=proxy.port)
        for person in stage.people[:8]:
            stage.poster(person)
        await _chat(stage, run.pick(5.0, 120.0))
        proxy.lifetime = proxy.cut_after = None
        proxy.reset_all()
        run.none("readers left behind", await stage.settle())
        verdict = await stage.judge(late_after=15)
        run.figure("posts", sum(poster.acked for poster in stage.posters))
        run.figure("frames", int(verdict.figures["frames"]))
        run.at_least("resumes", sum(reader.resumes for reader in stage.readers),
                     run.pick(100, 500))  # fmt: skip
        run.none("resets", [why for reader in stage.readers for why in reader.resets])


async def _chat(stage: Stage, seconds: float) -> float:
    """Half of the posters belong to the private room and post there too."""
    members = [poster for poster in stage.posters if poster.person.author % 2 == 1]
    others = [poster for poster in stage.posters if poster.person.author % 2 == 0]
    took = await asyncio.gather(
        stage.post_for(seconds, posters=members, rooms=stage.rooms + stage.private, pace=0.01),
        stage.post_for(seconds, posters=others, pace=0.01),
    )
    return max(took)


async def _everybody_reads(stage: Stage, *, port: int = 0) -> None:
    for person in stage.people:
        reader = stage.reader(person)
        await reader.load_page(stage.rng.choice(stage.rooms))
        reader.port = port or reader.port
        reader.start()


@row("DLV-04", "resume by header, by parameter, by both, by neither", beside=MANY, stack="")
async def ways_to_resume(run: Run) -> None:
    async with Stage(run, people=1, history=20) as stage:
        person, port = stage.people[0], stage.server.port
        newest = stage.newest()
        beat = (await replay(person, port))[-1]
        epoch = beat.cursor.rpartition("-")[0]

        async def told(header: int | None, query: int | None) -> list[int]:
            since = f"?since={epoch}-{query}" if query is not None else ""
            cursor = f"{epoch}-{header}" if header is not None else ""
            frames = await replay(person, port, cursor=cursor, query=since)
            return [frame.position for frame in frames[:-1]]

        def suffix(cursor: int) -> list[int]:
            return list(range(cursor + 1, newest + 1))

        run.expect("neither: frames, and where it stands",
                   f"{len(await told(None, None))} {beat.position}", f"0 {newest}")  # fmt: skip
        wrong = []
        for far in range(20):
            position = newest - far
            if await told(position, None) != suffix(position):
                wrong.append(f"header {position}")
            if await told(None, position) != suffix(position):
                wrong.append(f"parameter {position}")
            other = run.rng.randrange(newest - 19, newest + 1)
            if await told(position, other) != suffix(position):
                wrong.append(f"header {position} with parameter {other}")
        run.none("wrong suffixes of 60", wrong)


async def replay(
    person: Person, port: int, *, cursor: str = "", query: str = "", patience: float = 10.0
) -> list[Frame]:
    """What a stream tells before its first heartbeat, and that."""
    frames: list[Frame] = []
    beat = asyncio.Event()

    def hear(raws: Sequence[bytes]) -> None:
        for raw in raws:
            frame = parse(raw.decode("utf-8", "surrogateescape"))
            if frame is not None and not beat.is_set():
                frames.append(frame)
                if frame.kind == "heartbeat":
                    beat.set()

    headers = person.headers | ({"Last-Event-ID": cursor} if cursor else {})
    ear = await listen(port, request("GET", "/api/stream" + query, headers=headers), hear)
    try:
        async with asyncio.timeout(patience):
            if (await asyncio.shield(ear.head)).status != 200:
                raise NoAnswer(f"the stream answered {ear.head.result().status}")
            await beat.wait()
    finally:
        ear.close()
        await ear.closed.wait()
    return frames


@row("DLV-05", "load the page while others post, open the stream up to two seconds later",
     beside=MANY, stack="")  # fmt: skip
async def page_then_stream(run: Run) -> None:
    async with Stage(run, people=14) as stage:
        for person in stage.people[:4]:
            stage.poster(person)
        times = run.times(60, 500)
        longest = run.pick(0.4, 2.0)
        left = iter(range(times))
        posting = stage.background(stage.post_for(3600, pace=0.075))

        async def visit(person: Person) -> None:
            for number in left:
                reader = Reader(
                    person, stage.server.port, stage.journal, run.rng,
                    label=f"visit-{number}", retry=(60, 60),
                )  # fmt: skip
                stage.readers.append(reader)
                await reader.load_page("hallway")
                await asyncio.sleep(run.rng.uniform(0, longest))
                reader.start()
                await reader.opened()
                await asyncio.sleep(run.rng.uniform(0.1, 0.4))
                await reader.stop()
                reader.done()

        await asyncio.gather(*map(visit, stage.people[4:]))
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        verdict = await stage.judge(late_after=2.0)
        run.figure("visits", times)
        run.figure("posts", sum(poster.acked for poster in stage.posters))
        run.figure("frames", int(verdict.figures["frames"]))
        run.none("streams refused", sum(reader.refusals for reader in stage.readers))


@row("DLV-06", "be away for a few events, for thousands, and for longer than the log remembers",
     beside=MANY, stack="")  # fmt: skip
async def away(run: Run) -> None:
    async with Stage(run, people=3, history=run.pick(5200, 6000)) as stage:
        person, port = stage.people[0], stage.server.port
        epoch = (await replay(person, port))[-1].cursor.rpartition("-")[0]
        newest = stage.newest()
        distances = (0, 1, 39, 40, 41, 299, 300, 301, 4999, 5000, 5001, 5150)
        run.none("wrong replays", await _wrong_replays(person, port, epoch, newest, distances))
        # The log is trimmed by another process while the server runs, then it starts again.
        stage.seed(trim=100)
        few = (0, 1, 99, 100, 101, 5150)
        wrong = await _wrong_replays(person, port, epoch, newest, few)
        run.none("wrong replays once trimmed", wrong)
        await stage.server.stop()
        await stage.server.start()
        resets = 0
        for distance, wanted in ((99, 0), (100, 0), (101, 1), (300, 1), (5150, 1)):
            frames = await replay(person, port, cursor=f"{epoch}-{newest - distance}")
            reset = [frame for frame in frames if frame.kind == "reset"]
            resets += len(reset)
            told = len(frames) - 1 - len(reset)
            run.expect(f"{distance} behind what is left of 100: resets, events",
                       f"{len(reset)} {told}", f"{wanted} {0 if wanted else distance}")  # fmt: skip
        # After a reset one loads the page and goes on; that gives the whole truth again.
        reader = stage.reader(stage.people[1], cursor=f"{epoch}-{newest - 300}")
        reader.start()
        await reader.opened()
        await reader.stop()
        run.expect("reason", reader.resets, ["trimmed"])
        await reader.load_page("hallway")
        reader.start()
        poster = stage.poster(stage.people[2])
        for _ in range(20):
            await poster.post("hallway")
        run.none("readers left behind", await stage.settle())
        await stage.judge()


async def _wrong_replays(
    person: Person, port: int, epoch: str, newest: int, distances: Sequence[int]
) -> list[str]:
    """Either everything after the cursor, or a reset: what is neither."""
    wrong = []
    for distance in distances:
        frames = await replay(person, port, cursor=f"{epoch}-{newest - distance}", patience=20)
        told = [frame.position for frame in frames if frame.kind == "message.posted"]
        is_reset = any(frame.kind == "reset" for frame in frames)
        whole = list(range(newest - distance + 1, newest + 1))
        if told != ([] if is_reset else whole):
            wrong.append(f"{len(told)} events for {distance}, reset {is_reset}")
    return wrong


@row("DLV-07", "a send whose answer got lost is sent again, changed, elsewhere, in parallel",
     beside=MANY, stack="")  # fmt: skip
async def sent_again(run: Run) -> None:
    async with Stage(run, people=4, rooms=2) as stage:
        maya, joe = stage.people[:2]
        proxy = await stage.proxy()
        poster = stage.poster(maya, port=proxy.port)
        stage.reader(stage.people[2]).start()
        ids: list[object] = []
        wrong = []
        for number in range(run.pick(10, 200)):
            key = f"again-{number}"
            proxy.swallow = True
            for _ in range(run.rng.randrange(1, 4)):
                if await poster.post("hallway", op_id=key, patience=0.3, content=f"{key}. hello"):
                    wrong.append(f"{key} was answered")
            proxy.swallow = False
            told = []
            for content in ("hello", "hello", "changed"):
                answer = await poster.post("hallway", op_id=key, content=f"{key}. {content}")
                told.append((answer.status, answer.json()["id"], answer.json()["content"])
                            if answer else None)  # fmt: skip
            if len(set(told)) != 1 or told[0] is None or told[0][::2] != (200, f"{key}. hello"):
                wrong.append(f"{key}: {told}")
            ids.append(told[0] and told[0][1])
        run.none("repetitions that differ from the first", wrong)
        run.expect("messages", len(set(ids)), len(ids))
        # The same key in another room, or of another author, is another message.
        other = await poster.post(stage.rooms[1], op_id="again-0", content="again-0. hello")
        run.expect("another room, same key", other.status if other else None, 201)
        other = await stage.poster(joe).post("hallway", op_id="again-0", content="joe. hello")
        run.expect("another author, same key", other.status if other else None, 201)
        # Twenty at once, over twenty connections.
        crowd = [stage.poster(maya) for _ in range(20)]
        answers = await asyncio.gather(
            *(one.post("hallway", op_id="crowd", content="crowd. hello") for one in crowd)
        )
        told_ids = {answer.json()["id"] for answer in answers if answer}
        statuses = sorted(answer.status for answer in answers if answer)
        counts = f"{len(told_ids)} {statuses.count(201)} {statuses.count(200)}"
        run.expect("twenty at once: ids, 201, 200", counts, "1 1 19")
        # And when the server that answered is gone.
        await stage.server.kill()
        await stage.server.start()
        late = await poster.post("hallway", op_id="crowd", content="crowd. hello", tries=3)
        run.expect("after a restart", late and (late.status, late.json()["id"] in told_ids),
                   (200, True))  # fmt: skip
        run.none("readers left behind", await stage.settle())
        await stage.judge()


@row("DLV-11", "edits, deletions, reactions, pins, new names, people gone, while one is offline",
     beside=MANY, stack="")  # fmt: skip
async def changed_meanwhile(run: Run) -> None:
    async with Stage(run, people=6, private=1) as stage:
        maya, joe = stage.poster(stage.people[0]), stage.poster(stage.people[1])
        zoe = stage.poster(stage.people[2])
        secrets: list[str] = []
        mine: list[int] = []
        for number in range(30):
            answer = await maya.post("hallway", content=f"{maya.label}-{number}. before {number}")
            assert answer is not None
            mine.append(answer.json()["id"])
        for _ in range(5):
            await joe.post("hallway")
            await zoe.post("hallway")
        readers = [stage.reader(person) for person in stage.people[3:]]
        for reader in readers:
            await reader.load_page("hallway")
            reader.start()
            await reader.opened()
        behind: list[str] = []
        for round_ in range(run.pick(3, 30)):
            for reader in readers:
                await reader.stop()
            await _change(run, round_, mine, secrets, maya=maya, joe=joe, zoe=zoe)
            for reader in readers:
                reader.start()
            behind += await _arrive(stage)
        refused = [status for one in (maya, joe, zoe) for status in one.statuses if status >= "300"]
        run.none("changes refused", refused)
        run.none("left behind in a round", behind)
        run.none("readers left behind", await stage.settle())
        await stage.judge()
        # What was deleted while a reader was away is in nothing that is replayed or shown.
        person, port = stage.people[3], stage.server.port
        epoch = (await replay(person, port))[-1].cursor.rpartition("-")[0]
        frames = await replay(person, port, cursor=f"{epoch}-0")
        everything = json.dumps([frame.data for frame in frames])
        run.none("deleted texts in the replay", [one for one in secrets if one in everything])
        log = json.dumps([event["payload"] for event in stage.stored().events])
        run.none("deleted texts in the log", [one for one in secrets if one in log])
        run.figure("deleted", len(secrets))


async def _change(
    run: Run, round_: int, mine: list[int], secrets: list[str],
    *, maya: Poster, joe: Poster, zoe: Poster,
) -> None:  # fmt: skip
    """A round of all that may happen to messages and people: `mine` are Maya's, who manages."""
    *edited, one, other = run.rng.sample(mine, 8)
    for number in edited:
        await maya.edit(number, f"edited in round {round_}")
    for number in (one, other):
        secret = f"secret-{round_}-{number}"
        await maya.edit(number, secret)
        await maya.delete(number)
        mine.remove(number)
        secrets.append(secret)
        answer = await maya.post("hallway")
        assert answer is not None
        mine.append(answer.json()["id"])
    for number in run.rng.sample(mine, 4):
        await zoe.react(number, run.rng.choice("👍🎉👀"))
    for number in run.rng.sample(mine, 2):
        await maya.pin(number)
        await maya.pin(number, away=run.rng.random() < 0.5)
    await joe.rename(f"Joe the {round_}th")
    await joe.belong("hallway", leave=True)
    await joe.belong("hallway")


async def _arrive(stage: Stage) -> list[str]:
    newest = stage.newest()
    return [reader.label for reader in stage.readers if not await reader.reach(newest)]


@row("DLV-10", "through nginx as it comes: buffering on, 60 s between two reads; long silence",
     short_limit=120, beside=MANY, stack="")  # fmt: skip
async def behind_nginx(run: Run) -> None:
    async with Stage(run, people=12) as stage, nginx(run.folder, stage.server.listens_at) as front:
        waits = []
        for person in stage.people[:10]:
            begin = monotonic()
            ear = await listen(front, listening(person), lambda raws: None)
            await asyncio.shield(ear.head)
            while b"hallway" not in ear.seen and monotonic() - begin < 5:
                await asyncio.sleep(0.002)
            waits.append((monotonic() - begin) * 1000)
            ear.close()
        run.at_most("headers and comment, p50 ms", percentile(waits, 0.5), 200)
        for person in stage.people[:10]:
            stage.reader(person, port=front).start()
        await asyncio.gather(*(reader.opened() for reader in stage.readers))
        silence = run.pick(24.0, 300.0)
        await asyncio.sleep(silence)
        run.figure("silence s", silence)
        poster = stage.poster(stage.people[11], port=front)
        for _ in range(10):
            await poster.post("hallway")
            await asyncio.sleep(0.05)
        run.none("readers left behind", await stage.settle())
        run.none("streams dropped", sum(reader.connection - 1 for reader in stage.readers))
        verdict = await stage.judge()
        run.at_most("delivery p99 ms", verdict.figures["p99_ms"], 500)
        beats = [reader.kinds.get("heartbeat", 0) for reader in stage.readers]
        run.at_least("heartbeats each", min(beats), silence // 21 + 1)
