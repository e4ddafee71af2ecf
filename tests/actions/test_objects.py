"""Rooms of a host's objects: who is in one is what the host says, now.

The objects are groups, and who belongs to a group may read its room.
"""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured

from hallway import access, follow
from hallway.actions import accounts, members, messages, objects, rooms
from hallway.errors import MessageNotFound, RoomNotFound, SiteDecides
from hallway.events import log
from hallway.host import access_changed, post_message
from hallway.live import door
from hallway.models import Author, Membership, Room
from hallway.queries.directory import message_for, room_for, rooms_of
from hallway.queries.search import search
from hallway.queries.sidebar import doors_of

FORBIDDEN: set[str] = set()


def may_read(account, group):
    if group.name == "broken":
        raise ZeroDivisionError
    return group.name not in FORBIDDEN and account.groups.filter(pk=group.pk).exists()


def almost(account, group):
    return account.groups.filter(pk=group.pk)


@pytest.fixture
def bands(setting, hallway):
    FORBIDDEN.clear()
    setting(OBJECTS={"auth.Group": f"{__name__}.may_read"}, ACCOUNTS=False)
    follow.connect()
    yield Group.objects.create(name="The Doors")
    setting(OBJECTS={})


@pytest.fixture
def ray(bands):
    user = User.objects.create_user("ray")
    user.groups.add(bands)
    return accounts.enter_with_account(user)


@pytest.fixture
def jim(bands):
    user = User.objects.create_user("jim")
    user.groups.add(bands)
    return accounts.enter_with_account(user)


@pytest.fixture
def room(bands, ray):
    found = objects.enter(ray, bands)
    assert found is not None
    return found


def kinds_since(position):
    return [entry.kind for entry in log.read_after(position, limit=100)]


def test_the_same_object_has_the_same_room(bands, room):
    assert Room.for_object(bands) == room
    assert room.name == "The Doors"
    assert room.kind == Room.Kind.PRIVATE
    assert str(bands.pk) not in room.slug.removeprefix("group-") or len(room.slug) > 20


def test_who_may_enters_and_is_told(bands, room, jim):
    position = log.span().newest
    assert objects.enter(jim, bands) == room
    assert kinds_since(position) == ["member.joined", "room.created"]
    assert objects.enter(jim, bands) == room
    assert len(kinds_since(position)) == 2


def test_who_may_not_is_kept_out(bands, room, lea, joe):
    assert objects.enter(lea, bands) is None
    assert objects.enter(joe, bands) is None
    with pytest.raises(RoomNotFound):
        room_for(lea, room.slug)
    with pytest.raises(RoomNotFound):
        messages.post_message(lea, room, source="Let me in")


def test_a_right_ends_with_the_hosts_own_change(bands, room, ray):
    position = log.span().newest
    ray.user.groups.remove(bands)
    assert kinds_since(position) == ["member.left"]
    assert not access.is_member(ray, room)


def test_a_save_is_noticed_too(bands, room):
    position = log.span().newest
    bands.name = "broken"
    bands.save()
    assert "member.left" in kinds_since(position)


def test_what_ends_without_a_word_is_refused_everywhere(bands, room, ray):
    message, _ = messages.post_message(ray, room, source="Riders on the storm")
    FORBIDDEN.add("The Doors")
    assert access.is_member(ray, room)
    with pytest.raises(RoomNotFound):
        room_for(ray, room.slug)
    with pytest.raises(RoomNotFound):
        messages.post_message(ray, room, source="Again")
    with pytest.raises(MessageNotFound):
        message_for(ray, message.pk)
    with pytest.raises(MessageNotFound):
        messages.edit_message(ray, message, source="Otherwise")
    assert not access.can_read(ray, room)
    assert not access.can_post(ray, room)
    assert room not in rooms_of(ray)
    assert room.slug not in [door.room.slug for door in doors_of(ray)]
    assert not search(ray, "storm", limit=5).hits
    assert room.pk not in door.rooms_of_authors([ray.pk])[ray.pk].rooms


