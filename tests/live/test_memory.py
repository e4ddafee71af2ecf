"""The newest events, remembered without a gap."""

from hallway.events.log import Entry
from hallway.live.memory import Memory


def entry(number: int, payload: str = "{}", message: int | None = None) -> Entry:
    return Entry(number, "message.posted", 1, None, message, payload)


def ids(memory: Memory, after: int, up_to: int = 10**9) -> list[int]:
    return [entry.id for entry in memory.after(after, up_to=up_to)]


def test_it_gives_what_came_after_a_position():
    memory = Memory(events=10, size=10**6, since=4)
    for number in (5, 6, 9):
        memory.add(entry(number))
    assert ids(memory, 4) == [5, 6, 9]
    assert ids(memory, 6) == [9]
    assert ids(memory, 7) == [9]
    assert ids(memory, 9) == []
    assert ids(memory, 4, up_to=8) == [5, 6]


def test_it_knows_what_it_does_not_remember():
    memory = Memory(events=10, size=10**6, since=4)
    assert memory.covers(4)
    assert memory.covers(100)
    assert not memory.covers(3)


def test_it_forgets_the_oldest_beyond_its_number():
    memory = Memory(events=10, size=10**6, since=0)
    for number in range(1, 101):
        memory.add(entry(number))
        kept = ids(memory, memory.since)
        assert len(kept) <= 13
        assert kept == list(range(memory.since + 1, number + 1))
    assert not memory.covers(memory.since - 1)


def test_it_forgets_the_oldest_beyond_its_size():
    memory = Memory(events=1000, size=1000, since=0)
    for number in range(1, 101):
        memory.add(entry(number, "x" * 100))
        kept = ids(memory, memory.since)
        assert len(kept) <= 13
        assert kept == list(range(memory.since + 1, number + 1))


def test_one_event_larger_than_all_it_may_keep_is_kept():
    memory = Memory(events=10, size=10, since=0)
    memory.add(entry(1, "x" * 1000))
    memory.add(entry(2, "x" * 1000))
    assert ids(memory, memory.since)[-1] == 2


def test_what_was_taken_back_is_replaced_where_it_stood():
    memory = Memory(events=10, size=10**6, since=0)
    for number in (1, 2, 3):
        memory.add(entry(number, f"text {number}", message=number))
    memory.add(entry(4, "new text", message=2)._replace(kind="message.edited"))
    memory.add(entry(5, "gone", message=3)._replace(kind="message.deleted"))
    told = list(memory.after(0, up_to=9))
    payloads = [one.payload for one in told]
    assert payloads == ["text 1", "new text", "gone", "new text", "gone"]
    kinds = [one.kind.removeprefix("message.") for one in told]
    assert kinds == ["posted", "posted", "deleted", "edited", "deleted"]
