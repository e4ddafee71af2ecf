"""Every row of the promises holds in its short version: `bin/faults --short`, row by row."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults import rows as _rows  # noqa: F401  registers them
from tests.faults.scenario import ROWS
from tests.faults.server import HOUSE

pytestmark = pytest.mark.timeout(700)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One session for all rows, in a process of its own: it has its own event loop and children."""
    return run_faults(tmp_path_factory.mktemp("faults"), "--short")


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


@pytest.mark.parametrize("row", [row.id for row in ROWS.values() if row.belongs_to("s")])
def test_the_promise_holds(row: str, results: dict[str, Any]) -> None:
    result = results[row]
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


@pytest.fixture(scope="module")
def hunts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each mutant in front of its row, two at a time."""

    def hunt(mutant: str) -> Any:
        row, _ = CATCHERS[mutant]
        return run_faults(tmp_path_factory.mktemp(mutant), row, "--mutant", mutant)[row]

    with ThreadPoolExecutor(2) as hunters:
        return dict(zip(CATCHERS, hunters.map(hunt, CATCHERS), strict=True))


@pytest.mark.parametrize("mutant", CATCHERS)
def test_a_planted_fault_is_caught(mutant: str, hunts: dict[str, Any]) -> None:
    result = hunts[mutant]
    if result["verdict"] == "not run":
        pytest.skip(result["report"])
    # Caught by the right figure, and not because the mutant did not run.
    assert not result["error"], result["error"]
    assert CATCHERS[mutant][1] in result["failed"], f"{mutant} got through: {result['report']}"
