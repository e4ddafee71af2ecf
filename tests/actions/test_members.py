"""Who belongs to a room, and what they may do there."""

import pytest

from hallway.actions import accounts, members, messages, people, rooms
from hallway.errors import (
    AuthorNotFound,
    DirectStays,
    NotAllowed,
    OnlyManagersPost,
    RoomNotFound,
    SlowMode,
)
from hallway.events import log
from hallway.models import Author, Membership, Room
from tests.people import make_member, make_owner


def kinds_after(position: int) -> list[str]:
    return [entry.kind for entry in log.read_after(position, limit=100)]


def test_who_manages_a_room_lets_in_and_takes_out(maya, zoe, kitchen):
    position = log.span().newest
    assert members.add_member(maya, kitchen, zoe) is True
    assert members.add_member(maya, kitchen, zoe) is False
    assert Room.objects.readable_by(zoe).filter(pk=kitchen.pk).exists()
    assert members.remove_member(maya, kitchen, zoe) is True
    assert members.remove_member(maya, kitchen, zoe) is False
    assert not Room.objects.readable_by(zoe).filter(pk=kitchen.pk).exists()
    # The second is for zoe alone: what the room is that she was let into.
    assert kinds_after(position) == ["member.joined", "room.created", "member.left"]


def test_a_plain_member_lets_nobody_in_and_out(joe, zoe, maya, kitchen):
    for act, author in ((members.add_member, zoe), (members.remove_member, maya)):
        with pytest.raises(NotAllowed):
            act(joe, kitchen, author)
        with pytest.raises(RoomNotFound):
            act(zoe, kitchen, author)
    assert set(kitchen.memberships.values_list("author", flat=True)) == {maya.pk, joe.pk}


def test_who_has_left_is_let_into_no_room(maya, zoe, kitchen):
    accounts.leave(zoe)
    with pytest.raises(AuthorNotFound):
        members.add_member(maya, kitchen, zoe)


def test_a_member_is_made_manager_and_plain_again(maya, joe, zoe, kitchen):
    position = log.span().newest
    members.change_role(maya, kitchen, joe, Membership.Role.MANAGER)
    assert members.add_member(joe, kitchen, zoe)
    members.change_role(maya, kitchen, joe, Membership.Role.MEMBER)
    with pytest.raises(NotAllowed):
        members.remove_member(joe, kitchen, zoe)
    assert kinds_after(position).count("member.changed") == 2
    members.remove_member(maya, kitchen, zoe)
    with pytest.raises(AuthorNotFound):
        members.change_role(maya, kitchen, zoe, Membership.Role.MANAGER)


def test_a_room_whose_last_manager_leaves_is_handed_on(maya, joe, kitchen):
    members.leave_room(maya, kitchen)
    assert kitchen.memberships.get(author=joe).role == Membership.Role.MANAGER


def test_a_guest_inherits_no_open_room(lea, gil):
    room = rooms.create_room(lea, "Tea")
    members.join_room(gil, room)
    members.leave_room(lea, room)
    assert room.memberships.get(author=gil).role == Membership.Role.MEMBER


def test_where_managers_post_the_others_read(maya, joe, lea):
    room = rooms.create_room(lea, "News")
    rooms.change_room(lea, room, posting=Room.Posting.MANAGERS)
    messages.post_message(lea, room, source="hear")
    with pytest.raises(OnlyManagersPost):
        messages.post_message(joe, room, source="me too")
    messages.post_message(maya, room, source="staff may")


def test_who_runs_the_place_no_longer_posts_as_if_they_did(lea):
    """The author was read before the write began, and lost the role in between."""
    owner, admin = make_owner("Ada"), make_member("Ben")
    room = rooms.create_room(lea, "News")
    rooms.change_room(lea, room, posting=Room.Posting.MANAGERS, slow_mode=30)
    admin = people.give_role(owner, admin, Author.Role.ADMIN)
    for _ in range(2):
        messages.post_message(admin, room, source="hear")
    assert admin.is_admin
    people.give_role(owner, admin, Author.Role.MEMBER)
    with pytest.raises(OnlyManagersPost):
        messages.post_message(admin, room, source="and hear")
    rooms.change_room(lea, room, posting=Room.Posting.EVERYONE)
    with pytest.raises(SlowMode):
        messages.post_message(admin, room, source="and hear")


def test_one_says_what_one_wants_to_be_told(joe, zoe, kitchen):
    position = log.span().newest
    for _ in range(2):
        members.change_level(joe, kitchen, Membership.Level.NOTHING)
    assert kitchen.memberships.get(author=joe).level == Membership.Level.NOTHING
    assert kinds_after(position) == ["level.changed"]
    with pytest.raises(RoomNotFound):
        members.change_level(zoe, kitchen, Membership.Level.NOTHING)


def test_a_direct_room_is_not_left_and_nobody_is_added(maya, joe, zoe):
    room, _ = rooms.start_direct(joe, [zoe])
    with pytest.raises(DirectStays):
        members.leave_room(zoe, room)
    for editor in (joe, zoe):
        with pytest.raises(NotAllowed):
            members.add_member(editor, room, maya)
    with pytest.raises(RoomNotFound):
        members.add_member(maya, room, maya)


def test_who_leaves_the_house_is_still_named_in_direct_rooms(joe, zoe, kitchen):
    room, _ = rooms.start_direct(joe, [zoe])
    accounts.leave(joe)
    assert room.memberships.filter(author=joe).exists()
    assert not kitchen.memberships.filter(author=joe).exists()


def test_the_last_manager_hands_the_room_over(maya, lea, kitchen):
    members.add_member(maya, kitchen, lea)
    members.change_role(maya, kitchen, maya, Membership.Role.MEMBER)
    managers = kitchen.memberships.filter(role=Membership.Role.MANAGER)
    # Maya is the longest member there: it is hers again, and it never is nobody's.
    assert [membership.author for membership in managers] == [maya]
