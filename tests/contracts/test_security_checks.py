"""The checklist in docs/security-checks.md: whole, and every test it names is there."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from hallway.pages import up
from tests.server import HOUSE

PAGE = HOUSE / "docs" / "security-checks.md"
ROW = re.compile(r"^\| ((?:SEC|AUTH)-\d+) \| ([^|]+) \| ([^|]+) \| ?([^|]*?) ?\|$", re.MULTILINE)
STATES = ("kept", "in part", "open", "nothing to check yet")
AUTH = ["01", "02", "04", "05", "07", "08", "10", "11", "13", "15"]


def rows():
    return ROW.findall(PAGE.read_text())


def test_every_row_has_one_line():
    wanted = [f"SEC-{number:02}" for number in range(1, 70)] + [f"AUTH-{end}" for end in AUTH]
    assert [row for row, *_ in rows()] == wanted


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_is_kept_names_tests_that_are_there(row):
    _, _, state, tests = row
    assert state.startswith(STATES)
    named = re.findall(r"`([^`]+)`", tests)
    assert named or state.startswith(("open", "nothing"))
    for name in named:
        path, test = name.split("::")
        pattern = re.compile(rf"^(?:async )?def {test}\(", re.MULTILINE)
        assert pattern.search((HOUSE / path).read_text()), name


def test_the_shipped_settings_pass_djangos_deployment_checks(tmp_path):
    environment = {name: value for name, value in os.environ.items() if "HALLWAY" not in name}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment
        | {
            "DJANGO_SETTINGS_MODULE": "hallway_server.settings",
            "HALLWAY_DATA": str(tmp_path / "data"),
            "HALLWAY_ORIGIN": "https://chat.example.org",
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_failure_tells_nothing_of_the_inside(monkeypatch, static_files, kind, first_rows):
    def fail(*_):
        raise RuntimeError("SELECT secret FROM /somewhere/inside")

    monkeypatch.setattr(up.UpView, "get", fail)
    client = Client(raise_request_exception=False, headers={"Accept": kind})
    answer = client.get("/up")
    assert answer.status_code == 500
    for word in ("secret", "inside", "RuntimeError", "Traceback", "django", "hallway.pages"):
        assert word not in answer.text


def test_the_security_page_says_what_it_has_to():
    page = (HOUSE / "SECURITY.md").read_text()
    assert re.search(r"\*Last reviewed: \w+ \d{4}\.\*", page)
    for heading in (
        "Reporting a problem",
        "What is in scope",
        "Whom Hallway trusts",
        "What the administrator may do",
    ):
        assert f"## {heading}\n" in page
