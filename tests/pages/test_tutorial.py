"""Posting as the tutorial's page does it."""

import pytest
from django.test import Client

from hallway.models import Message

pytestmark = pytest.mark.usefixtures("first_rows", "static_files")


def test_a_message_is_stored_in_the_default_room(browser_of, joe, hallway):
    answer = browser_of(joe).post("/create-message/", {"content": "hello"})
    assert answer.status_code == 201
    message = Message.objects.get()
    assert (message.room, message.author, message.content) == (hallway, joe, "hello")
    assert answer.json() == {"id": message.pk, "author__name": "Joe", "content": "hello"}


@pytest.mark.parametrize("fields", [{"content": ""}, {"content": " \n "}, {}])
def test_nothing_is_stored_of_nothing(browser_of, joe, fields):
    answer = browser_of(joe).post("/create-message/", fields)
    assert answer.status_code == 200
    assert isinstance(answer.json(), dict)
    assert not Message.objects.exists()


def test_without_a_name_it_is_refused():
    answer = Client().post("/create-message/", {"content": "hello"})
    assert answer.status_code == 403
    assert isinstance(answer.json(), dict)
    assert not Message.objects.exists()


def test_it_needs_the_csrf_token(browser_of, joe):
    client = browser_of(joe, enforce_csrf_checks=True)
    assert client.post("/create-message/", {"content": "hello"}).status_code == 403
    assert not Message.objects.exists()


def test_what_cannot_be_sent_is_told_in_json(browser_of, joe):
    client = browser_of(joe)
    for content, status in (("x" * 8001, 413), ("a\0b", 400)):
        answer = client.post("/create-message/", {"content": content})
        assert answer.status_code == status
        assert isinstance(answer.json(), dict)
    assert not Message.objects.exists()
