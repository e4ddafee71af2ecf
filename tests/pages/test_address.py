"""Another e-mail address for one's account: the password is asked again, and a letter proves it."""

import re
from datetime import timedelta
from time import time
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core import mail, signing
from django.test import Client

from hallway import limits
from hallway.pages import letters
from tests.people import make_member, make_owner

ADA = {"email": "ada@example.org", "password": "correct horse"}
WANTED = {"email": "Ada@Example.net", "current": "correct horse"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, static_files):
    monkeypatch.setattr(limits, "_attempts", limits.Limiter(seconds=180))
    monkeypatch.setattr(letters, "_begin", letters.send)


@pytest.fixture
def adas(hallway):
    make_owner("Ada")
    return signed_in()


def signed_in(**fields):
    client = Client()
    assert client.post("/sign-in/", ADA | fields).status_code == 302
    return client


def link_in(letter):
    found = re.search(r"http://testserver(/account/address/\S+)", str(letter.body))
    assert found
    return found[1]


def emails():
    return set(User.objects.values_list("username", "email"))


def test_the_link_in_a_letter_changes_the_address_once_and_the_old_one_is_told(adas):
    answer = adas.post("/account/address/", WANTED)
    assert answer.status_code == 200
    assert "ada@example.net" in answer.text
    [letter] = mail.outbox
    assert letter.to == ["ada@example.net"]
    assert emails() == {("ada@example.org", "ada@example.org")}
    link = link_in(letter)
    # Mail programs open links to look at them.
    assert Client().get(link).status_code == 200
    assert emails() == {("ada@example.org", "ada@example.org")}
    assert Client().post(link).status_code == 302
    assert emails() == {("ada@example.net", "ada@example.net")}
    assert mail.outbox[1].to == ["ada@example.org"]
    assert "ada@example.net" in str(mail.outbox[1].body)
    for send in (Client().get, Client().post):
        assert send(link).status_code == 404
    assert signed_in(email="ada@example.net")
    assert Client().post("/sign-in/", ADA).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status", "place"),
    [
        ({"current": "wrong"}, 403, "current"),
        ({"current": ""}, 400, "current"),
        ({"email": "nobody"}, 400, "email"),
        ({"email": "ADA@example.org"}, 400, "email"),
    ],
)
def test_without_the_password_and_another_address_there_is_no_letter(adas, fields, status, place):
    answer = adas.post("/account/address/", WANTED | fields)
    assert answer.status_code == status
    assert place in answer.context["address_form"].errors
    assert not mail.outbox


def test_the_password_is_not_guessed_here_for_ever(adas):
    for _ in range(10):
        adas.post("/account/address/", WANTED | {"current": "wrong"})
    answer = adas.post("/account/address/", WANTED)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


def test_who_asks_for_anothers_address_does_not_learn_that_it_is_one(adas):
    make_member("Bob")
    free = adas.post("/account/address/", WANTED | {"email": "cob@example.org"})
    taken = adas.post("/account/address/", WANTED | {"email": "bob@example.org"})
    assert taken.status_code == free.status_code
    assert [letter.to for letter in mail.outbox] == [["cob@example.org"], ["bob@example.org"]]
    # Only who reads Bob's letters could go on, and is told.
    assert Client().post(link_in(mail.outbox[1])).status_code == 409
    assert ("bob@example.org", "bob@example.org") in emails()
    assert ("ada@example.org", "ada@example.org") in emails()


def test_a_link_is_worth_nothing_after_an_hour_or_another_password(adas, monkeypatch):
    adas.post("/account/address/", WANTED)
    link = link_in(mail.outbox[0])
    after = time() + timedelta(hours=1, seconds=1).total_seconds()
    late = SimpleNamespace(time=lambda: after)
    with monkeypatch.context() as later:
        later.setattr(signing, "time", late)
        assert Client().post(link).status_code == 404
    adas.post("/account/password/", {"current": "correct horse", "password": "battery staple"})
    assert Client().post(link).status_code == 404
    assert Client().post("/account/address/forged/").status_code == 404
    assert emails() == {("ada@example.org", "ada@example.org")}


def test_an_account_made_with_djangos_commands_keeps_its_name(hallway, browser_of, maya):
    mayas = browser_of(maya)
    mayas.post("/account/address/", {"email": "m@example.net", "current": "correct horse"})
    assert Client().post(link_in(mail.outbox[0])).status_code == 302
    assert emails() == {("maya", "m@example.net")}


def test_guests_and_accounts_of_a_host_project_have_none_of_this(
    client, hallway, browser_of, maya, setting
):
    client.post("/lobby/", {"username": "Zoe"})
    assert client.post("/account/address/", WANTED).status_code == 404
    setting(ACCOUNTS=False)
    for send in (browser_of(maya).post, client.get):
        assert send("/account/address/").status_code == 404
        assert send("/account/address/x/").status_code == 404
