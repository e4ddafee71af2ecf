"""What the benchmark repeats of Hallway without importing it."""

from bench import processes
from hallway.events import log


def test_its_writers_wait_for_the_lock_that_hallway_takes():
    assert processes.ADVISORY_LOCK == log.ADVISORY_LOCK
