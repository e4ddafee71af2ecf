"""Owners, roles, and switching somebody off."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from hallway.actions import (
    accounts,
    invitations,
    members,
    messages,
    people,
    rooms,
    sign_ins,
)
from hallway.actions.new_accounts import NewAccount
from hallway.errors import (
    AuthorNotFound,
    EmailTaken,
    HasAnOwner,
    InvalidEmail,
    InvalidName,
    InvalidRole,
    InvitationNotFound,
    LastOwner,
    NameTaken,
    NotAllowed,
    NotFound,
    NotSignedIn,
    WeakPassword,
)
from hallway.events import log
from hallway.models import Author, Membership, Room, SignIn
from tests.people import make_member, make_owner, new_account


@pytest.fixture
def ada(hallway):
    return make_owner("Ada")


@pytest.fixture
def bob(hallway):
    return make_member("Bob")


@pytest.fixture
def cleo(ada, hallway):
    return people.give_role(ada, make_member("Cleo"), "admin")


def last_kinds(position: int) -> list[str]:
    return [entry.kind for entry in log.read_after(position, limit=20)]


def test_the_first_owner_has_every_right(ada):
    assert ada.is_owner
    assert ada.is_admin
    assert ada.kind == "member"
    user = User.objects.get()
    assert (user.username, user.email, user.is_superuser) == ("ada@example.org",) * 2 + (True,)
    assert user.check_password("correct horse")


def test_there_is_one_first_owner(ada):
    with pytest.raises(HasAnOwner):
        people.make_first_owner(new_account("Eve"))
    assert User.objects.count() == 1
    assert people.make_another_owner(new_account("Eve")).is_owner


@pytest.mark.django_db(transaction=True)
def test_of_twenty_first_owners_at_once_exactly_one_wins(hallway):
    news = [new_account(f"Owner {number}") for number in range(20)]
    start = threading.Barrier(20)

    def attempt(new: NewAccount) -> bool:
        start.wait()
        try:
            people.make_first_owner(new)
        except HasAnOwner:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(attempt, news)) == 1
    assert User.objects.count() == Author.objects.count() == 1


def test_the_link_to_the_first_run_is_worth_nothing_once_there_is_an_owner(hallway):
    secret = people.first_run_secret()
    people.check_first_run(secret)
    with pytest.raises(NotFound):
        people.check_first_run("0" * 40)
    make_owner("Ada")
    with pytest.raises(NotFound):
        people.check_first_run(secret)


def test_a_guest_who_becomes_the_owner_is_the_same_author(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="before")
    owner = people.make_first_owner(new_account("Joe"), guest=joe)
    assert owner.pk == joe.pk
    message.refresh_from_db()
    assert message.author == owner
    assert owner.memberships.filter(room=hallway).count() == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": " "}, InvalidName),
        ({"email": "nobody"}, InvalidEmail),
        ({"email": "a" * 150 + "@example.org"}, InvalidEmail),
        ({"password": "seven77"}, WeakPassword),
        ({"password": "password"}, WeakPassword),
        ({"password": "football"}, WeakPassword),
        ({"password": "x" * 1001}, WeakPassword),
    ],
)
def test_what_cannot_be_an_account_is_told(hallway, fields, error):
    given = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}
    with pytest.raises(error) as refusal:
        NewAccount.check(**given | fields)
    assert str(refusal.value)


@pytest.mark.parametrize("password", ["eight 8!", "x1" * 32, "пароль длинный", "🐎🔋📎 correct"])
def test_passwords_of_every_kind_are_welcome(hallway, password):
    NewAccount.check(name="Ada", email="ada@example.org", password=password)


def test_an_address_has_one_account(ada, gil):
    with pytest.raises(EmailTaken):
        people.make_another_owner(
            NewAccount.check(name="Eve", email=" ADA@Example.org", password="correct horse")
        )
    with pytest.raises(NameTaken):
        people.make_another_owner(new_account("gil"))
    assert User.objects.count() == 1


def test_owners_give_every_role(ada, bob):
    for role in ("admin", "owner", "member"):
        position = log.span().newest
        assert people.give_role(ada, bob, role).role == role
        assert last_kinds(position) == ["author.renamed", "access.changed"]
        bob.refresh_from_db()
        assert bob.user is not None
        assert bob.user.is_superuser == bob.user.is_staff == (role == "owner")


def test_admins_give_roles_below_owner(cleo, bob, ada):
    assert people.give_role(cleo, bob, "admin").role == "admin"
    assert people.give_role(cleo, bob, "member").role == "member"
    for author, role in ((bob, "owner"), (ada, "member")):
        with pytest.raises(NotAllowed):
            people.give_role(cleo, author, role)


def test_members_and_guests_give_no_roles(bob, joe, cleo):
    for actor in (bob, joe):
        for author in (actor, cleo):
            with pytest.raises(NotAllowed):
                people.give_role(actor, author, "admin")


def test_nobody_is_made_a_bot(ada, bob):
    with pytest.raises(NotAllowed):
        people.give_role(ada, bob, "bot")


def test_a_guest_gets_no_role_without_an_account(ada, gil):
    with pytest.raises(NotAllowed):
        people.give_role(ada, gil, "member")


def test_an_unknown_role_is_refused(ada, bob):
    with pytest.raises(InvalidRole):
        people.give_role(ada, bob, "emperor")


def test_the_last_owner_stays_one(ada, bob):
    with pytest.raises(LastOwner):
        people.give_role(ada, ada, "member")
    people.give_role(ada, bob, "owner")
    people.give_role(ada, ada, "member")
    ada.refresh_from_db()
    with pytest.raises(NotAllowed):
        people.give_role(ada, bob, "member")


def test_an_owner_who_is_switched_off_is_no_owner_that_counts(ada, bob):
    people.give_role(ada, bob, "owner")
    people.deactivate(bob, ada)
    bob.refresh_from_db()
    with pytest.raises(LastOwner):
        people.give_role(bob, bob, "admin")


def test_switched_off_is_out_until_switched_on(ada, bob, hallway):
    sign_ins.note_sign_in(bob, "k" * 32, device="Firefox", address="192.0.2.1")
    position = log.span().newest
    people.deactivate(ada, bob)
    assert last_kinds(position) == ["session.ended"]
    assert not SignIn.objects.exists()
    bob.refresh_from_db()
    assert bob.user is not None
    assert not bob.user.is_active
    with pytest.raises(NotSignedIn):
        messages.post_message(bob, hallway, source="still here")
    with pytest.raises(NotSignedIn):
        accounts.rename(bob, "Robert")
    with pytest.raises(NotSignedIn):
        people.give_role(bob, bob, "admin")
    with pytest.raises(NameTaken):
        accounts.enter_as_guest("Bob")
    people.reactivate(ada, bob)
    messages.post_message(bob, hallway, source="back")


def test_guests_are_switched_off_as_well(ada, joe, hallway):
    people.deactivate(ada, joe)
    with pytest.raises(NotSignedIn):
        messages.post_message(joe, hallway, source="still here")


def test_who_may_switch_off_whom(ada, cleo, bob, joe):
    for actor, author in ((bob, joe), (joe, bob), (cleo, ada), (cleo, cleo), (ada, ada)):
        with pytest.raises(NotAllowed):
            people.deactivate(actor, author)
        with pytest.raises(NotAllowed):
            people.reactivate(actor, author)
    assert people.deactivate(cleo, bob).deactivated_at


def test_who_has_left_is_nobody_here(ada, joe):
    accounts.leave(joe)
    with pytest.raises(AuthorNotFound):
        people.deactivate(ada, joe)


def test_in_a_host_project_accounts_keep_their_flags(maya, ada, setting, hallway):
    """There staff runs the place, and the site's own admin gives that right."""
    setting(ACCOUNTS=False)
    assert maya.role == Author.Role.MEMBER
    assert maya.role_in_force == Author.Role.ADMIN
    people.give_role(ada, maya, "admin")
    people.deactivate(ada, maya)
    maya.refresh_from_db()
    assert maya.user is not None
    assert maya.user.is_superuser
    assert maya.user.is_active
    with pytest.raises(NotSignedIn):
        messages.post_message(maya, hallway, source="still here")


def test_who_is_switched_on_again_is_signed_in_nowhere(ada, bob):
    session = SessionStore()
    session["of"] = "bob"
    session.create()
    assert session.session_key
    sign_ins.note_sign_in(bob, session.session_key, device="a phone", address=None)
    people.deactivate(ada, bob)
    people.reactivate(ada, bob)
    assert not SessionStore().exists(session.session_key)


def test_the_links_of_who_may_not_invite_any_more_let_nobody_in(ada, cleo):
    for dismiss in (
        lambda: people.give_role(ada, cleo, "member"),
        lambda: people.deactivate(ada, cleo),
    ):
        token = invitations.token_of(invitations.invite(cleo, days=7, uses=5))
        dismiss()
        with pytest.raises(InvitationNotFound):
            invitations.accept(token, new_account("Dora"))
        if cleo.deactivated_at is None:
            people.give_role(ada, cleo, "admin")


def test_the_rooms_of_who_is_switched_off_are_handed_over(ada, bob):
    dora = make_member("Dora")
    room = rooms.create_room(bob, "Cellar", kind=Room.Kind.PRIVATE)
    members.add_member(bob, room, dora)
    people.deactivate(ada, bob)
    assert room.memberships.get(author=dora).role == Membership.Role.MANAGER
