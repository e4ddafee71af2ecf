"""The cast: maya owns (she is staff), joe belongs, zoe is outside.

The `kitchen` is private: maya manages it, joe is a member, zoe must not learn that it exists.
"""

import pytest
from django.contrib.auth.models import User

from hallway.actions import accounts
from hallway.events import log
from hallway.events.kinds import MemberJoined, RoomCreated
from hallway.models import Author, Membership, Room


@pytest.fixture
def hallway(first_rows: None) -> Room:
    """The open room everybody starts in."""
    return Room.objects.get(slug="hallway")


@pytest.fixture
def maya(hallway: Room) -> Author:
    return accounts.enter_with_account(make_staff("maya"))


@pytest.fixture
def joe(hallway: Room) -> Author:
    return accounts.enter_as_guest("Joe")


@pytest.fixture
def zoe(hallway: Room) -> Author:
    return accounts.enter_as_guest("Zoe")


@pytest.fixture
def kitchen(maya: Author, joe: Author) -> Room:
    return make_private_room("kitchen", maya, joe)


def make_staff(name: str) -> User:
    return User.objects.create_superuser(name, f"{name}@example.org", "correct horse")


def make_private_room(slug: str, manager: Author, *members: Author) -> Room:
    """Rooms like this have no action yet; the log is told as it will be."""
    with log.write():
        room = Room.objects.create(slug=slug, name=slug.title(), kind=Room.Kind.PRIVATE)
        log.append(RoomCreated(room), room=room)
        Membership.objects.create(room=room, author=manager, role=Membership.Role.MANAGER)
        log.append(MemberJoined(room, manager), room=room)
        for member in members:
            add_member(room, member)
    return room


def add_member(room: Room, author: Author) -> None:
    with log.write():
        Membership.objects.create(room=room, author=author)
        log.append(MemberJoined(room, author), room=room)
