"""What the operator finds in the log about who came in, who was refused, and who did what."""

import logging
import re

import pytest
from django.core import mail
from django.test import Client

from hallway import limits
from hallway.actions import moderation, people
from hallway.pages import letters
from tests.people import make_member, make_owner

BOB = {"email": "bob@example.org", "password": "correct horse"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, static_files, caplog):
    monkeypatch.setattr(limits, "_attempts", limits.Limiter(seconds=180))
    monkeypatch.setattr(letters, "_begin", letters.send)
    caplog.set_level(logging.INFO, logger="hallway.security")


@pytest.fixture
def bob(hallway):
    return make_member("Bob")


@pytest.fixture
def lines(caplog):
    """What was written since the last look."""

    def read():
        found = [one.getMessage() for one in caplog.records if one.name == "hallway.security"]
        caplog.clear()
        return found

    return read


def test_who_comes_in_and_goes_and_who_is_refused(bob, lines):
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.post("/sign-in/", BOB | {"password": "guess\r\nforged: author 1"})
    client.post("/sign-in/", {"email": "eve@example.org\x1b[31m", "password": "guess"})
    client.post("/sign-in/", BOB)
    client.post("/sign-out/")
    assert lines() == [
        "sign-in refused (wrong-credentials): nobody known from 203.0.113.9",
        "sign-in refused (wrong-credentials): nobody known from 203.0.113.9",
        f"signed in: author {bob.pk} from 203.0.113.9",
        f"signed out: author {bob.pk} from 203.0.113.9",
    ]


def test_too_many_attempts(bob, lines):
    for _ in range(11):
        Client().post("/sign-in/", BOB | {"password": "guess"})
    assert lines()[-1] == "sign-in refused (too-many-attempts): nobody known from 127.0.0.1"


def test_what_changes_how_one_comes_in(bob, lines):
    client = Client()
    client.post("/sign-in/", BOB)
    client.post("/account/password/", {"current": "wrong", "password": "battery staple"})
    client.post("/account/password/", {"current": "correct horse", "password": "battery staple"})
    client.post("/account/address/", {"email": "bob@example.net", "current": "battery staple"})
    link = re.search(r"http://testserver(/account/address/\S+)", str(mail.outbox[-1].body))
    assert link
    client.post(link[1])
    client.post("/account/sessions/")
    mine = f"author {bob.pk} from 127.0.0.1"
    assert lines() == [
        f"signed in: {mine}",
        f"password refused: {mine}",
        f"password changed: {mine}",
        "e-mail changed by a letter's link: nobody known from 127.0.0.1",
        f"signed out everywhere: {mine}",
    ]


def test_what_those_who_run_the_place_do(bob, lines, django_capture_on_commit_callbacks):
    ada = make_owner("Ada")
    with django_capture_on_commit_callbacks(execute=True):
        people.give_role(ada, bob, "admin")
        people.give_role(ada, bob, "member")
        moderation.ban(ada, bob)
    assert lines() == [
        f"role-given author {bob.pk} admin: by author {ada.pk}",
        f"role-given author {bob.pk} member: by author {ada.pk}",
        f"banned author {bob.pk}: by author {ada.pk}",
    ]
