"""The checker believes an honest history, and none of the forged ones."""

from pathlib import Path

import pytest

from tests.faults.checker import check
from tests.faults.forged import FORGERIES, Forgery, clean


def test_an_honest_history_passes(tmp_path: Path) -> None:
    verdict = check(tmp_path, clean().write(tmp_path))
    assert verdict.violations == []
    assert verdict.figures["frames"] == 20 + 20 + 16


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_history_is_caught(forge: type[Forgery], tmp_path: Path) -> None:
    verdict = check(tmp_path, forge().write(tmp_path))
    assert verdict.failed & FORGERIES[forge], str(verdict)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_that_is_caught_names_nothing_else(forge: type[Forgery], tmp_path: Path) -> None:
    """Each lie breaks its own promise: checks that object to everything would prove nothing."""
    verdict = check(tmp_path, forge().write(tmp_path))
    assert verdict.failed <= FORGERIES[forge], str(verdict)
