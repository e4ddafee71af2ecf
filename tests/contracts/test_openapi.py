"""The contract that programs read lists what there is."""

import json

import pytest
from django.test import Client

from hallway.api.stream import EVENTS
from hallway.errors import HallwayError

pytestmark = pytest.mark.usefixtures("first_rows", "static_files")


@pytest.fixture
def contract():
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_it_lists_every_call(contract):
    calls = {
        f"{method.upper()} {path}"
        for path, methods in contract["paths"].items()
        for method in methods
    }
    assert calls == {
        "GET /api/me",
        "PATCH /api/me",
        "POST /api/me/picture",
        "DELETE /api/me/picture",
        "GET /api/people",
        "GET /api/people/{author_id}",
        "PATCH /api/people/{author_id}",
        "GET /api/invitations",
        "POST /api/invitations",
        "DELETE /api/invitations/{invitation_id}",
        "GET /api/me/sessions",
        "DELETE /api/me/sessions",
        "DELETE /api/me/sessions/{session_id}",
        "GET /api/rooms",
        "POST /api/rooms",
        "POST /api/direct",
        "PATCH /api/rooms/{slug}",
        "DELETE /api/rooms/{slug}",
        "PUT /api/rooms/{slug}/membership",
        "PATCH /api/rooms/{slug}/membership",
        "DELETE /api/rooms/{slug}/membership",
        "GET /api/rooms/{slug}/members",
        "PUT /api/rooms/{slug}/members/{author_id}",
        "PATCH /api/rooms/{slug}/members/{author_id}",
        "DELETE /api/rooms/{slug}/members/{author_id}",
        "PUT /api/rooms/{slug}/read",
        "PUT /api/rooms/{slug}/unread",
        "GET /api/rooms/{slug}/messages",
        "POST /api/rooms/{slug}/messages",
        "GET /api/messages/{message_id}",
        "GET /api/messages/{message_id}/revisions",
        "GET /api/messages/{message_id}/reactions",
        "PUT /api/messages/{message_id}/reactions/{emoji}",
        "DELETE /api/messages/{message_id}/reactions/{emoji}",
        "PUT /api/messages/{message_id}/pin",
        "DELETE /api/messages/{message_id}/pin",
        "POST /api/messages/{message_id}/reports",
        "GET /api/reports",
        "DELETE /api/reports/{message_id}",
        "DELETE /api/reports/{message_id}/message",
        "GET /api/bans",
        "PUT /api/people/{author_id}/ban",
        "DELETE /api/people/{author_id}/ban",
        "DELETE /api/people/{author_id}/messages",
        "GET /api/acts",
        "GET /api/rooms/{slug}/pins",
        "GET /api/rooms/{slug}/people",
        "GET /api/rooms/{slug}/readers",
        "PATCH /api/messages/{message_id}",
        "DELETE /api/messages/{message_id}",
        "GET /api/search",
        "POST /api/rooms/{slug}/typing",
        "GET /api/stream",
    }


def test_every_call_says_what_it_does_and_what_it_answers(contract):
    for path, methods in contract["paths"].items():
        for method, call in methods.items():
            assert call["summary"], (method, path)
            assert call["description"], (method, path)
            assert any(status.startswith("2") for status in map(str, call["responses"]))
            assert any(status.startswith("4") for status in map(str, call["responses"]))


def test_the_stream_names_every_kind_of_event(contract):
    description = contract["paths"]["/api/stream"]["get"]["description"]
    for kind in EVENTS:
        assert f"`{kind}`" in description


def test_what_it_refers_to_is_there(contract):
    text = json.dumps(contract)
    for name in contract["components"]["schemas"]:
        text = text.replace(f'"#/components/schemas/{name}"', "")
    assert "#/components/schemas/" not in text


def test_it_is_readable_too(contract):
    page = Client().get("/api/docs")
    assert page.status_code == 200
    for path in contract["paths"]:
        assert path in page.content.decode()


def test_every_error_has_a_code_of_its_own_and_a_title():
    def all_errors(kind):
        for error in kind.__subclasses__():
            yield error
            yield from all_errors(error)

    ours = [kind for kind in all_errors(HallwayError) if kind.__module__ == "hallway.errors"]
    codes: dict[str, type[HallwayError]] = {}
    for kind in ours:
        assert str(kind.title)
        assert 400 <= kind.status <= 599
        if "code" in vars(kind):
            assert kind.code not in codes, (kind, codes[kind.code])
            codes[kind.code] = kind
