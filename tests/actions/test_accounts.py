"""Coming in, taking another name, leaving."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hallway.actions import accounts
from hallway.errors import GuestsNotAllowed, InvalidName, NameTaken, NotSignedIn
from hallway.events import log
from hallway.models import Author, Membership


def kinds_after(position: int) -> list[str]:
    return [entry.kind for entry in log.read_after(position, limit=100)]


def test_a_guest_comes_in_under_a_name(hallway):
    author = accounts.enter_as_guest("  Ophelia\t of  Elsinore ")
    assert author.name == "Ophelia of Elsinore"
    assert author.role == Author.Role.GUEST
    assert kinds_after(0) == ["member.joined"]
    assert Membership.objects.filter(author=author, room=hallway).exists()


@pytest.mark.parametrize("blank", ["", "   ", "\t\n", "\u3000"])
def test_a_blank_name_becomes_one_that_nobody_present_has(hallway, blank):
    names = {accounts.enter_as_guest(blank).name for _ in range(10)}
    assert len(names) == 10


@pytest.mark.parametrize("twin", ["Joe", "joe", " JOE ", "ｊｏｅ", "Jоe", "J\u200boe"])
def test_a_name_in_use_is_refused_with_a_message(joe, twin):
    with pytest.raises((NameTaken, InvalidName)) as refusal:
        accounts.enter_as_guest(twin)
    assert str(refusal.value)
    assert Author.objects.count() == 1


@pytest.mark.parametrize("name", ["\0", "a\0b", "a\nb", "x" * 51, "\ud800", "\u202eevil", "\u200d"])
def test_a_name_that_cannot_be_shown_is_refused(hallway, name):
    with pytest.raises(InvalidName):
        accounts.enter_as_guest(name)
    assert not Author.objects.exists()


@pytest.mark.parametrize("name", ["慧", "Зоя", "محمد", "Zoë", "नमस्ते", "O'Brien", "x" * 50, "<b>"])
def test_names_of_every_script_are_welcome(hallway, name):
    assert accounts.enter_as_guest(name).name == name


def test_guests_can_be_switched_off(hallway, setting):
    setting(GUESTS=False)
    with pytest.raises(GuestsNotAllowed):
        accounts.enter_as_guest("Zoe")
    assert not Author.objects.exists()


def test_the_name_of_a_guest_long_gone_is_free_again(gil, setting):
    setting(GUEST_DAYS=14)
    Author.objects.update(last_seen_at=timezone.now() - timedelta(days=13, hours=23))
    with pytest.raises(NameTaken):
        accounts.enter_as_guest("Gil")
    Author.objects.update(last_seen_at=timezone.now() - timedelta(days=14, hours=1))
    second = accounts.enter_as_guest("Gil")
    assert second != gil
    gil.refresh_from_db()
    assert gil.has_left


def test_the_name_of_a_member_stays_theirs(maya):
    Author.objects.update(last_seen_at=timezone.now() - timedelta(days=1000))
    with pytest.raises(NameTaken):
        accounts.enter_as_guest("maya")


def test_an_account_has_one_author_for_ever(hallway):
    user = User.objects.create_user("maya", first_name="Maya", last_name="Lin")
    first = accounts.enter_with_account(user)
    assert (first.name, first.role) == ("Maya Lin", Author.Role.MEMBER)
    assert accounts.enter_with_account(user) == first


def test_an_account_whose_name_is_in_use_gets_a_number(hallway):
    accounts.enter_as_guest("maya")
    user = User.objects.create_user("maya")
    assert accounts.enter_with_account(user).name == "maya 2"


def test_an_account_comes_back_after_leaving(hallway, maya):
    accounts.leave(maya)
    accounts.enter_as_guest("maya")
    assert maya.user is not None
    back = accounts.enter_with_account(maya.user)
    assert back == maya
    assert back.name == "maya 2"
    assert not back.has_left


def test_renaming_is_told_in_every_room_one_is_in(joe, kitchen, hallway):
    position = log.span().newest
    assert accounts.rename(joe, "Joseph").name == "Joseph"
    told = log.read_after(position, limit=10)
    assert [entry.kind for entry in told] == ["author.renamed"] * 2
    assert {entry.room_id for entry in told} == {hallway.pk, kitchen.pk}


def test_one_may_write_ones_own_name_differently(joe):
    assert accounts.rename(joe, "JOE").name == "JOE"


def test_taking_the_same_name_again_tells_nobody(joe):
    position = log.span().newest
    accounts.rename(joe, "Joe")
    assert kinds_after(position) == []


def test_nobody_takes_anothers_name(joe, zoe):
    position = log.span().newest
    with pytest.raises(NameTaken):
        accounts.rename(zoe, "joe")
    zoe.refresh_from_db()
    assert zoe.name == "Zoe"
    assert kinds_after(position) == []


def test_leaving_gives_up_the_name_and_every_room(joe, kitchen):
    position = log.span().newest
    accounts.leave(joe)
    assert kinds_after(position) == ["member.left", "member.left", "session.ended"]
    assert not Membership.objects.filter(author=joe).exists()
    assert accounts.enter_as_guest("Joe") != joe


def test_who_has_left_meanwhile_takes_no_other_name(joe):
    accounts.leave(joe)
    position = log.span().newest
    with pytest.raises(NotSignedIn):
        accounts.rename(joe, "Joseph")
    assert kinds_after(position) == []


def test_leaving_twice_is_leaving_once(joe):
    accounts.leave(joe)
    left_at = Author.objects.get(pk=joe.pk).left_at
    position = log.span().newest
    accounts.leave(joe)
    assert Author.objects.get(pk=joe.pk).left_at == left_at
    assert kinds_after(position) == []


def test_being_seen_is_noted_now_and_then(joe, count_queries):
    now = joe.last_seen_at
    accounts.saw([joe.pk], at=now + timedelta(minutes=4))
    joe.refresh_from_db()
    assert joe.last_seen_at == now
    accounts.saw([joe.pk], at=now + timedelta(minutes=6))
    joe.refresh_from_db()
    assert joe.last_seen_at == now + timedelta(minutes=6)