def test_told_or_not_the_membership_ends(bands, room, ray, jim):
    objects.enter(jim, bands)
    FORBIDDEN.add("The Doors")
    objects.look_again_at([jim.pk])
    assert [one.author for one in Membership.objects.filter(room=room)] == [ray]
    access_changed(bands)
    assert not Membership.objects.filter(room=room).exists()


def test_a_callable_that_fails_or_answers_something_else_forbids(bands, room, ray, setting):
    Group.objects.filter(pk=bands.pk).update(name="broken")
    with pytest.raises(RoomNotFound):
        room_for(ray, room.slug)
    Group.objects.filter(pk=bands.pk).update(name="The Doors")
    assert room_for(ray, room.slug) == room
    setting(OBJECTS={"auth.Group": f"{__name__}.almost"})
    with pytest.raises(RoomNotFound):
        room_for(ray, room.slug)


def test_a_model_that_is_not_named_has_no_rooms(bands, ray):
    with pytest.raises(ImproperlyConfigured, match=r"who may read the room of a auth.user"):
        Room.for_object(ray.user)
    with pytest.raises(ValueError, match="not saved yet"):
        Room.for_object(Group(name="Later"))


def test_the_site_alone_chooses_its_people(bands, room, maya, lea, ray):
    maya.user.groups.add(bands)
    objects.enter(maya, bands)
    assert access.can_manage(maya, room)
    with pytest.raises(SiteDecides):
        members.add_member(maya, room, lea)
    with pytest.raises(SiteDecides):
        members.remove_member(maya, room, ray)
    with pytest.raises(SiteDecides):
        members.change_role(maya, room, ray, Membership.Role.MANAGER)
    with pytest.raises(SiteDecides):
        rooms.change_room(maya, room, kind=Room.Kind.OPEN)


def test_a_room_that_is_deleted_leaves_its_object_to_another(bands, room, maya):
    maya.user.groups.add(bands)
    objects.enter(maya, bands)
    rooms.delete_room(maya, room)
    assert Room.for_object(bands) != room


def test_who_deletes_the_object_lets_everybody_go(bands, room, ray):
    pk = bands.pk
    bands.delete()
    assert not access.is_member(ray, room)
    again = Group.objects.create(pk=pk, name="The Doors again")
    assert Room.for_object(again) != room


def test_the_site_speaks_under_its_own_name(bands, room, ray):
    first = post_message(bands, "On stage at *eight*.", by="The venue", client_id="eight")
    assert post_message(bands, "On stage at *eight*.", by="The venue", client_id="eight") == first
    assert first.author.kind == "bot"
    assert room_for(ray, room.slug) == first.room


def test_an_account_posts_where_it_may_and_nowhere_else(bands, room, jim, lea):
    assert post_message(bands, "Hello", by=jim.user).author == jim
    with pytest.raises(RoomNotFound):
        post_message(bands, "Hello", by=lea.user)


def test_an_account_that_is_deleted_leaves(bands, room, ray):
    position = log.span().newest
    ray.user.delete()
    assert kinds_since(position)[-1] == "session.ended"
    assert not Author.objects.present().filter(pk=ray.pk).exists()


def test_an_account_that_is_switched_off_is_looked_at_again(bands, ray):
    position = log.span().newest
    ray.user.is_active = False
    ray.user.save()
    assert "access.changed" in kinds_since(position)
    User.objects.get(pk=ray.user.pk).save(update_fields=["last_login"])
    assert kinds_since(position).count("access.changed") == 1


def test_rooms_of_objects_cost_the_same_for_many(bands, ray, count_queries):
    def enter(number):
        for name in range(number):
            group = Group.objects.create(name=f"{number} {name}")
            ray.user.groups.add(group)
            objects.enter(ray, group)

    def others(author):
        with_callables = count_queries(lambda: doors_of(author))
        asked = len([door for door in doors_of(author) if door.room.object_key])
        return with_callables - asked  # one each is what the host's own callable asks

    doors_of(ray)
    enter(10)
    ten = others(ray)
    enter(20)
    assert others(ray) == ten
