"""The benchmark in small: it still runs and finds nothing wrong. No figure is judged."""

import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
SMALL = ["--seconds=0.3", "--rounds=1", "--streams=20", "--posters=4", "--messages=3000"]
# Between them they run all of the load's code.
SCENARIOS = ["fan-out", "reconnect", "growth"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_prints_its_table_with_nothing_missing_doubled_or_reordered(scenario):
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "bench", scenario, *SMALL],
        cwd=HOUSE,
        env={"PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in ran.stdout.splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) >= 2
    names = rows[0]
    for wrong in {"missing", "doubled", "reordered", "errors", "wrong"} & set(names):
        assert {row[names.index(wrong)] for row in rows} == {wrong, "0"}
