"""The messages of a room, a page at a time."""

import pytest

from hallway.actions import messages
from hallway.models import Message, ReadState
from hallway.queries.timeline import opening, timeline


@pytest.fixture
def said(maya, hallway) -> list[int]:
    """Ids of ten messages; another room has some too."""
    return [messages.post_message(maya, hallway, source=f"{n}")[0].pk for n in range(10)]


def ids(page) -> list[int]:
    return [message.pk for message in page.messages]


def test_the_newest_page_is_oldest_first(said, hallway):
    page = timeline(hallway, limit=4)
    assert (ids(page), page.has_more) == (said[-4:], True)


def test_a_page_that_holds_everything_has_no_more(said, hallway):
    page = timeline(hallway, limit=10)
    assert (ids(page), page.has_more) == (said, False)
    assert timeline(hallway, limit=11).has_more is False


def test_every_message_is_met_once_going_back(said, hallway):
    met: list[int] = []
    before = None
    while True:
        page = timeline(hallway, limit=3, before=before)
        met = ids(page) + met
        if not page.has_more:
            break
        before = page.messages[0].pk
    assert met == said


def test_every_message_is_met_once_going_forward(said, hallway):
    met: list[int] = []
    after = 0
    while True:
        page = timeline(hallway, limit=3, after=after)
        met += ids(page)
        if not page.has_more:
            break
        after = page.messages[-1].pk
    assert met == said


def test_between_two_messages_lie_those_between(said, hallway):
    page = timeline(hallway, limit=10, after=said[2], before=said[6])
    assert (ids(page), page.has_more) == (said[3:6], False)


def test_deleted_messages_are_not_there(maya, said, hallway):
    messages.delete_message(maya, Message.objects.get(pk=said[5]))
    assert ids(timeline(hallway, limit=20)) == said[:5] + said[6:]


def test_other_rooms_are_not_there(said, maya, kitchen):
    messages.post_message(maya, kitchen, source="ours")
    assert len(timeline(kitchen, limit=20).messages) == 1


def test_a_page_costs_one_statement(said, hallway, count_queries):
    def read() -> None:
        for message in timeline(hallway, limit=10).messages:
            assert message.author.name
            assert message.room.slug

    assert count_queries(read) == 1


def read(reader, room, up_to):
    ReadState.objects.update_or_create(author=reader, room=room, defaults={"last_read_id": up_to})
    found = opening(room, reader, read_up_to=up_to, limit=4)
    return [outline.id for outline in found.messages], found.has_older, found.has_newer


def test_a_room_opens_around_the_first_unread_message_older_than_a_page(joe, maya, hallway):
    ids = [messages.post_message(joe, hallway, source=f"m{number}")[0].pk for number in range(12)]
    assert read(maya, hallway, ids[4]) == (ids[3:7], True, True)
    assert read(maya, hallway, ids[0]) == (ids[0:3], False, True)
    assert read(maya, hallway, ids[7]) == (ids[6:10], True, True)
    assert read(maya, hallway, ids[8]) == (ids[8:], True, False)
    assert read(maya, hallway, ids[11]) == (ids[8:], True, False)
    # One's own messages are no news, and who was never here has nowhere to go on.
    assert read(joe, hallway, ids[4]) == (ids[8:], True, False)
    assert read(maya, hallway, maya.came_after) == (ids[8:], True, False)


def test_a_room_opens_in_four_statements_at_most(joe, maya, hallway, count_queries):
    ids = [messages.post_message(joe, hallway, source=f"m{number}")[0].pk for number in range(12)]

    def open_at(up_to, limit=4):
        opening(hallway, maya, read_up_to=up_to, limit=limit)

    assert count_queries(lambda: open_at(ids[11])) == 1
    assert count_queries(lambda: open_at(ids[4])) == 4
    assert count_queries(lambda: open_at(ids[0], limit=8)) == 4
