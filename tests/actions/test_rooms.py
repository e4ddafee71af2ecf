"""Making rooms, joining and leaving them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from hallway.actions import accounts, members, messages, rooms
from hallway.errors import (
    AuthorNotFound,
    InvalidDescription,
    InvalidParameters,
    InvalidRoomName,
    NotAllowed,
    RoomIsArchived,
    RoomIsNeeded,
    RoomNotFound,
    TooManyRooms,
)
from hallway.events import log
from hallway.models import DIRECT_PEOPLE, Membership, Message, Room
from tests.people import make_somebody


def kinds_after(position: int) -> list[str]:
    return [entry.kind for entry in log.read_after(position, limit=100)]


def test_staff_opens_a_room_that_everybody_sees(maya, zoe):
    position = log.span().newest
    room = rooms.create_room(maya, "  Tea  kitchen ")
    assert (room.name, room.slug, room.kind) == ("Tea kitchen", "tea-kitchen", Room.Kind.OPEN)
    assert kinds_after(position) == ["room.created", "member.joined"]
    assert Room.objects.readable_by(zoe).filter(pk=room.pk).exists()
    assert Membership.objects.get(room=room).role == Membership.Role.MANAGER


def test_a_guest_opens_no_room(gil):
    position = log.span().newest
    with pytest.raises(NotAllowed):
        rooms.create_room(gil, "Mine")
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
    assert members.join_room(zoe, room) is True
    assert members.join_room(zoe, room) is False
    assert kinds_after(position) == ["member.joined"]


def test_leaving_is_told_once(zoe, hallway):
    position = log.span().newest
    assert members.leave_room(zoe, hallway) is True
    assert members.leave_room(zoe, hallway) is False
    assert kinds_after(position) == ["member.left"]


def test_zoe_joins_no_private_room(zoe, kitchen):
    position = log.span().newest
    with pytest.raises(RoomNotFound):
        members.join_room(zoe, kitchen)
    assert not Membership.objects.filter(author=zoe, room=kitchen).exists()
    assert kinds_after(position) == []


def test_a_member_opens_rooms_a_guest_does_not(lea, gil):
    room = rooms.create_room(lea, "Tea", kind=Room.Kind.PRIVATE, description=" For  tea. ")
    assert (room.kind, room.description, room.created_by) == ("private", "For tea.", lea)
    for kind in (Room.Kind.OPEN, Room.Kind.PRIVATE):
        with pytest.raises(NotAllowed):
            rooms.create_room(gil, "Mine", kind=kind)


def test_a_private_room_is_its_creators_and_its_address_tells_nothing(lea, maya, zoe):
    room = rooms.create_room(lea, "Tea", kind=Room.Kind.PRIVATE)
    assert room.slug.startswith("tea-")
    for other in (maya, zoe):
        assert not Room.objects.readable_by(other).filter(pk=room.pk).exists()
    assert rooms.create_room(maya, "Tea").slug == "tea"


def test_rooms_are_not_opened_by_the_hundred(lea, setting):
    setting(POST_RATE=100)
    for number in range(rooms.ROOMS_AT_ONCE):
        rooms.create_room(lea, f"Room {number}")
    with pytest.raises(TooManyRooms) as refusal:
        rooms.create_room(lea, "One more")
    assert refusal.value.retry_after > 0


def test_the_same_people_have_one_direct_room(joe, zoe, maya):
    room, is_new = rooms.start_direct(joe, [zoe])
    assert is_new
    assert room.kind == Room.Kind.DIRECT
    assert rooms.start_direct(zoe, [joe, joe]) == (room, False)
    assert rooms.start_direct(zoe, [zoe, joe]) == (room, False)
    three, is_new = rooms.start_direct(maya, [joe, zoe])
    assert is_new
    assert three != room
    for person, seen in ((joe, 2), (zoe, 2), (maya, 1)):
        mine = Room.objects.readable_by(person).filter(kind=Room.Kind.DIRECT)
        assert mine.count() == seen


def test_one_talks_directly_to_others_who_are_here(joe, zoe):
    with pytest.raises(InvalidParameters):
        rooms.start_direct(joe, [joe])
    crowd = [make_somebody(f"Puck {number}") for number in range(DIRECT_PEOPLE)]
    with pytest.raises(InvalidParameters):
        rooms.start_direct(joe, crowd)
    accounts.leave(zoe)
    with pytest.raises(AuthorNotFound):
        rooms.start_direct(joe, [zoe])
    assert not Room.objects.filter(kind=Room.Kind.DIRECT).exists()


@pytest.mark.django_db(transaction=True)
def test_who_ask_for_a_direct_room_at_once_find_the_same(joe, zoe):
    def ask(starter, other):
        try:
            return rooms.start_direct(starter, [other])
        finally:
            connection.close()

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask, *pair) for pair in [(joe, zoe), (zoe, joe)] * 4]
            found = [one.result() for one in asked]
        assert len({room.pk for room, _ in found}) == 1
        assert sum(is_new for _, is_new in found) == 1
        Room.objects.filter(kind=Room.Kind.DIRECT).delete()


def test_the_database_itself_keeps_a_second_direct_room_out(joe, zoe):
    room, _ = rooms.start_direct(joe, [zoe])
    with pytest.raises(IntegrityError), transaction.atomic():
        Room.objects.create(slug="again", kind=Room.Kind.DIRECT, direct_key=room.direct_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        Room.objects.create(slug="keyless", kind=Room.Kind.DIRECT)


def test_a_room_is_renamed_described_and_told_once(maya, kitchen):
    position = log.span().newest
    for _ in range(2):
        rooms.change_room(maya, kitchen, name=" The  Kitchen ", description="Soup")
    room = Room.objects.get(pk=kitchen.pk)
    assert (room.name, room.description, room.slug) == ("The Kitchen", "Soup", "kitchen")
    assert kinds_after(position) == ["room.changed"]
    rooms.change_room(maya, kitchen, description=" ")
    assert Room.objects.get(pk=kitchen.pk).description == ""


def test_only_who_manages_a_room_changes_it(maya, joe, zoe, kitchen, hallway):
    direct, _ = rooms.start_direct(joe, [zoe])
    position = log.span().newest
    for editor, room, refusal in (
        (joe, kitchen, NotAllowed),
        (zoe, kitchen, RoomNotFound),
        (joe, hallway, NotAllowed),
        (joe, direct, NotAllowed),
        (maya, direct, RoomNotFound),
    ):
        with pytest.raises(refusal):
            rooms.change_room(editor, room, name="Mine")
        with pytest.raises(refusal):
            rooms.delete_room(editor, room)
    assert kinds_after(position) == []


@pytest.mark.parametrize("description", ["a\nb", "\0", "x" * 301])
def test_a_description_can_be_shown(maya, kitchen, description):
    with pytest.raises(InvalidDescription):
        rooms.change_room(maya, kitchen, description=description)


def test_an_archived_room_is_read_and_nothing_changes_in_it(maya, joe, kitchen):
    message, _ = messages.post_message(joe, kitchen, source="soup")
    rooms.change_room(maya, kitchen, archived=True)
    assert Room.objects.readable_by(joe).filter(pk=kitchen.pk).exists()
    for author in (joe, maya):
        with pytest.raises(RoomIsArchived):
            messages.post_message(author, kitchen, source="more soup")
    with pytest.raises(NotAllowed):
        messages.edit_message(joe, message, source="stew")
    with pytest.raises(RoomIsArchived):
        rooms.change_room(maya, kitchen, name="Larder")
    rooms.change_room(maya, kitchen, archived=False, name="Larder")
    messages.post_message(joe, kitchen, source="more soup")


def test_the_room_everybody_starts_in_stays(maya, hallway):
    for change in ({"archived": True}, {"kind": Room.Kind.PRIVATE}):
        with pytest.raises(RoomIsNeeded):
            rooms.change_room(maya, hallway, **change)
    with pytest.raises(RoomIsNeeded):
        rooms.delete_room(maya, hallway)
    assert rooms.change_room(maya, hallway, name="Entrance").name == "Entrance"


def test_a_deleted_room_takes_everything_with_it(maya, joe, zoe, kitchen):
    for number in range(3):
        messages.post_message(joe, kitchen, source=f"secret soup {number}")
    position = log.span().newest
    rooms.delete_room(maya, kitchen)
    assert kinds_after(position) == ["room.deleted"]
    assert not Room.objects.filter(pk=kitchen.pk).exists()
    assert not Message.objects.filter(room=kitchen.pk).exists()
    assert "secret soup" not in str(log.read_after(0, limit=1000))


def test_a_large_room_goes_piece_by_piece_and_is_nobodys_meanwhile(maya, joe, kitchen, monkeypatch):
    monkeypatch.setattr(rooms, "PURGE_AT_ONCE", 2)
    monkeypatch.setattr(rooms, "PURGE_ROUNDS", 1)
    for number in range(5):
        messages.post_message(joe, kitchen, source=f"soup {number}")
    rooms.delete_room(maya, kitchen)
    assert Message.objects.filter(room=kitchen.pk).count() == 3
    for author in (maya, joe):
        assert kitchen not in Room.objects.readable_by(author)
    assert not Room.objects.filter(slug="kitchen").exists()
    assert rooms.purge_deleted() == 3
    assert not Room.objects.filter(pk=kitchen.pk).exists()


def test_who_loses_a_room_is_not_told_what_it_is_called_from_then_on(maya):
    room = rooms.create_room(maya, "Garden")
    position = log.span().newest
    rooms.change_room(maya, room, kind=Room.Kind.PRIVATE, name="Layoffs", description="hush")
    closing, renaming = log.read_after(position, limit=10)
    assert closing.kind == renaming.kind == "room.changed"
    assert "Layoffs" not in closing.payload
    assert "hush" not in closing.payload
    assert "Layoffs" in renaming.payload
