"""The package as people install it: built, put into a clean environment, started from there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.host.project import Project, added_lines
from tests.server import HOUSE, free_port
from tests.wire import until

UV = Path(sys.executable).with_name("uv")
PARTS = (
    "hallway/py.typed",
    "hallway/templates/hallway/room.html",
    "hallway/templates/hallway/_fragments/frame.html",
    "hallway/static/hallway/js/room.js",
    "hallway/static/hallway/css/colors.css",
    "hallway/static/hallway/vendor/alpinejs/alpine.js",
    "hallway/static/hallway/vendor/alpinejs/LICENSE",
    "hallway/locale/zh_Hans/LC_MESSAGES/django.mo",
    "hallway/migrations/0001_initial.py",
    "hallway/management/commands/hallway_worker.py",
    "hallway_server/cli/__init__.py",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [UV, "build", "--quiet", "--wheel", "--out-dir", folder, HOUSE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """With Hallway and what it needs, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    for command in (
        ["venv", "--quiet", "--python", sys.executable, folder],
        ["pip", "install", "--quiet", "--python", folder, f"{wheel}[server]"],
    ):
        done = subprocess.run([UV, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "bin"


def test_it_holds_everything_that_is_needed(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [part for part in PARTS if part not in names] == []
    tracked = subprocess.run(
        ["git", "ls-files", "src"], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    missing = {name.removeprefix("src/") for name in tracked.stdout.split()} - names
    assert missing == set()


def test_a_fresh_project_runs_from_it(environment, tmp_path):
    project = Project(tmp_path / "site")
    for name, code in added_lines():
        project.add(name, code.replace('"daphne", ', ""))
    variables = project.environment | {"PYTHONPATH": str(project.folder)}

    def manage(*arguments):
        done = subprocess.run(
            [environment / "python", "-W", "error", "-m", "django", *arguments],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("migrate", "-v0")
    assert "No changes" in manage("makemigrations", "--check", "--dry-run")
    assert str(environment.parent) in manage("shell", "-c", "import hallway; print(hallway)")
    port = free_port()
    command = [environment / "uvicorn", "--port", str(port), "mysite.asgi:application"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, env=variables, stdout=log, stderr=log) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}/chat"
            until(lambda: is_up(url), seconds=20, what="the project to be up")
            lobby = httpx2.get(f"{url}/lobby/", verify=False)
            assert lobby.status_code == 200
            assert "/admin/login/" in lobby.text
        finally:
            server.terminate()


def test_its_command_says_its_version(environment):
    done = subprocess.run(
        [environment / "hallway", "--version"], capture_output=True, text=True, check=True
    )
    assert "0.1.0" in done.stdout


def is_up(url):
    try:
        return httpx2.get(f"{url}/up", verify=False).status_code == 200
    except httpx2.TransportError:
        return False
