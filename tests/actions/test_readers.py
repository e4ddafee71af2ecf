"""Who has read up to where: told in small rooms that want it, by those who don't hide it."""

import json

import pytest

from hallway import access
from hallway.actions import members, profiles, reading, rooms
from hallway.actions.messages import post_message
from hallway.errors import NotAllowed
from hallway.models import Event
from hallway.queries.directory import readers_of


def told():
    events = Event.objects.filter(kind="reader.moved").order_by("id")
    return [(event.room_id, event.payload) for event in events]


@pytest.fixture
def said(joe, kitchen):
    return [post_message(joe, kitchen, source=f"{number}")[0] for number in range(3)]


@pytest.fixture
def shown(maya, kitchen):
    return rooms.change_room(maya, kitchen, shows_readers=True)


def test_where_nobody_asked_for_it_nothing_is_told(maya, kitchen, said):
    reading.mark_read(maya, kitchen, said[1].pk)
    assert readers_of(kitchen) == []
    assert told() == []


def test_how_far_each_has_read_is_told_to_the_room(maya, joe, shown, said):
    reading.mark_read(maya, shown, said[1].pk)
    assert readers_of(shown) == [(maya, said[1].pk)]
    reading.mark_unread(maya, shown, said[0].pk)
    [(room, first), (_, second)] = told()
    assert room == shown.pk
    assert f'"message":{said[1].pk}' in first
    assert f'"message":{said[0].pk - 1}' in second


def test_in_a_conversation_it_is_told_unasked(maya, joe):
    direct, _ = rooms.start_direct(joe, [maya])
    message, _ = post_message(joe, direct, source="hi")
    reading.mark_read(maya, direct, message.pk)
    assert readers_of(direct) == [(maya, message.pk)]


def test_whoever_hides_it_is_not_among_them_from_then_on(maya, shown, said):
    reading.mark_read(maya, shown, said[1].pk)
    author = profiles.hide_reading(maya, hides=True)
    assert readers_of(shown) == []
    assert '"message":0' in told()[-1][1]
    reading.mark_read(author, shown, said[2].pk)
    assert '"message":0' in told()[-1][1]
    profiles.hide_reading(author, hides=False)
    assert f'"message":{said[2].pk}' in told()[-1][1]


def test_who_only_visits_or_has_left_is_not_among_them(maya, joe, zoe, hallway):
    rooms.change_room(maya, hallway, shows_readers=True)
    message, _ = post_message(joe, hallway, source="hi")
    members.leave_room(zoe, hallway)
    reading.mark_read(zoe, hallway, message.pk)
    assert readers_of(hallway) == []
    assert told() == []


def test_in_a_large_room_nothing_is_told(maya, shown, said, monkeypatch):
    monkeypatch.setattr(access, "MOST_READERS", 1)
    reading.mark_read(maya, shown, said[1].pk)
    assert readers_of(shown) == []
    assert told() == []


def test_only_who_manages_the_room_switches_it_on(joe, kitchen):
    with pytest.raises(NotAllowed):
        rooms.change_room(joe, kitchen, shows_readers=True)


def test_what_is_held_and_told_is_what_one_would_be_given(maya, joe, zoe, shown, said):
    """As docs/protocol.md has it: ask once, follow the events, ask again when members change."""
    held: dict[int, int] = {}
    seen = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    asks = 0
    for step in (
        lambda: reading.mark_read(maya, shown, said[0].pk),
        lambda: reading.mark_read(joe, shown, said[2].pk),
        lambda: reading.mark_unread(joe, shown, said[1].pk),
        lambda: profiles.hide_reading(joe, hides=True),
        lambda: reading.mark_read(joe, shown, said[2].pk),
        lambda: profiles.hide_reading(joe, hides=False),
        lambda: members.add_member(maya, shown, zoe),
        lambda: reading.mark_read(zoe, shown, said[2].pk),
        lambda: members.remove_member(maya, shown, joe),
        lambda: rooms.change_room(maya, shown, shows_readers=False),
        lambda: reading.mark_unread(zoe, shown, said[1].pk),
        lambda: rooms.change_room(maya, shown, shows_readers=True),
    ):
        step()
        for event in Event.objects.filter(id__gt=seen, room_id=shown.pk).order_by("id"):
            seen, payload = event.id, json.loads(event.payload)
            if event.kind == "reader.moved":
                held[payload["author"]["id"]] = payload["message"]
            elif event.kind in ("member.joined", "member.left", "room.changed"):
                asks += 1
                held = given(shown)
        assert {author: upto for author, upto in held.items() if upto} == given(shown)
    assert asks == 4


def given(room):
    room.refresh_from_db()
    return {author.pk: up_to for author, up_to in readers_of(room)}
