"""Who is let in to a stream, asked for many at once."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from hallway.actions import accounts
from hallway.live.door import Door, visitors_of_sessions
from hallway.models import Author


@pytest.fixture
def key_of(browser_of):
    """The session key of a browser in which this author is known."""
    return lambda author: browser_of(author).cookies["sessionid"].value


def let_in(*keys):
    return visitors_of_sessions(keys)


def test_guests_and_members_are_let_in_with_their_rooms(key_of, maya, joe, zoe, hallway, kitchen):
    keys = {author: key_of(author) for author in (maya, joe, zoe)}
    visitors = let_in(*keys.values())
    assert {key: visitor.author_id for key, visitor in visitors.items()} == {
        key: author.pk for author, key in keys.items()
    }
    both = {hallway.pk: "hallway", kitchen.pk: "kitchen"}
    assert visitors[keys[maya]].rooms == visitors[keys[joe]].rooms == both
    assert visitors[keys[zoe]].rooms == {hallway.pk: "hallway"}


def test_strangers_are_not_let_in(first_rows):
    assert let_in("", "nobody", "x" * 32) == {}


def test_a_session_that_is_over_lets_nobody_in(key_of, joe):
    key = key_of(joe)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert let_in(key) == {}


def test_who_has_left_is_not_let_in(key_of, gil):
    key = key_of(gil)
    accounts.leave(gil)
    assert let_in(key) == {}


def test_an_account_that_is_off_is_not_let_in(key_of, maya):
    key = key_of(maya)
    assert maya.user is not None
    maya.user.is_active = False
    maya.user.save()
    assert let_in(key) == {}


def test_a_changed_password_ends_the_session(key_of, maya):
    key = key_of(maya)
    assert maya.user is not None
    maya.user.set_password("another")
    maya.user.save()
    assert let_in(key) == {}


def test_a_guests_session_is_worth_nothing_once_the_guest_has_an_account(key_of, gil, maya):
    key = key_of(gil)
    user, maya.user = maya.user, None
    maya.save()
    Author.objects.filter(pk=gil.pk).update(user=user)
    assert let_in(key) == {}


def test_ten_cost_as_much_as_twenty(key_of, hallway, count_queries):
    keys = [key_of(accounts.enter_as_guest("")) for _ in range(20)]
    assert len(let_in(*keys)) == 20
    ten = count_queries(lambda: let_in(*keys[:10]))
    assert count_queries(lambda: let_in(*keys)) == ten == 3


@pytest.mark.django_db(transaction=True)
async def test_whoever_comes_together_is_asked_for_together(joe, zoe, browser_of):
    keys = await asyncio.to_thread(
        lambda: [browser_of(author).cookies["sessionid"].value for author in (joe, zoe)]
    )
    door = Door()
    asked = [keys[0], keys[1], "x" * 32, keys[0], "", "\0"]
    visitors = await asyncio.gather(*(door.let_in(key) for key in asked))
    assert [visitor and visitor.author_id for visitor in visitors] == [
        joe.pk,
        zoe.pk,
        None,
        joe.pk,
        None,
        None,
    ]
