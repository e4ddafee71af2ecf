"""Every refusal can be answered: a status, a code of its own, a sentence."""

import re

import pytest
from django.utils import translation

from hallway import errors


def kinds() -> list[type[errors.HallwayError]]:
    found = [errors.HallwayError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", kinds())
def test_every_error_knows_its_answer(kind):
    assert 400 <= kind.status < 600
    assert re.fullmatch("[a-z]+(-[a-z]+)*", kind.code)
    assert str(kind.title).endswith(".")


def test_no_two_errors_share_a_code():
    codes = [kind.code for kind in kinds() if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def test_unknown_and_forbidden_rooms_look_the_same():
    assert str(errors.RoomNotFound()) == str(errors.RoomNotFound.title)
    assert errors.RoomNotFound.status == 404


def test_an_error_tells_what_happened_this_time():
    assert "“Maya”" in str(errors.NameTaken("Maya"))
    assert str(errors.Busy(retry_after=3)) == "Try again in 3 s."
    assert errors.Busy(retry_after=3).retry_after == 3
    assert str(errors.InvalidParameters("100% wrong")) == "100% wrong"
    assert str(errors.NotSignedIn()) == "Tell us your name first."


def test_an_error_speaks_the_language_of_whoever_reads_it():
    refusal = errors.NameTaken("Maya")
    with translation.override("de"):
        assert "Maya" in str(refusal)
