"""Finding rooms and messages as one author may see them."""

import pytest

from hallway.actions import messages
from hallway.errors import MessageNotFound, RoomNotFound
from hallway.queries import directory
from hallway.queries.sidebar import door_to, doors_of


def test_everybody_finds_open_rooms_and_their_own(maya, joe, zoe, hallway, kitchen):
    assert directory.rooms_of(maya) == directory.rooms_of(joe) == [hallway, kitchen]
    assert directory.rooms_of(zoe) == [hallway]


def test_a_room_is_found_by_its_address(joe, kitchen):
    assert directory.room_for(joe, "kitchen") == kitchen


@pytest.mark.parametrize("slug", ["kitchen", "no-such-room", "", "\0", "Hallway"])
def test_unknown_and_forbidden_look_the_same(zoe, kitchen, slug):
    with pytest.raises(RoomNotFound) as refusal:
        directory.room_for(zoe, slug)
    with pytest.raises(RoomNotFound):
        door_to(doors_of(zoe), slug)
    assert str(refusal.value) == str(RoomNotFound())


def test_a_message_is_found_by_who_may_read_it(joe, zoe, kitchen):
    message, _ = messages.post_message(joe, kitchen, source="ours")
    assert directory.message_for(joe, message.pk) == message
    with pytest.raises(MessageNotFound):
        directory.message_for(zoe, message.pk)
    with pytest.raises(MessageNotFound):
        directory.message_for(zoe, message.pk + 1)


def test_a_deleted_message_is_not_found(joe, kitchen):
    message, _ = messages.post_message(joe, kitchen, source="ours")
    messages.delete_message(joe, message)
    with pytest.raises(MessageNotFound):
        directory.message_for(joe, message.pk)
