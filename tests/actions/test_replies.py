"""Replies, and the quotes that show what they reply to."""

import json

import pytest

from hallway.actions import messages
from hallway.errors import ReplyNotFound
from hallway.events import log
from hallway.events.shapes import message_shape
from hallway.live.memory import Memory
from hallway.models import Event, Message
from tests.snapshots import keeps_up


def say(author, room, text, **more):
    return messages.post_message(author, room, source=text, **more)[0]


def everything_told() -> str:
    return "".join(Event.objects.values_list("payload", flat=True))


def test_a_reply_shows_what_it_replies_to(joe, zoe, hallway):
    first = say(joe, hallway, "**Where** is it?\n\n- here?")
    reply = say(zoe, hallway, "there", reply_to=first.pk)
    assert message_shape(Message.objects.get(pk=reply.pk))["reply_to"] == {
        "id": first.pk,
        "author": {"id": joe.pk, "name": "Joe", "kind": "member", "picture": ""},
        "excerpt": "Where is it? here?",
        "deleted": False,
    }


def test_only_a_message_of_the_same_room_is_replied_to(joe, hallway, kitchen):
    elsewhere = say(joe, kitchen, "ours")
    for unknown in (elsewhere.pk, 10**6):
        with pytest.raises(ReplyNotFound):
            say(joe, hallway, "what?", reply_to=unknown)
    assert Message.objects.filter(room=hallway).count() == 0


def test_what_was_deleted_meanwhile_can_be_replied_to(joe, hallway):
    first = say(joe, hallway, "oops")
    messages.delete_message(joe, first)
    reply = say(joe, hallway, "never mind", reply_to=first.pk)
    quote = message_shape(reply)["reply_to"]
    assert quote == {"id": first.pk, "author": None, "excerpt": "", "deleted": True}


def test_an_edit_shows_in_the_quotes_of_it(joe, zoe, hallway):
    first = say(joe, hallway, "oldwords")
    with keeps_up(hallway):
        say(zoe, hallway, "yes", reply_to=first.pk)
    with keeps_up(hallway):
        messages.edit_message(joe, first, source="newwords")
    assert "oldwords" not in everything_told()
    assert everything_told().count("newwords") >= 2


def test_a_deleted_message_leaves_no_word_in_quotes_events_or_revisions(joe, zoe, hallway):
    first = say(joe, hallway, "firstwords")
    say(zoe, hallway, "yes", reply_to=first.pk)
    first = messages.edit_message(joe, first, source="secondwords")
    assert first.revisions.get().content == "firstwords"
    with keeps_up(hallway):
        messages.delete_message(joe, first)
    assert "firstwords" not in everything_told()
    assert "secondwords" not in everything_told()
    assert first.revisions.count() == 0


def test_a_hub_that_remembers_a_reply_forgets_what_it_quoted(joe, zoe, hallway):
    position = log.span().newest
    first = say(joe, hallway, "firstwords")
    say(zoe, hallway, 'a "reply_to":{"id":1, in the text', reply_to=first.pk)
    entries = log.read_after(position, limit=10)
    after = log.span().newest
    memory = Memory(events=100, size=10**6, since=position)
    for entry in entries:
        memory.add(entry)
    messages.edit_message(joe, first, source="secondwords")
    for entry in log.read_after(after, limit=10):
        memory.add(entry)
    told = [entry.payload for entry in memory.after(position, up_to=10**9)]
    assert "firstwords" not in "".join(told)
    assert json.loads(told[1])["reply_to"]["excerpt"] == "secondwords"
    after = log.span().newest
    messages.delete_message(joe, first)
    for entry in log.read_after(after, limit=10):
        memory.add(entry)
    told = [entry.payload for entry in memory.after(position, up_to=10**9)]
    assert "secondwords" not in "".join(told)
    assert json.loads(told[1])["reply_to"]["deleted"] is True
