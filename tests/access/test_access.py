"""Who may do what. Every allow has its refuse, asked by zoe."""

from hallway import access
from hallway.actions import accounts, messages
from hallway.models import Author


def test_open_rooms_are_everybodys(zoe, hallway):
    assert access.can_read(zoe, hallway)
    assert access.can_post(zoe, hallway)


def test_private_rooms_belong_to_their_members(maya, joe, zoe, kitchen):
    for member in (maya, joe):
        assert access.can_read(member, kitchen)
        assert access.can_post(member, kitchen)
    assert not access.can_read(zoe, kitchen)
    assert not access.can_post(zoe, kitchen)


def test_who_left_says_nothing_more(joe, hallway):
    accounts.leave(joe)
    assert not access.can_post(Author.objects.get(pk=joe.pk), hallway)


def test_a_message_is_changed_by_its_author_alone(maya, joe, zoe, kitchen):
    message, _ = messages.post_message(joe, kitchen, source="mine")
    assert access.can_edit(joe, message)
    for other in (maya, zoe):
        assert not access.can_edit(other, message)


def test_rooms_are_made_by_whoever_has_an_account(lea, gil, maya):
    assert access.can_create_rooms(maya)
    assert access.can_create_rooms(lea)
    assert not access.can_create_rooms(gil)


def test_staff_whose_account_is_off_is_staff_no_more(maya):
    assert maya.user is not None
    maya.user.is_active = False
    assert not access.can_create_rooms(maya)
