"""A host's consumers: every event, in order, at least once, and none that came before them."""

import pytest

from hallway import consumers
from hallway.actions import messages
from hallway.events import log

heard: list[str] = []


def hear(event):
    if event.kind == "message.posted":
        if event.payload["content"] == "poison" and "poison" not in heard:
            heard.append("poison")
            raise ZeroDivisionError
        heard.append(event.payload["content"])


@pytest.fixture(autouse=True)
def _quiet():
    heard.clear()


@pytest.fixture
def say(joe, hallway):
    return lambda content: messages.post_message(joe, hallway, source=content)


def test_it_begins_with_what_comes(say):
    say("before")
    consumers.consume("ear", hear)
    say("one")
    say("two")
    consumers.consume("ear", hear)
    consumers.consume("ear", hear)
    assert heard == ["one", "two"]


def test_two_have_a_position_each(say):
    consumers.consume("ear", hear)
    say("one")
    consumers.consume("ear", hear)
    consumers.consume("another", hear)
    say("two")
    consumers.consume("another", hear)
    assert heard == ["one", "two"]


def test_where_one_fails_it_goes_on_from_there(say):
    consumers.consume("ear", hear)
    for content in ("one", "poison", "two"):
        say(content)
    with pytest.raises(ZeroDivisionError):
        consumers.consume("ear", hear)
    assert heard == ["one", "poison"]
    consumers.consume("ear", hear)
    assert heard == ["one", "poison", "poison", "two"]


def test_in_a_restored_database_it_begins_anew(say):
    consumers.consume("ear", hear)
    say("one")
    log.renew_epoch()
    consumers.consume("ear", hear)
    say("two")
    consumers.consume("ear", hear)
    assert heard == ["two"]
