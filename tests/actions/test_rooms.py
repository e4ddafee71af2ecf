"""Making rooms, joining and leaving them."""

import pytest

from hallway.actions import rooms
from hallway.errors import InvalidRoomName, NotAllowed, RoomNotFound
from hallway.events import log
from hallway.models import Membership, Room


def kinds_after(position: int) -> list[str]:
    return [entry.kind for entry in log.read_after(position, limit=100)]


def test_staff_opens_a_room_that_everybody_sees(maya, zoe):
    position = log.span().newest
    room = rooms.create_room(maya, "  Tea  kitchen ")
    assert (room.name, room.slug, room.kind) == ("Tea kitchen", "tea-kitchen", Room.Kind.OPEN)
    assert kinds_after(position) == ["room.created"]
    assert Room.objects.readable_by(zoe).filter(pk=room.pk).exists()
    assert Membership.objects.get(room=room).role == Membership.Role.MANAGER


def test_zoe_opens_no_room(zoe):
    position = log.span().newest
    with pytest.raises(NotAllowed):
        rooms.create_room(zoe, "Mine")
    assert Room.objects.count() == 1
    assert kinds_after(position) == []


def test_rooms_of_one_name_have_addresses_of_their_own(maya):
    slugs = {rooms.create_room(maya, name).slug for name in ("Tea", "Tea", "茶", "茶")}
    assert len(slugs) == 4
    assert all(slug.isascii() for slug in slugs)


@pytest.mark.parametrize("name", ["", "  ", "\0", "a\nb", "\u202e", "x" * 81])
def test_a_room_needs_a_name_that_can_be_shown(maya, name):
    with pytest.raises(InvalidRoomName):
        rooms.create_room(maya, name)
    assert Room.objects.count() == 1


def test_joining_is_told_once(maya, zoe):
    room = rooms.create_room(maya, "Tea")
    position = log.span().newest
    assert rooms.join_room(zoe, room) is True
    assert rooms.join_room(zoe, room) is False
    assert kinds_after(position) == ["member.joined"]


def test_leaving_is_told_once(zoe, hallway):
    position = log.span().newest
    assert rooms.leave_room(zoe, hallway) is True
    assert rooms.leave_room(zoe, hallway) is False
    assert kinds_after(position) == ["member.left"]


def test_zoe_joins_no_private_room(zoe, kitchen):
    position = log.span().newest
    with pytest.raises(RoomNotFound):
        rooms.join_room(zoe, kitchen)
    assert not Membership.objects.filter(author=zoe, room=kitchen).exists()
    assert kinds_after(position) == []
