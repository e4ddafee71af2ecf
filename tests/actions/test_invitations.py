"""Links by which somebody becomes a member."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from hallway.actions import invitations, messages, people
from hallway.errors import EmailTaken, InvalidParameters, InvitationNotFound, NameTaken, NotAllowed
from hallway.events import log
from hallway.models import Author, Invitation
from tests.people import make_member, make_owner, new_account


@pytest.fixture
def ada(hallway):
    return make_owner("Ada")


@pytest.fixture
def token(ada):
    return invitations.token_of(invitations.invite(ada, days=7, uses=1))


def test_an_invitation_makes_a_member_once(token):
    assert invitations.accept(token, new_account("Bob")).role == Author.Role.MEMBER
    with pytest.raises(InvitationNotFound):
        invitations.accept(token, new_account("Cleo"))
    assert User.objects.count() == 2


def test_a_guest_stays_the_same_author(token, joe, kitchen, hallway):
    message, _ = messages.post_message(joe, kitchen, source="before")
    member = invitations.accept(token, new_account("Joe"), guest=joe)
    assert (member.pk, member.kind) == (joe.pk, "member")
    message.refresh_from_db()
    assert message.author_id == member.pk
    assert set(member.memberships.values_list("room__slug", flat=True)) == {"hallway", "kitchen"}


def test_the_others_are_told_that_a_guest_is_a_member_now(token, joe):
    position = log.span().newest
    invitations.accept(token, new_account("Joseph"), guest=joe)
    told = log.read_after(position, limit=9)
    assert [entry.kind for entry in told] == ["author.renamed", "access.changed"]
    assert '"kind":"member"' in told[0].payload


def test_what_goes_wrong_uses_nothing_up(token, joe):
    with pytest.raises(NameTaken):
        invitations.accept(token, new_account("Joe"))
    make_member("Bob")
    with pytest.raises(EmailTaken):
        invitations.accept(token, new_account("bob"))
    assert Invitation.objects.get().uses == 0


def test_an_expired_invitation_lets_nobody_in(token):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvitationNotFound):
        invitations.accept(token, new_account("Bob"))


def test_a_revoked_invitation_lets_nobody_in(token, ada):
    invitations.revoke(ada, Invitation.objects.get().pk)
    with pytest.raises(InvitationNotFound):
        invitations.accept(token, new_account("Bob"))
    with pytest.raises(InvitationNotFound):
        invitations.revoke(ada, Invitation.objects.get().pk)


@pytest.mark.parametrize("forged", ["", "1", "1-1:x", "é", "{}x", "x{}"])
def test_a_forged_link_lets_nobody_in(token, forged):
    with pytest.raises(InvitationNotFound):
        invitations.invitation_at(forged.format(token))


def test_an_old_link_is_none_for_another_invitation_of_that_number(token):
    Invitation.objects.update(created_at=timezone.now() + timedelta(days=1))
    with pytest.raises(InvitationNotFound):
        invitations.invitation_at(token)


def test_who_may_invite(ada, joe):
    bob = make_member("Bob")
    for nobody in (joe, bob):
        with pytest.raises(NotAllowed):
            invitations.invite(nobody)
        with pytest.raises(NotAllowed):
            invitations.revoke(nobody, 1)
    assert invitations.invite(people.give_role(ada, bob, "admin")).made_by == bob
    assert invitations.invite(None).made_by is None


@pytest.mark.parametrize("numbers", [{"days": 0}, {"days": 91}, {"uses": 0}, {"uses": 1001}])
def test_an_invitation_has_an_end(ada, numbers):
    with pytest.raises(InvalidParameters):
        invitations.invite(ada, **numbers)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_use_the_last_place_exactly_one_comes_in(token):
    news = [new_account(f"Guest {number}") for number in range(20)]
    start = threading.Barrier(20)

    def attempt(new):
        start.wait()
        try:
            invitations.accept(token, new)
        except InvitationNotFound:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(attempt, news)) == 1
    assert User.objects.count() == 2
