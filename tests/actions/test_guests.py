"""Guests use open rooms only."""

import pytest

from hallway.actions import invitations, members, messages, people, rooms
from hallway.errors import GuestsStayInOpenRooms, RoomIsArchived
from hallway.models import Author, Membership, ReadState, Room
from hallway.queries.sidebar import doors_of
from tests.live.inside import away, join, read, running_hub
from tests.people import make_member, make_owner, new_account


@pytest.fixture
def ada(hallway):
    return make_owner("Ada")


def closed_rooms(author):
    return set(Room.objects.readable_by(author).exclude(kind=Room.Kind.OPEN))


def test_a_guest_is_let_into_no_private_room_a_member_is(maya, gil, zoe, kitchen):
    with pytest.raises(GuestsStayInOpenRooms):
        members.add_member(maya, kitchen, gil)
    assert not closed_rooms(gil)
    members.add_member(maya, kitchen, zoe)
    assert closed_rooms(zoe) == {kitchen}


def test_a_guest_is_let_into_an_open_room(lea, gil):
    tea = rooms.create_room(lea, "Tea")
    members.add_member(lea, tea, gil)
    assert tea.memberships.filter(author=gil).exists()


def test_nobody_talks_directly_to_a_guest_nor_the_guest_to_anybody(joe, zoe, gil):
    for starter, others in ((gil, [joe]), (joe, [gil]), (joe, [zoe, gil])):
        with pytest.raises(GuestsStayInOpenRooms):
            rooms.start_direct(starter, others)
    assert not Room.objects.filter(kind=Room.Kind.DIRECT).exists()


def test_a_room_that_closes_sees_its_guests_out(lea, zoe, gil):
    tea = rooms.create_room(lea, "Tea")
    for author in (zoe, gil):
        members.join_room(author, tea)
    rooms.change_room(lea, tea, kind=Room.Kind.PRIVATE)
    assert closed_rooms(zoe) == {tea}
    assert not closed_rooms(gil)


def test_a_guest_who_manages_an_open_room_does_not_close_it(lea, gil):
    tea = rooms.create_room(lea, "Tea")
    members.join_room(gil, tea)
    members.change_role(lea, tea, gil, Membership.Role.MANAGER)
    with pytest.raises(GuestsStayInOpenRooms):
        rooms.change_room(gil, tea, kind=Room.Kind.PRIVATE)
    tea.refresh_from_db()
    assert tea.kind == Room.Kind.OPEN


def test_a_guest_who_becomes_a_member_may_use_them(ada, joe, gil):
    token = invitations.token_of(invitations.invite(ada))
    gil = invitations.accept(token, new_account("Gil"), guest=gil)
    room, _ = rooms.start_direct(joe, [gil])
    assert closed_rooms(gil) == {room}


def test_a_member_who_becomes_a_guest_loses_them_and_finds_the_talk_again(ada, joe):
    bob = make_member("Bob")
    den = rooms.create_room(bob, "Den", kind=Room.Kind.PRIVATE)
    members.add_member(bob, den, joe)
    direct, _ = rooms.start_direct(joe, [bob])
    messages.post_message(bob, direct, source="psst")
    people.give_role(ada, bob, Author.Role.GUEST)
    assert not closed_rooms(bob)
    assert den.memberships.get().role == Membership.Role.MANAGER
    assert not ReadState.objects.filter(author=bob, room__in=[den, direct]).exists()
    # Who stays alone reads what was said, under the name of who was there.
    [door] = [door for door in doors_of(joe) if door.room == direct]
    assert (door.room.name, door.closed_to(joe)) == ("Bob", "room-archived")
    with pytest.raises(RoomIsArchived):
        messages.post_message(joe, Room.objects.get(pk=direct.pk), source="still there?")
    people.give_role(ada, Author.objects.get(pk=bob.pk), Author.Role.MEMBER)
    again, is_new = rooms.start_direct(joe, [bob])
    assert (again, is_new, again.is_archived) == (direct, False, False)
    assert closed_rooms(bob) == {direct}


@pytest.mark.django_db(transaction=True)
async def test_closed_rooms_end_at_once_on_open_streams(first_rows):
    ada, bob, eve = [await away(make, name) for make, name in CAST]
    den = await away(rooms.create_room, eve, "Den", kind=Room.Kind.PRIVATE)
    await away(members.add_member, eve, den, bob)
    direct, _ = await away(rooms.start_direct, bob, [eve])
    async with running_hub() as hub:
        stream = await join(hub, bob)
        await away(people.give_role, ada, bob, Author.Role.GUEST)
        for room in (den, direct):
            await away(say_if_open, eve, room)
        await hub.catch_up()
        kinds = [frame.kind for frame in read(stream)]
        # Cards that are open show the new role; the rooms are gone before that.
        assert kinds == ["member.left", "member.left", "author.renamed", "access.changed"]
        assert not {den.pk, direct.pk} & stream.rights.rooms


CAST = ((make_owner, "Ada"), (make_member, "Bob"), (make_member, "Eve"))


def say_if_open(author, room):
    room.refresh_from_db()
    if not room.is_archived:
        messages.post_message(author, room, source="just us now")
