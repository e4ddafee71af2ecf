"""What must not be told to those who may not know: here, that a room is there at all."""

import json
from statistics import median
from time import perf_counter

from tests.faults.people import Person
from tests.faults.scenario import Run, row
from tests.faults.stage import Stage
from tests.faults.wire import Answer, Wire

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
# What differs between any two answers.
OWN = ("date", "expires", "x-request-id", "content-security-policy", "set-cookie")


@row("AUTH-10", "a hidden room and none at all: the same answer, after the same time")
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
