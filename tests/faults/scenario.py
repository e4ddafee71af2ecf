"""What a row is: an id, a procedure, and the figures that have to stay within their bars."""

import random
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    name: str
    value: object
    bar: str = ""
    holds: bool = True

    def __str__(self) -> str:
        bar = f" ({self.bar})" if self.bar else ""
        return f"{'' if self.holds else '✗ '}{self.name} {self.value}{bar}"


class NotRun(Exception):
    """This machine lacks what the row needs; the text says what."""


@dataclass
class Run:
    """One execution of one row."""

    row: str
    seed: int
    is_long: bool
    folder: Path
    mutant: str = ""
    # "p": PostgreSQL, Redis, three processes and nginx instead of one process on SQLite.
    stack: str = "s"
    # A long row may be run in so many parts, each with a seed of its own.
    parts: int = 1
    figures: list[Figure] = field(default_factory=list)
    rng: random.Random = field(init=False)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The row's own dice: adding a row changes nobody else's throws.
        self.rng = random.Random(f"{self.seed}/{self.row}")

    def pick(self, short: T, long: T) -> T:
        """A size of the procedure: for every change, or for a quiet hour."""
        return long if self.is_long else short

    def on(self, *, s: T, p: T) -> T:
        """What differs between one process on SQLite and several on PostgreSQL."""
        return p if self.stack == "p" else s

    def times(self, short: int, long: int) -> int:
        """How often to repeat something; parts of a long row add up to all of it."""
        return -(-long // self.parts) if self.is_long else short

    def figure(self, name: str, value: object) -> None:
        """Something worth knowing that has no bar."""
        self.figures.append(Figure(name, _round(value)))

    def at_most(self, name: str, value: float, bar: float, unit: str = "") -> None:
        self.figures.append(Figure(name, _round(value), f"≤ {bar:g}{unit}", value <= bar))

    def at_least(self, name: str, value: float, bar: float, unit: str = "") -> None:
        self.figures.append(Figure(name, _round(value), f"≥ {bar:g}{unit}", value >= bar))

    def none(self, name: str, found: object) -> None:
        """There must be none of these; what there is gets shown."""
        count = found if isinstance(found, int) else len(found)  # type: ignore[arg-type]
        if count and not isinstance(found, int):
            self.notes += [f"{name}: {one}" for one in list(found)[:5]]  # type: ignore[call-overload]
        self.figures.append(Figure(name, count, "0", count == 0))

    def expect(self, name: str, value: object, wanted: object) -> None:
        self.figures.append(Figure(name, value, f"{wanted}", value == wanted))

    @property
    def holds(self) -> bool:
        return bool(self.figures) and all(figure.holds for figure in self.figures)


def _round(value: object) -> object:
    if isinstance(value, float):
        return round(value, 1 if abs(value) >= 10 else 3)
    return value


Procedure = Callable[[Run], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    procedure: Procedure
    # Seconds after which the row is ended: nothing here may hang.
    short_limit: float
    long_limit: float
    # How many other rows its figures bear beside it.
    beside: int
    # The only stack that it makes sense on; blank: any.
    stack: str

    def belongs_to(self, stack: str) -> bool:
        """Whether it is run there when nobody names rows."""
        return self.stack in ("", stack) or self.id == EVERYWHERE


# How many others a row bears: its figures are those of an idle machine, of one with a little to do,
# or it has none that depend on that.
ALONE, ONE, MANY = 0, 1, 3

# All that stack P is for, in short, goes with the rows of stack S.
EVERYWHERE = "STACK-P"
ROWS: dict[str, Row] = {}


def row(
    id: str,
    title: str,
    *,
    short_limit: float = 90,
    long_limit: float = 600,
    beside: int = ALONE,
    stack: str = "s",
) -> Callable[[Procedure], Procedure]:
    """Register a procedure under its row of the promises."""

    def register(procedure: Procedure) -> Procedure:
        ROWS[id] = Row(id, title, procedure, short_limit, long_limit, beside, stack)
        return procedure

    return register


@dataclass
class Result:
    row: Row
    run: Run
    seconds: float
    error: str = ""
    skipped: str = ""

    @property
    def verdict(self) -> str:
        if self.skipped:
            return "not run"
        return "holds" if not self.error and self.run.holds else "FAILS"


async def execute(
    row: Row, *, seed: int, is_long: bool, mutant: str = "", parts: int = 1, stack: str = "s"
) -> Result:
    """Run one row in a folder of its own, within its time."""
    import asyncio
    import traceback

    begin = monotonic()
    with tempfile.TemporaryDirectory(prefix=f"hallway-{row.id}-") as folder:
        run = Run(row.id, seed, is_long, Path(folder), mutant, row.stack or stack, parts)
        result = Result(row, run, 0.0)
        try:
            async with asyncio.timeout(row.long_limit if is_long else row.short_limit):
                await row.procedure(run)
        except TimeoutError:
            result.error = "the row did not end in its time\n" + traceback.format_exc()
        except NotRun as reason:
            result.skipped = str(reason)
        except Exception:  # noqa: BLE001  a row that breaks is a row that fails, with the reason
            result.error = traceback.format_exc()
    result.seconds = monotonic() - begin
    return result
