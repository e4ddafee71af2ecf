"""The kinds of event, as they look from outside."""

from dataclasses import fields

from hallway.actions.messages import post_message
from hallway.api.stream import EVENTS
from hallway.events.kinds import KINDS
from hallway.events.shapes import iso, message_shape


def test_kinds_are_nouns_and_past_tenses():
    for kind in KINDS:
        noun, _, verb = kind.kind.partition(".")
        assert noun in {
            "message",
            "room",
            "member",
            "author",
            "session",
            "level",
            "access",
            "reaction",
            "reader",
            "report",
        }
        assert verb.endswith("ed") or verb in {"left", "read"}


def test_the_stream_lists_every_kind_once():
    assert len(EVENTS) == len(set(EVENTS))
    assert {kind.kind for kind in KINDS} < set(EVENTS)
    assert {"heartbeat", "reset"} < set(EVENTS)


def test_every_kind_tells_its_payload_as_plain_values(maya, hallway):
    message, _ = post_message(maya, hallway, source="hello")
    values = {"message": message, "room": hallway, "author": maya}
    values |= {"about": message, "emoji": "👍"}
    values |= {
        "people": [maya],
        "role": "member",
        "level": "nothing",
        "up_to": 1,
        "unread": 0,
        "mentions": 0,
        "number": 1,
    }
    for kind in KINDS:
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        made = kind(**{name: values[name] for name in names})
        assert isinstance(made.payload, dict)


def test_a_message_looks_the_same_everywhere(maya, hallway):
    message, _ = post_message(maya, hallway, source="**hello**", client_id="c1")
    assert message_shape(message) == {
        "id": message.pk,
        "room": "hallway",
        "author": {"id": maya.pk, "name": "maya", "kind": "member", "picture": ""},
        "content": "**hello**",
        "html": "<p><strong>hello</strong></p>",
        "emoji_only": False,
        "created_at": iso(message.created_at),
        "edited_at": None,
        "client_id": "c1",
        "version": 1,
        "reply_to": None,
        "reactions": [],
        "mentions": [],
        "pinned_at": None,
    }
