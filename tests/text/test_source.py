"""Which messages are kept, and that they are kept as they were sent."""

import pytest

from hallway.errors import EmptyMessage, ForbiddenCharacters, MessageTooLong
from hallway.text import clean_source, render
from tests.text.allowlist import strangers

KEPT = [
    "a  b\tc",
    "  indented",
    "trailing  ",
    "e\u0301 and \u00e9",  # NFD and NFC side by side
    "\ufb01 \u2126 \u212b",  # NFKC would change all three
    "line\u2028separator\u2029",
    "\ufeffmark",
    "\u202eright to left",
    "\u2066isolated\u2069",
    "👨‍👩‍👧‍👦" * 20,
    "می\u200cخواهم",
    "Z" + "\u0300" * 1000,
    "\U000e0041 unassigned \u0378 \ufffe \U0010ffff",
    "private \ue000",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "½ ﷽ 𝒳 𠮷",
]


@pytest.mark.parametrize("source", KEPT)
def test_a_message_is_kept_exactly_as_sent(source):
    assert clean_source(source, limit=8000) == source
    assert strangers(render(source).html) == []


def test_line_ends_become_one_kind():
    assert clean_source("a\r\nb\rc\n\r\nd", limit=99) == "a\nb\nc\n\nd"


def test_blank_lines_around_go_and_those_inside_stay():
    assert clean_source("\n \n\t\n    code\n\nmore \n\n  \n", limit=99) == "    code\n\nmore "


@pytest.mark.parametrize("code_point", [*range(9), 11, 12, 27, 127, 128, 133, 159, 0xD800, 0xDFFF])
def test_control_characters_and_halves_of_characters_are_refused(code_point):
    with pytest.raises(ForbiddenCharacters) as refusal:
        clean_source(f"ab{chr(code_point)}c", limit=99)
    assert f"U+{code_point:04X}" in str(refusal.value)
    assert "3" in str(refusal.value)


@pytest.mark.parametrize(
    "source", ["", " ", "\n\n", "\t", "\u3000", "\u200b", "\u2800", "\ufeff\u2060", "\u3164", "️"]
)
def test_a_message_that_nobody_could_see_is_empty(source):
    with pytest.raises(EmptyMessage):
        clean_source(source, limit=99)


def test_the_limit_counts_characters_after_cleaning():
    assert clean_source("\n" + "👍" * 10 + "\r\n", limit=10) == "👍" * 10
    with pytest.raises(MessageTooLong) as refusal:
        clean_source("x" * 11, limit=10)
    assert "10" in str(refusal.value)
    assert "11" in str(refusal.value)


def test_cleaning_twice_changes_nothing():
    for source in KEPT:
        once = clean_source(source, limit=8000)
        assert clean_source(once, limit=8000) == once
