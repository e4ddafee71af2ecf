"""Sessions of accounts end after some time without a request, and after some more in any case."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from hallway.actions import sign_ins
from hallway.identity import SIGNED_IN_KEY
from hallway.models import SignIn
from tests.people import make_member

BOB = {"email": "bob@example.org", "password": "correct horse"}
SOON = timedelta(minutes=1)


@pytest.fixture
def bobs(hallway, static_files):
    make_member("Bob")
    client = Client()
    assert client.post("/sign-in/", BOB).status_code == 302
    return client


def end():
    return Session.objects.get().expire_date


def days_left():
    return round((end() - timezone.now()) / timedelta(days=1))


def move(**days):
    """As if so much time had gone by since the last request."""
    Session.objects.update(expire_date=end() - timedelta(**days))


def signed_in_before(client, **days):
    """As if they had signed in so long ago."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(client.cookies["sessionid"].value)
    store[SIGNED_IN_KEY] -= int(timedelta(**days).total_seconds())
    store.save()


def test_who_comes_back_in_time_stays_signed_in(bobs):
    for _ in range(3):
        assert days_left() == 30
        move(days=29)
        assert bobs.get("/api/me").status_code == 200


def test_who_was_away_too_long_signs_in_again(bobs):
    move(days=30)
    assert bobs.get("/api/me").status_code == 401


def test_nobody_stays_signed_in_for_ever(bobs):
    signed_in_before(bobs, days=170)
    assert days_left() == 10
    move(days=5)
    assert bobs.get("/api/me").status_code == 200
    assert days_left() == 10
    signed_in_before(bobs, days=10)
    assert bobs.get("/api/me").status_code == 401


def test_a_request_moves_the_end_once_a_day_and_no_more(bobs, count_queries):
    before = end()
    bobs.get("/api/me")
    assert end() == before
    quiet = count_queries(lambda: bobs.get("/api/me"))
    move(days=2)
    assert count_queries(lambda: bobs.get("/api/me")) > quiet
    assert count_queries(lambda: bobs.get("/api/me")) == quiet


def test_who_signs_in_once_more_begins_anew(bobs):
    signed_in_before(bobs, days=175)
    assert bobs.post("/sign-in/", BOB).status_code == 302
    bobs.cookies.clear()
    assert bobs.post("/sign-in/", BOB).status_code == 302
    assert max(Session.objects.values_list("expire_date", flat=True)) > timezone.now() + timedelta(
        days=29
    )


def test_the_session_of_a_guest_lasts(hallway, client, static_files):
    client.post("/lobby/", {"username": "Zoe"})
    assert days_left() == 365
    move(days=364)
    assert client.get("/api/me").status_code == 200
    assert days_left() == 1


def test_a_session_that_ran_out_is_listed_no_more(bobs):
    sign_ins.forget_expired()
    assert SignIn.objects.count() == 1
    move(days=30)
    sign_ins.forget_expired()
    assert not SignIn.objects.exists()
