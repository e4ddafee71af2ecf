"""What must not be told to those who may not know, or not any more."""

import asyncio
import json
from statistics import median
from time import monotonic, perf_counter

from tests.faults.people import Person, listening
from tests.faults.scenario import Run, row
from tests.faults.stage import Stage
from tests.faults.wire import Answer, Ear, Wire, listen

# Of one length, so that nothing differs but whether there is such a room.
HIDDEN, NOWHERE = "private-0", "nowhere-0"
CALLS = [
    ("GET", "/rooms/{room}/", None),
    ("GET", "/api/rooms/{room}", None),
    ("GET", "/api/rooms/{room}/messages", None),
    ("GET", "/api/rooms/{room}/members", None),
    ("POST", "/api/rooms/{room}/messages", {"content": "hello"}),
    ("PUT", "/api/rooms/{room}/membership", None),
    ("GET", "/api/messages/{message}", None),
]
# What differs between any two answers; nginx ends a connection after so many of them.
OWN = ("date", "expires", "x-request-id", "content-security-policy", "set-cookie", "connection")


@row("AUTH-10", "a hidden room and none at all: the same answer, after the same time", stack="")
async def hidden(run: Run) -> None:
    async with Stage(run, people=4, private=1) as stage:
        insider, outsider = stage.people[0], stage.people[1]
        said = await stage.poster(insider).post(stage.private[0])
        assert said is not None
        assert said.status == 201, "every other person belongs to what is private"
        theirs, none = {"room": HIDDEN, "message": said.json()["id"]}, {"room": NOWHERE}
        none["message"] = 10**6 + theirs["message"]
        different: list[str] = []
        ratios: dict[str, float] = {}
        wire = Wire(stage.server.port)
        for method, path, body in CALLS:
            times: dict[bool, list[float]] = {True: [], False: []}
            answers: dict[bool, Answer] = {}
            # In turns, so that whatever else the machine does comes to both.
            for number in range(run.pick(200, 400)):
                is_there = number % 2 == 0
                address = path.format(**theirs if is_there else none)
                answer, seconds = await _ask(wire, outsider, method, address, body)
                times[is_there].append(seconds)
                answers[is_there] = answer
                if number % 2 and _seen(answers[True]) != _seen(answers[False]):
                    different.append(f"{method} {path}: {_difference(answers)}")
            ratios[f"{method} {path}"] = median(times[True]) / median(times[False])
        wire.close()
        run.none("answers that differ", sorted(set(different)))
        run.at_least("time there / time of none, least", min(ratios.values()), 0.9)
        run.at_most("most", max(ratios.values()), 1.1)
        run.figure("by call", {call: round(ratio, 3) for call, ratio in ratios.items()})


async def _ask(
    wire: Wire, person: Person, method: str, path: str, body: object
) -> tuple[Answer, float]:
    headers = person.headers | {"Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    begin = perf_counter()
    answer = await wire.ask(method, path, headers=headers, body=content, patience=5)
    return answer, perf_counter() - begin


def _seen(answer: Answer) -> set[tuple[str, str]]:
    """All of an answer that somebody could tell something from."""
    headers = {(name, value) for name, value in answer.headers.items() if name not in OWN}
    return headers | {("status", str(answer.status)), ("body", answer.body.decode())}


def _difference(answers: dict[bool, Answer]) -> str:
    found = _seen(answers[True]) ^ _seen(answers[False])
    return ", ".join(f"{name} {value[:80]}" for name, value in sorted(found))


# In the order in which `seed.py` lets them happen; the last is noticed by looking only.
ENDS = ("banned", "switched off", "deleted", "another password", "signed out everywhere", "expired")
BY_LOOKING = 60.0


@row("AUTH-05", "sessions end in every way, by another process: their streams and cookies, too",
     short_limit=150, stack="p")  # fmt: skip
async def sessions_end(run: Run) -> None:
    async with Stage(run, people=4) as stage:
        stage.reader(stage.people[1]).start()
        made = json.loads(await asyncio.to_thread(stage.seed, accounts=len(ENDS)))
        # Two sessions each, and streams enough for every process to have one.
        people = {
            how: [Person(author, name, key) for key in keys]
            for how, (author, name, keys) in zip(ENDS, made, strict=True)
        }
        heard: dict[str, list[float]] = {how: [] for how in ENDS}
        ears: dict[str, list[Ear]] = {}
        for how, sessions in people.items():

            def hear(raws: list[bytes], how: str = how) -> None:
                if any(b"event: message.posted" in raw for raw in raws):
                    heard[how].append(monotonic())

            ears[how] = [
                await listen(stage.server.port, listening(person), hear) for person in sessions * 4
            ]
            heads = await asyncio.gather(*(asyncio.shield(ear.head) for ear in ears[how]))
            assert {head.status for head in heads} == {200}, heads
        poster = stage.poster(stage.people[0])
        talking = stage.background(stage.post_for(3600, posters=[poster], pace=0.05))
        await asyncio.to_thread(stage.seed, ends=len(ENDS))
        over = monotonic()
        for how in ENDS:
            patience = 2.0 if how != "expired" else BY_LOOKING + 5
            closed = await asyncio.gather(*(_closed(ear, patience) for ear in ears[how]))
            run.none(f"{how}: streams still open", closed.count(False))
            last = max(heard[how], default=over) - over
            run.at_most(f"{how}: silent after", max(0.0, last), patience, " s")
            answers = await asyncio.gather(*(_asks(stage, person) for person in people[how]))
            run.none(f"{how}: cookies still taken", sum(answer < 400 for answer in answers))
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        run.none("readers left behind", await stage.settle())
        await stage.judge()


async def _closed(ear: Ear, patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            await ear.closed.wait()
    except TimeoutError:
        return False
    finally:
        ear.close()
    return True


async def _asks(stage: Stage, person: Person) -> int:
    wire = Wire(stage.server.port)
    try:
        return (await wire.ask("GET", "/api/me", headers=person.headers)).status
    finally:
        wire.close()
