"""The scripts in bin/: set up once, from pinned and hashed packages, then out of the way.

The real scripts run in a copy of the checkout whose Python is a recorder, so nothing is installed.
"""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import hallway

HOUSE = Path(__file__).parents[2]

# Answers what bin/_env asks a Python, and writes down the rest. As the one that makes
# environments it puts itself there.
RECORDER = """#!/bin/sh
make_environment() {
    mkdir -p "$1/bin" "$1/lib/python3.11/site-packages"
    cp "$0" "$1/bin/python"
}
case "$1 $2 $3" in
    "-ISc "*) echo python3.11 ;;
    "-m venv "*) echo venv >>"$RECORD"; make_environment "$4" ;;
    "-Im pip --version") ;;
    "-Im pip install") echo pip >>"$RECORD"; sleep "${PIP_TAKES:-0}"; exit "${PIP_FAILS:-0}" ;;
    "-P -m "*) echo "$3 $4 $5, process $$, data $HALLWAY_DATA" >>"$RECORD" ;;
esac
"""


class Checkout:
    """A copy of bin/ and requirements/ that has not been set up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"
        for name in ("bin", "requirements"):
            shutil.copytree(HOUSE / name, self.folder / name)
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        self.python = folder / "python"
        self.python.write_text(RECORDER)
        self.python.chmod(0o755)
        self._record = folder / "record"

    def start(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        ours = {"PYTHON": str(self.python), "RECORD": str(self._record)}
        inherited = {name: value for name, value in os.environ.items() if name != "HALLWAY_DATA"}
        return subprocess.Popen(
            [self.folder / "bin" / script, *arguments],
            cwd=self.elsewhere,
            env=inherited | ours | environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str, **environment: str) -> tuple[int, str]:
        with self.start(script, *arguments, **environment) as process:
            _, complaint = process.communicate(timeout=20)
        return process.returncode, complaint

    def record(self) -> list[str]:
        """What was asked of Python since the last look."""
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        self._record.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_start_sets_up_and_the_second_only_starts(checkout: Checkout) -> None:
    assert checkout.run("serve")[0] == 0
    assert [line.split()[0] for line in checkout.record()] == ["venv", "pip", "hallway_server"]
    assert checkout.run("serve") == (0, "")
    assert [line.split()[0] for line in checkout.record()] == ["hallway_server"]


def test_the_server_takes_the_place_of_the_script_so_signals_reach_it(checkout: Checkout) -> None:
    with checkout.start("serve", "--port", "8001") as process:
        process.communicate(timeout=20)
    data = checkout.folder / "data"
    started = f"hallway_server serve --port, process {process.pid}, data {data}"
    assert checkout.record()[-1] == started


def test_the_data_folder_can_be_chosen(checkout: Checkout) -> None:
    checkout.run("hallway", "--version", HALLWAY_DATA="/srv/hallway")
    assert checkout.record()[-1].endswith("data /srv/hallway")


def test_two_first_starts_at_once_set_up_once(checkout: Checkout) -> None:
    with (
        checkout.start("serve", PIP_TAKES="0.3") as one,
        checkout.start("hallway", "--help", PIP_TAKES="0.3") as other,
    ):
        one.communicate(timeout=20)
        other.communicate(timeout=20)
    assert (one.returncode, other.returncode) == (0, 0)
    done = [line.split()[0] for line in checkout.record()]
    assert done == ["venv", "pip", "hallway_server", "hallway_server"]


def test_a_set_up_that_failed_says_so_and_is_done_again(checkout: Checkout) -> None:
    status, complaint = checkout.run("serve", PIP_FAILS="1")
    assert status == 1
    assert complaint.splitlines()[-1].startswith("Hallway's dependencies could not be installed")
    checkout.record()
    assert checkout.run("serve")[0] == 0
    assert [line.split()[0] for line in checkout.record()] == ["pip", "hallway_server"]


def test_changed_pins_are_installed_on_the_next_start(checkout: Checkout) -> None:
    checkout.run("serve")
    checkout.record()
    with (checkout.folder / "requirements" / "serve.txt").open("a") as pins:
        pins.write("# changed\n")
    checkout.run("serve")
    assert [line.split()[0] for line in checkout.record()] == ["pip", "hallway_server"]


def test_a_missing_python_is_named_in_one_sentence(checkout: Checkout) -> None:
    status, complaint = checkout.run("serve", PYTHON="/nowhere/python3")
    assert status == 1
    assert complaint.splitlines()[-1].startswith("Hallway needs Python 3.11 or newer")


@pytest.mark.parametrize("script", sorted((HOUSE / "bin").iterdir()), ids=lambda file: file.name)
def test_every_script_can_be_parsed_and_says_what_it_does(script: Path) -> None:
    lines = script.read_text().splitlines()
    if script.name == "_env":
        lines.insert(0, "#!/bin/sh")  # the one that is sourced
    else:
        assert os.access(script, os.X_OK)
    if lines[0].endswith("sh"):
        shell = lines[0].removeprefix("#!").split()
        subprocess.run([*shell, "-n", script], check=True)
    assert re.match(r"""(#|//|\"\"\") ?\w""", lines[1])


def test_every_package_is_pinned_and_hashed() -> None:
    for name in ("serve", "dev"):
        blocks = re.split(r"\n(?=\S)", (HOUSE / "requirements" / f"{name}.txt").read_text())
        packages = [block for block in blocks if not block.startswith("#")]
        assert packages
        assert not [block for block in packages if "==" not in block or "--hash=" not in block]


def test_the_pins_are_those_that_pyproject_asks_for() -> None:
    serve, dev = dict(pins("serve")), dict(pins("dev"))
    assert serve.items() <= dev.items()
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    served = project["project"]["dependencies"]
    served += project["project"]["optional-dependencies"]["server"]
    for line, lock in [
        *((line, serve) for line in served),
        *((line, dev) for line in project["dependency-groups"]["dev"]),
    ]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(lock[wanted.name.lower()]), f"bin/lock for {line}"


def test_the_package_and_the_code_have_one_version() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    assert project["project"]["version"] == hallway.__version__


def pins(name: str) -> Iterator[tuple[str, str]]:
    for line in (HOUSE / "requirements" / f"{name}.txt").read_text().splitlines():
        if pinned := re.match(r"([\w.-]+)(?:\[.*?\])?==([^ ;]+)", line):
            yield pinned[1].lower(), pinned[2]
