"""The cast: maya owns (she is staff), joe belongs, zoe is outside; lea opens rooms; gil is a guest.

The `kitchen` is private: maya manages it, joe is a member, zoe must not learn that it exists.
"""

import pytest
from django.contrib.auth.models import User

from hallway.actions import accounts, members, people, rooms
from hallway.actions.new_accounts import NewAccount, open_account
from hallway.events import log
from hallway.models import Author, Room


@pytest.fixture
def hallway(first_rows: None) -> Room:
    """The open room everybody starts in."""
    return Room.objects.get(slug="hallway")


@pytest.fixture
def maya(hallway: Room) -> Author:
    return accounts.enter_with_account(make_staff("maya"))


@pytest.fixture
def joe(hallway: Room) -> Author:
    return make_somebody("Joe")


@pytest.fixture
def zoe(hallway: Room) -> Author:
    return make_somebody("Zoe")


@pytest.fixture
def lea(hallway: Room) -> Author:
    """Has an account, so she may open rooms, and is no staff."""
    return accounts.enter_with_account(User.objects.create_user("lea"))


@pytest.fixture
def gil(hallway: Room) -> Author:
    """Has typed a name, and no more."""
    return accounts.enter_as_guest("Gil")


@pytest.fixture
def kitchen(maya: Author, joe: Author) -> Room:
    return make_private_room("kitchen", maya, joe)


def make_somebody(name: str) -> Author:
    """Somebody with an account, who goes by this name."""
    user = User.objects.create_user(name.lower(), first_name=name)
    return accounts.enter_with_account(user)


def make_staff(name: str) -> User:
    return User.objects.create_superuser(name, f"{name}@example.org", "correct horse")


def make_private_room(name: str, manager: Author, *others: Author) -> Room:
    room = rooms.create_room(manager, name.title(), slug=name, kind=Room.Kind.PRIVATE)
    for other in others:
        members.add_member(manager, room, other)
    return room


def new_account(name: str) -> NewAccount:
    email = f"{name.lower().replace(' ', '.')}@example.org"
    return NewAccount.check(name=name, email=email, password="correct horse")


def make_owner(name: str) -> Author:
    return people.make_another_owner(new_account(name))


def make_member(name: str) -> Author:
    with log.write():
        return open_account(new_account(name), role=Author.Role.MEMBER, guest=None)
