"""What waits to be sent, kept once for all who read the same."""

import pytest

from hallway.live.mailbox import Mailbox
from hallway.live.sse import TutorialFormat

ALL = 10**9


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(frozenset([1]), TutorialFormat())


def test_it_gives_everything_after_a_position_in_one_piece(mailbox):
    for frame in (b"a", b"bb", b"ccc"):
        mailbox.put(frame)
    assert mailbox.take(0, most=ALL) == (b"abbccc", 3)
    assert mailbox.take(2, most=ALL) == (b"ccc", 3)
    assert mailbox.take(3, most=ALL) == (b"", 3)


def test_who_stands_at_the_same_place_gets_the_very_same_bytes(mailbox):
    for _ in range(3):
        mailbox.put(b"frame")
    assert mailbox.take(1, most=ALL)[0] is mailbox.take(1, most=ALL)[0]
    mailbox.put(b"more")
    assert mailbox.take(1, most=ALL) == (b"frameframemore", 4)


def test_a_piece_is_cut_between_frames(mailbox):
    for _ in range(4):
        mailbox.put(b"12345")
    assert mailbox.take(0, most=10) == (b"1234512345", 2)
    assert mailbox.take(2, most=10) == (b"1234512345", 4)


def test_a_frame_larger_than_a_piece_goes_out_whole(mailbox):
    mailbox.put(b"x" * 100)
    mailbox.put(b"y")
    assert mailbox.take(0, most=10) == (b"x" * 100, 1)


def test_it_tells_how_much_waits(mailbox):
    assert mailbox.waiting(0) == (0, 0)
    for frame in (b"a", b"bb", b"ccc"):
        mailbox.put(frame)
    assert mailbox.waiting(0) == (3, 6)
    assert mailbox.waiting(1) == (2, 5)
    assert mailbox.waiting(3) == (0, 0)


def test_what_everybody_has_read_is_dropped_and_positions_stay(mailbox):
    for frame in (b"a", b"bb", b"ccc"):
        mailbox.put(frame)
    mailbox.drop_read([1, 2])
    assert mailbox.take(1, most=ALL) == (b"bbccc", 3)
    assert mailbox.take(2, most=ALL) == (b"ccc", 3)
    assert mailbox.waiting(2) == (1, 3)
    mailbox.put(b"d")
    assert mailbox.take(3, most=ALL) == (b"d", 4)
    mailbox.drop_read([])
    assert mailbox.waiting(4) == (0, 0)
    assert mailbox.end == 4
