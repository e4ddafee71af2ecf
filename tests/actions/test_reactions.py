"""Reactions and pins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from hallway.actions import accounts, messages, reactions, rooms
from hallway.actions.members import leave_room
from hallway.errors import (
    InvalidEmoji,
    MessageNotFound,
    NotAllowed,
    NotSignedIn,
    TooManyEmoji,
    TooManyPins,
)
from hallway.events import log
from hallway.models import Event, Message, Reaction
from tests.snapshots import keeps_up


@pytest.fixture
def said(joe, hallway) -> Message:
    return messages.post_message(joe, hallway, source="hello")[0]


@pytest.fixture
def whispered(maya, kitchen) -> Message:
    return messages.post_message(maya, kitchen, source="ours")[0]


def test_people_react_and_take_it_back(said, joe, zoe, hallway):
    with keeps_up(hallway):
        reactions.add_reaction(joe, said, "👍")
        reactions.add_reaction(zoe, said, "👍")
        message = reactions.add_reaction(zoe, said, "🎉")
    assert message.reaction_summary == [
        {"emoji": "👍", "count": 2, "authors": [joe.pk, zoe.pk]},
        {"emoji": "🎉", "count": 1, "authors": [zoe.pk]},
    ]
    assert message.version == 4
    with keeps_up(hallway):
        message = reactions.remove_reaction(zoe, said, "🎉")
        message = reactions.remove_reaction(joe, said, "👍")
    assert message.reaction_summary == [{"emoji": "👍", "count": 1, "authors": [zoe.pk]}]


def test_the_same_twice_is_told_once(said, joe):
    reactions.add_reaction(joe, said, "👍")
    position = log.span().newest
    assert reactions.add_reaction(joe, said, "👍").version == 2
    reactions.remove_reaction(joe, said, "🎉")
    assert log.span().newest == position
    assert Reaction.objects.count() == 1


def test_ten_times_at_once_is_one_reaction(transactional_db, joe, hallway):
    said, _ = messages.post_message(joe, hallway, source="hello")
    start = Barrier(10)

    def react() -> None:
        start.wait()
        reactions.add_reaction(joe, said, "👍")
        connection.close()

    with ThreadPoolExecutor(10) as pool:
        for future in [pool.submit(react) for _ in range(10)]:
            future.result(20)
    assert Reaction.objects.count() == 1
    assert Event.objects.filter(kind="reaction.added").count() == 1
    assert Message.objects.get(pk=said.pk).reaction_summary[0]["count"] == 1


EMOJI = ["👍", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "#️⃣", "❤️", "👩🏿‍❤️‍💋‍👨🏻"]


@pytest.mark.parametrize("emoji", EMOJI)
def test_any_emoji_is_a_reaction(said, joe, emoji):
    message = reactions.add_reaction(joe, said, emoji)
    assert message.reaction_summary[0]["emoji"] == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "👍👍", "👍 ", "+1", "<b>", "👍\n", "\u200d", "1", "👍" * 50]
)
def test_anything_else_is_none(said, joe, text):
    with pytest.raises(InvalidEmoji):
        reactions.add_reaction(joe, said, text)
    assert not Reaction.objects.exists()


def test_a_heart_without_its_selector_is_the_same_heart(said, joe, zoe):
    reactions.add_reaction(joe, said, "❤")
    assert reactions.add_reaction(zoe, said, "❤️").reaction_summary[0]["count"] == 2


def test_there_is_an_end_to_different_emoji(said, joe, zoe):
    for number in range(reactions.MOST_EMOJI):
        reactions.add_reaction(joe, said, chr(0x1F600 + number))
    with pytest.raises(TooManyEmoji):
        reactions.add_reaction(zoe, said, "🎉")
    assert Reaction.objects.count() == reactions.MOST_EMOJI
    reactions.add_reaction(zoe, said, chr(0x1F600))


def test_zoe_reacts_to_nothing_she_may_not_read(zoe, joe, kitchen, whispered):
    with pytest.raises(MessageNotFound):
        reactions.add_reaction(zoe, whispered, "👍")
    reactions.add_reaction(joe, whispered, "👍")
    leave_room(joe, kitchen)
    with pytest.raises(MessageNotFound):
        reactions.remove_reaction(joe, whispered, "👍")
    assert Reaction.objects.count() == 1


def test_nobody_reacts_in_an_archived_room_or_after_leaving(maya, joe, kitchen, whispered):
    rooms.change_room(maya, kitchen, archived=True)
    with pytest.raises(NotAllowed):
        reactions.add_reaction(joe, whispered, "👍")
    rooms.change_room(maya, kitchen, archived=False)
    accounts.leave(joe)
    with pytest.raises(NotSignedIn):
        reactions.add_reaction(joe, whispered, "👍")


def test_a_deleted_message_takes_its_reactions_along(said, joe):
    reactions.add_reaction(joe, said, "👍")
    messages.delete_message(joe, said)
    assert not Reaction.objects.exists()
    with pytest.raises(MessageNotFound):
        reactions.add_reaction(joe, said, "👍")


def test_who_manages_pins_and_unpins(maya, kitchen, whispered):
    with keeps_up(kitchen):
        assert reactions.pin_message(maya, whispered).pinned_at is not None
    position = log.span().newest
    reactions.pin_message(maya, whispered)
    assert log.span().newest == position
    with keeps_up(kitchen):
        assert reactions.unpin_message(maya, whispered).pinned_at is None


def test_nobody_else_pins(joe, zoe, whispered):
    with pytest.raises(NotAllowed):
        reactions.pin_message(joe, whispered)
    with pytest.raises(MessageNotFound):
        reactions.pin_message(zoe, whispered)
    with pytest.raises(NotAllowed):
        reactions.unpin_message(joe, whispered)
    assert Message.objects.get(pk=whispered.pk).pinned_at is None


def test_in_a_direct_room_both_pin(joe, zoe):
    room, _ = rooms.start_direct(joe, [zoe])
    said, _ = messages.post_message(joe, room, source="us")
    assert reactions.pin_message(zoe, said).pinned_at is not None


def test_there_is_an_end_to_pins(maya, hallway, monkeypatch):
    monkeypatch.setattr(reactions, "MOST_PINS", 1)
    first, _ = messages.post_message(maya, hallway, source="1")
    second, _ = messages.post_message(maya, hallway, source="2")
    reactions.pin_message(maya, first)
    with pytest.raises(TooManyPins):
        reactions.pin_message(maya, second)
