"""Telling that one types, over HTTP."""

import pytest

from hallway import limits
from hallway.limits import TYPINGS
from hallway.live import bell


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(limits, "_typing", limits.Limiter())


@pytest.fixture
def sent(monkeypatch):
    signals: list[bell.Signal] = []
    monkeypatch.setattr(bell, "send", signals.append)
    return signals


def test_typing_is_told_and_nothing_is_written(browser_of, gil, hallway, sent, count_queries):
    gils = browser_of(gil)
    assert gils.post("/api/rooms/hallway/typing").status_code == 204
    [signal] = sent
    assert (signal.kind, signal.room_id, signal.author_id) == ("typing", hallway.pk, gil.pk)
    assert count_queries(lambda: gils.post("/api/rooms/hallway/typing")) <= 4


def test_an_outsider_learns_nothing_and_tells_nothing(zoes, kitchen, sent, is_problem):
    forbidden = zoes.post("/api/rooms/kitchen/typing")
    is_problem(forbidden, 404, "room-not-found")
    assert forbidden.content == zoes.post("/api/rooms/nowhere/typing").content
    assert sent == []


def test_nobody_types_without_a_name(client, hallway, is_problem):
    is_problem(client.post("/api/rooms/hallway/typing"), 401, "not-signed-in")


def test_it_is_told_so_often_at_most(joes, zoes, hallway, sent, is_problem):
    for _ in range(TYPINGS):
        assert joes.post("/api/rooms/hallway/typing").status_code == 204
    is_problem(joes.post("/api/rooms/hallway/typing"), 429, "too-many-signals")
    assert zoes.post("/api/rooms/hallway/typing").status_code == 204
