"""The catalogues in locale/ are whole, well formed, compiled, and up to date with the code."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

import hallway

APP = Path(hallway.__file__).parent
CATALOGUES = sorted(APP.glob("locale/*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s|</?\w[^>]*>")
FIELD = re.compile(r'^(msg\w+(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)
SETTINGS = "DJANGO_SETTINGS_MODULE"
Key = tuple[str, str]

each_catalogue = pytest.mark.parametrize(
    "catalogue", CATALOGUES, ids=lambda path: path.parents[1].name
)
needs_gettext = pytest.mark.skipif(
    shutil.which("msgfmt") is None or shutil.which("xgettext") is None,
    reason="GNU gettext is not installed",
)


class Entry(NamedTuple):
    context: str
    source: str
    plural: str
    translations: list[str]
    is_fuzzy: bool

    @property
    def key(self) -> Key:
        return self.context, self.source


def entries(catalogue: Path) -> list[Entry]:
    """Every text of a .po file, without its header."""
    found = []
    for block in catalogue.read_text().split("\n\n"):
        fields = {
            name: "".join(map(ast.literal_eval, lines.splitlines()))
            for name, lines in FIELD.findall(block)
        }
        if fields.get("msgid"):
            texts = [text for name, text in fields.items() if name.startswith("msgstr")]
            fuzzy = re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)
            source, context = fields["msgid"], fields.get("msgctxt", "")
            plural = fields.get("msgid_plural", source)
            found.append(Entry(context, source, plural, texts, bool(fuzzy)))
    return found


def test_chinese_is_there() -> None:
    assert [catalogue.parents[1].name for catalogue in CATALOGUES] == ["zh_Hans"]


@each_catalogue
def test_every_text_is_translated_for_certain(catalogue: Path) -> None:
    assert len(entries(catalogue)) > 300
    undone = [one.source for one in entries(catalogue) if not all(one.translations)]
    guessed = [one.source for one in entries(catalogue) if one.is_fuzzy]
    assert (undone, guessed) == ([], []), "run bin/translate, translate these, run it again"


@each_catalogue
def test_every_placeholder_and_tag_survives_translation(catalogue: Path) -> None:
    wrong = [
        (one.source, text)
        for one in entries(catalogue)
        for text in one.translations
        # Of one and of many: "one more person" has no number, and Chinese has no such form.
        if placeholders(text) not in [placeholders(one.source), placeholders(one.plural)]
    ]
    assert wrong == []


@needs_gettext
@each_catalogue
def test_what_is_compiled_is_what_is_written(catalogue: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.mo"
    subprocess.run(["msgfmt", "--check", "-o", fresh, catalogue], check=True)
    assert texts(catalogue.with_suffix(".mo")) == texts(fresh), "run bin/translate"


@needs_gettext
@each_catalogue
def test_no_text_of_the_code_is_missing(catalogue: Path, tmp_path: Path) -> None:
    app = tmp_path / "hallway"
    shutil.copytree(APP, app, ignore=shutil.ignore_patterns("__pycache__", "static"))
    language = catalogue.parents[1].name
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", language, "--no-obsolete"],
        cwd=app,
        env={name: value for name, value in os.environ.items() if name != SETTINGS},
        check=True,
        capture_output=True,
    )
    needed = {one.key for one in entries(app / catalogue.relative_to(APP))}
    assert {one.key for one in entries(catalogue)} == needed, "run bin/translate"


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def texts(compiled: Path) -> dict[object, str]:
    with compiled.open("rb") as file:
        return dict(vars(gettext.GNUTranslations(file))["_catalog"])
