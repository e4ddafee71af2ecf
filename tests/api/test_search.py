"""Search, over HTTP."""

import pytest

from hallway import limits
from hallway.actions.messages import post_message
from hallway.limits import SEARCHES


@pytest.fixture(autouse=True)
def nothing_searched_yet(monkeypatch):
    monkeypatch.setattr(limits, "_searching", limits.Limiter())


def test_messages_come_with_an_excerpt(joes, joe, hallway):
    message, _ = post_message(joe, hallway, source="a **needle** here")
    answer = joes.get("/api/search", {"q": "needle"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    [hit] = answer.json()["messages"]
    assert (hit["id"], hit["room"], hit["author"]["name"]) == (message.pk, "hallway", "Joe")
    assert hit["excerpt"] == [
        {"text": "a ", "is_match": False},
        {"text": "needle", "is_match": True},
        {"text": " here", "is_match": False},
    ]
    assert answer.json()["has_more"] is False


def test_an_outsider_gets_the_same_as_if_there_were_nothing(zoes, joe, kitchen):
    before = zoes.get("/api/search", {"q": "recipe"})
    post_message(joe, kitchen, source="the recipe")
    after = zoes.get("/api/search", {"q": "recipe"})
    assert before.json() == after.json() == {"messages": [], "has_more": False}


def test_a_forbidden_room_looks_like_an_unknown_one(zoes, kitchen, is_problem):
    forbidden = zoes.get("/api/search", {"q": "tea", "room": "kitchen"})
    unknown = zoes.get("/api/search", {"q": "tea", "room": "nowhere"})
    is_problem(forbidden, 404, "room-not-found")
    assert forbidden.content == unknown.content


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid-parameters"),
        ({"q": ""}, "invalid-search"),
        ({"q": "***"}, "invalid-search"),
        ({"q": "x" * 301}, "invalid-search"),
        ({"q": "before:soon"}, "invalid-search"),
        ({"q": "a", "limit": 0}, "invalid-parameters"),
        ({"q": "a", "before": "x"}, "invalid-parameters"),
        ({"q": "a", "author": 2**63}, "invalid-parameters"),
        ({"q": "a", "zone": "../etc/passwd"}, "invalid-parameters"),
        ({"q": "a", "zone": "\x00"}, "invalid-parameters"),
    ],
)
def test_a_wrong_question_is_refused(joes, query, code, is_problem):
    is_problem(joes.get("/api/search", query), 400, code)


def test_nobody_may_search_without_a_name(client, hallway, is_problem):
    is_problem(client.get("/api/search", {"q": "a"}), 401, "not-signed-in")


def test_searching_has_a_limit_of_its_own_for_everybody(joes, zoes, hallway, is_problem):
    for _ in range(SEARCHES):
        assert joes.get("/api/search", {"q": "a"}).status_code == 200
    refused = joes.get("/api/search", {"q": "a"})
    is_problem(refused, 429, "too-many-searches")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert zoes.get("/api/search", {"q": "a"}).status_code == 200
