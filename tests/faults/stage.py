"""A stage: one server, its people, and their journal; struck when the row is over."""

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import TracebackType
from typing import Any, Self

from tests import postgres

from . import server as server_module
from .checker import Stored, Verdict, check, check_database
from .journal import Journal
from .people import Person, Poster, Reader
from .proxy import Proxy
from .scenario import Run
from .server import Server
from .stack import Stack

# What load tests need of the settings: no limits for people who are one machine.
UNLIMITED = {"HALLWAY_POST_RATE": "0", "HALLWAY_STREAMS_PER_AUTHOR": "0"}


class Stage:
    """Use it as `async with Stage(run, people=20) as stage`: the server is up inside."""

    def __init__(
        self,
        run: Run,
        *,
        people: int = 2,
        rooms: int = 1,
        private: int = 0,
        history: int = 0,
        history_size: int = 0,
        env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        data: Path | None = None,
        starts: bool = True,
        instrument: str = "",
    ) -> None:
        self.run = run
        self.rng = run.rng
        self.data = data or run.folder / "data"
        self.server = (Stack if run.stack == "p" else Server)(
            self.data,
            log=run.folder / "server.log",
            env=UNLIMITED | dict(env or {}),
            prefix=prefix,
            mutant=run.mutant or instrument,
        )
        self.journal = Journal(run.folder / "journal")
        self.people: list[Person] = []
        self.rooms: list[str] = []
        self.private: list[str] = []
        self.posters: list[Poster] = []
        self.readers: list[Reader] = []
        self._size = (people, rooms, private)
        self._history = (history, history_size)
        self._starts = starts
        self._proxies: list[Proxy] = []
        self._tasks: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> Self:
        people, rooms, private = self._size
        cluster = await self.server.ready() if isinstance(self.server, Stack) else ""
        made, database = await asyncio.to_thread(
            _furnish, self.data, people, self._history, cluster
        )
        if isinstance(self.server, Stack):
            await self.server.move_in(database)
        self.people = [Person(*one) for one in made["people"]][:people]
        self.rooms, self.private = made["rooms"][:rooms], made["private"][:private]
        if self._starts:
            try:
                await self.server.start()
            except BaseException:
                await self.server.clean_up()
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for reader in self.readers:
            with suppress(OSError):
                await reader.stop()
        for poster in self.posters:
            poster.wire.close()
        for proxy in self._proxies:
            await proxy.__aexit__(None, None, None)
        await self.server.clean_up()
        self.journal.close()
        if error is not None:
            self.run.notes.append("the server's last words:\n" + self.server.tail())

    def seed(self, **wish: int) -> str:
        """Let another process change the data, while the server runs or not."""
        return server_module.run(
            "tests.faults.seed", *_pairs(wish), data=self.data, extra=self.server.direct
        )

    @property
    def stack(self) -> Stack:
        """The server of a row that is about several processes."""
        assert isinstance(self.server, Stack)
        return self.server

    # The cast.

    async def proxy(self) -> Proxy:
        proxy = await Proxy(self.server.port).__aenter__()
        self._proxies.append(proxy)
        return proxy

    def poster(self, person: Person, *, port: int = 0, label: str = "") -> Poster:
        label = label or f"p{person.author}-{len(self.posters)}"
        poster = Poster(person, port or self.server.port, self.journal, label=label)
        self.posters.append(poster)
        return poster

    def reader(self, person: Person, *, port: int = 0, **more: Any) -> Reader:
        label = more.pop("label", "") or f"r{person.author}-{len(self.readers)}"
        reader = Reader(
            person, port or self.server.port, self.journal, self.rng, label=label, **more
        )
        self.readers.append(reader)
        return reader

    def background(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def post_for(
        self,
        seconds: float,
        *,
        posters: Iterable[Poster] | None = None,
        rooms: Sequence[str] = (),
        pace: float = 0.0,
        until: Callable[[], bool] = lambda: False,
        **how: Any,
    ) -> float:
        """All post, each one after another, for so long; `pace` seconds of rest in between."""
        places = rooms or self.rooms
        begin = monotonic()

        async def keep_posting(poster: Poster) -> None:
            while monotonic() - begin < seconds and not until():
                await poster.post(self.rng.choice(places), **how)
                if pace:
                    await asyncio.sleep(self.rng.uniform(0.5, 1.5) * pace)

        await asyncio.gather(*map(keep_posting, posters or self.posters))
        return monotonic() - begin

    # The end.

    def newest(self) -> int:
        """The id of the newest event in the log."""
        stored = self.stored()
        return int(stored.events[-1]["id"]) if stored.events else 0

    def stored(self) -> Stored:
        return Stored.read(self.server.stored_in)

    async def settle(self, *, patience: float = 20.0) -> list[str]:
        """Wait until every reader stands at the end of the log; who does not get there."""
        # A last word that everybody may hear: the one before it may not be for all.
        await self.poster(self.people[0], label="last").post("hallway", tries=20, patience=2.0)
        newest = await asyncio.to_thread(self.newest)
        if self.run.mutant:
            patience = 5.0  # who got lost stays lost, and finding that is what it is for
        arrived = await asyncio.gather(
            *(reader.reach(newest, patience=patience) for reader in self.readers)
        )
        for reader in self.readers:
            reader.done()
        return [
            f"{reader.label} stands at {reader.position} of {newest}"
            for reader, there in zip(self.readers, arrived, strict=True)
            if not there
        ]

    async def judge(
        self,
        *,
        late_after: float = 5.0,
        strangers: bool = False,
        name: str = "violations of C1-C8",
    ) -> Verdict:
        """Let the checker read everything; its verdict becomes figures of the run."""
        self.journal.flush()
        verdict = await asyncio.to_thread(
            check, self.journal.folder, self.server.stored_in,
            late_after=late_after, strangers=strangers,
        )  # fmt: skip
        for reader in self.readers:
            for fault in reader.faults:
                verdict.add("C6", fault)
        verdict.violations += (
            await asyncio.to_thread(check_database, self.server.stored_in)
        ).violations
        self.run.none(name, verdict.violations)
        return verdict


# A house takes seconds to make and none to copy: every row of a session starts from a copy.
CAST = {"people": 50, "rooms": 5, "private": 1}
_templates: dict[tuple[str, int, int, int], tuple[Path, str, Any]] = {}
_furnishing = threading.RLock()
_attic = TemporaryDirectory(prefix="hallway-templates-")


def _furnish(
    data: Path, people: int, history: tuple[int, int], cluster: str = ""
) -> tuple[Any, str]:
    """Fill a data folder, and where there is a PostgreSQL a database there; who is in it, and the
    address of that database."""
    cast = max(people, CAST["people"])
    which = (cluster, cast, *history)
    with _furnishing:
        if which not in _templates:
            number, size = history
            name = "-".join(map(str, ("p" if cluster else "s", *which[1:])))
            template = Path(_attic.name) / name
            made, database = None, ""
            if number:
                made, database = _furnish(template, people, (0, 0), cluster)
            elif cluster:
                database = postgres.fresh_database(cluster)
            wish = {"history": number, "size": size} if number else CAST | {"people": cast}
            printed = server_module.run(
                "tests.faults.seed", *_pairs(wish), data=template,
                extra={"DATABASE_URL": database} if database else None,
            )  # fmt: skip
            _templates[which] = template, database, made or json.loads(printed)
        template, database, made = _templates[which]
    shutil.copytree(template, data, dirs_exist_ok=True)
    return made, postgres.fresh_database(cluster, like=database) if cluster else ""


def _pairs(wish: Mapping[str, int]) -> list[str]:
    return [f"{key}={value}" for key, value in wish.items()]


def percentile(values: Iterable[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
