"""Every row of the promises holds in its short version: `bin/faults --short`, row by row."""

import json
import subprocess
import sys
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults import rows as _rows  # noqa: F401  registers them
from tests.faults.scenario import MANY, ROWS
from tests.faults.server import HOUSE

pytestmark = pytest.mark.timeout(700)
# Those on SQLite, in one process.
OURS = {name: row for name, row in ROWS.items() if row.belongs_to("s")}


class Outcome(NamedTuple):
    """What became of each row, and of each mutant in front of the row that has to catch it."""

    rows: dict[str, Any]
    hunts: dict[str, Any]


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Rows whose figures mind much company come first, then all else and the mutants side by side.

    In processes of their own: they have their own event loops and children. Only those that are
    asked for, as one that failed is once more.
    """
    asked = {value for item in request.session.items for value in _parameters(item)}

    def run(name: str, *arguments: str) -> dict[str, Any]:
        return run_faults(tmp_path_factory.mktemp(name), *arguments)

    def hunt(mutant: str) -> Any:
        row, _ = CATCHERS[mutant]
        return run(mutant, row, "--mutant", mutant)[row]

    ours = {name: row for name, row in OURS.items() if name in asked}
    first = [name for name, row in ours.items() if row.beside < MANY]
    others = [name for name, row in ours.items() if row.beside == MANY]
    mutants = [mutant for mutant in CATCHERS if mutant in asked]
    rows = run("first", *first) if first else {}
    with ThreadPoolExecutor(5) as side_by_side:
        rest = side_by_side.submit(run, "rest", *others) if others else None
        hunts = dict(zip(mutants, side_by_side.map(hunt, mutants), strict=True))
        return Outcome(rows | (rest.result() if rest else {}), hunts)


def _parameters(item: pytest.Item) -> Collection[Any]:
    return (
        item.callspec.params.values()
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else ()
    )


def run_faults(folder: Path, *arguments: str) -> dict[str, Any]:
    """Results by row; what was printed is shown when a test fails."""
    written = folder / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments, "--json", str(written)],
        cwd=HOUSE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    sys.stdout.write(done.stdout)
    found: dict[str, Any] = json.loads(written.read_text())
    return found


@pytest.mark.parametrize("row", OURS)
def test_the_promise_holds(row: str, outcome: Outcome) -> None:
    result = outcome.rows[row]
    if result["verdict"] == "not run":
        pytest.skip(result["report"])
    assert result["verdict"] == "holds", result["report"]


# Which row has to catch which planted fault, and by which figure.
CHECKER = "violations of C1-C8"
CATCHERS = {
    "drop": ("DLV-01", CHECKER),
    "duplicate": ("DLV-01", CHECKER),
    "reorder": ("DLV-01", CHECKER),
    "leak": ("DLV-01", CHECKER),
    "skip": ("DLV-02", CHECKER),
    "forgetful": ("DLV-07", CHECKER),
    "hasty": ("CRASH-01", CHECKER),
    "unsynced": ("DB-01", "acknowledged before synced"),
}


@pytest.mark.parametrize("mutant", CATCHERS)
def test_a_planted_fault_is_caught(mutant: str, outcome: Outcome) -> None:
    result = outcome.hunts[mutant]
    if result["verdict"] == "not run":
        pytest.skip(result["report"])
    # Caught by the right figure, and not because the mutant did not run.
    assert not result["error"], result["error"]
    assert CATCHERS[mutant][1] in result["failed"], f"{mutant} got through: {result['report']}"
