"""What goes on beside the server."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from hallway.actions.messages import post_message
from hallway.models import Event
from hallway_server import checkpoint
from hallway_server.checkpoint import Checkpointer
from hallway_server.housekeeping import Housekeeper

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_connection_checkpoints_by_itself(hallway):
    pragmas = {
        name: connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint", "foreign_keys")
    }
    assert pragmas == {
        "journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0, "foreign_keys": 1,
    }  # fmt: skip


def test_the_checkpointer_moves_the_log_into_the_database(maya, hallway, monkeypatch, settings):
    database = connection.settings_dict["NAME"]
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", database)
    monkeypatch.setattr(checkpoint, "WORTH_IT", 0)
    monkeypatch.setattr(checkpoint, "LARGE", 0)
    post_message(maya, hallway, source="in the log")
    keeper = Checkpointer()
    assert keeper._log.stat().st_size > 0
    keeper.round()
    assert keeper._log.stat().st_size == 0
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT content FROM hallway_message").fetchall() == [("in the log",)]


def test_old_events_and_old_sessions_go_and_the_rest_stays(maya, hallway, browser_of):
    browser_of(maya)
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now())
    post_message(maya, hallway, source="long ago")
    Event.objects.update(created_at=timezone.now() - timedelta(days=30))
    post_message(maya, hallway, source="now")
    Housekeeper().round()
    assert [event.message_id is not None for event in Event.objects.all()] == [True]
    assert not Session.objects.filter(session_key="old").exists()
    assert Session.objects.count() == 1
