"""Positions come back from outside: only what we could have written is one."""

import pytest

from hallway.events.log import Cursor


def test_a_cursor_comes_back_as_it_was_written():
    cursor = Cursor("3f9a1c2b7d4e", 1042)
    assert str(cursor) == "3f9a1c2b7d4e-1042"
    assert Cursor.parse("3f9a1c2b7d4e-1042") == cursor
    assert Cursor.parse("3f9a1c2b7d4e-0") == Cursor("3f9a1c2b7d4e", 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "abc",
        "1e999",
        "3f9a1c2b7d4e",
        "3f9a1c2b7d4e-",
        "-1042",
        "3f9a-01",
        "3f9a--1",
        "3f9a-1 ",
        " 3f9a-1",
        "3f9a-1\n",
        "3F9A-1",
        "xyz-1",
        "3f9a-1e3",
        "3f9a-1.0",
        "3f9a-" + "9" * 20,
        "3f9a-" + "9" * 10_000,
        "a" * 10_000,
        "3f9a-\0",
        "3f9a-١",
        "<script>",
        "3f9a-1, 3f9a-2",
        "ⅰ-1",
        "3f9a-½",
    ],
)
def test_anything_else_is_none(text):
    assert Cursor.parse(text) is None


def test_the_largest_number_is_no_accident():
    assert Cursor.parse(f"3f9a-{2**63 - 1}") == Cursor("3f9a", 2**63 - 1)
