"""The reference pages tell what the code does."""

import re
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from hallway.api.stream import EVENTS

HOUSE = Path(__file__).parents[2]


def test_every_setting_is_in_the_reference() -> None:
    page = StringIO()
    call_command("hallway_settings", "--markdown", stdout=page)
    written = (HOUSE / "docs" / "reference" / "settings.md").read_text()
    assert written == page.getvalue(), "run: manage.py hallway_settings --markdown"


def test_every_variable_of_the_environment_is_in_the_readme() -> None:
    settings = (HOUSE / "src" / "hallway_server" / "settings.py").read_text()
    read = set(re.findall(r'"(HALLWAY_[A-Z_]+)"', settings)) - {"HALLWAY_DEBUG"}
    readme = (HOUSE / "README.md").read_text()
    assert read - set(re.findall(r"`(HALLWAY_[A-Z_]+)`", readme)) == set()


def test_every_event_is_in_the_protocol() -> None:
    protocol = (HOUSE / "docs" / "protocol.md").read_text()
    assert [event for event in EVENTS if f"`{event}`" not in protocol] == []


def test_every_decision_is_listed() -> None:
    decisions = HOUSE / "docs" / "decisions"
    listed = re.findall(r"\]\((\S+\.md)\)", (decisions / "README.md").read_text())
    written = {page.name for page in decisions.glob("*.md")} - {"README.md"}
    assert set(listed) == written


def test_no_link_in_the_docs_leads_nowhere() -> None:
    pages = [*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
