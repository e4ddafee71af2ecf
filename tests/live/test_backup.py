"""`hallway backup` and `hallway restore`, beside a server that runs (OPS-02, OPS-03, OPS-04)."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from itertools import count

import pytest


def hallway(server, *words, check=True):
    """Run the command on the server's data."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", *words],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def stored(database):
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute("SELECT content FROM hallway_message").fetchall()
    return {content for (content,) in rows}


@pytest.fixture
def server(start):
    return start(HALLWAY_POST_RATE="0")


@pytest.fixture
def chatter(server):
    """Somebody posts without a pause; gives what was acknowledged, and ends with the test."""
    maya = server.person("Chatterbox")
    said = []
    is_over = threading.Event()

    def talk():
        for number in count():
            if is_over.is_set():
                return
            maya.say(f"word {number}")
            said.append(f"word {number}")

    thread = threading.Thread(target=talk)
    thread.start()
    yield said
    is_over.set()
    thread.join()


def test_a_backup_under_load_holds_all_that_was_acknowledged_before_it(server, chatter, tmp_path):
    listener = server.person("Listener").hear()
    listener.wait_for("word 20")
    before = set(chatter)
    hallway(server, "backup", str(tmp_path / "copy"))
    assert before <= stored(tmp_path / "copy" / "hallway.sqlite3")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    later = len(chatter) + 20
    listener.wait_for(f"word {later}")


def test_after_a_restore_everybody_loads_afresh_and_nothing_new_is_hidden(server, tmp_path):
    maya, joe = server.person("Maya"), server.person("Joe")
    maya.say("before the backup")
    hallway(server, "backup", str(tmp_path / "copy"))
    for number in range(50):
        maya.say(f"of the lost history {number}")
    heard = joe.hear()
    cursor = heard.heartbeat().cursor
    hallway(server, "restore", "--yes", str(tmp_path / "copy"))
    heard.wait_for_end()
    again = joe.hear(last_event_id=cursor)
    assert [frame.data for frame in again.frames if frame.kind == "reset"] == [{"reason": "epoch"}]
    assert again.heartbeat().cursor.split("-")[0] != cursor.split("-")[0]
    maya.say("after the restore")
    again.wait_for("after the restore")
    texts = [message["content"] for message in joe.history()]
    assert texts == ["before the backup", "after the restore"]
    page = joe.http.get("/rooms/hallway/").text
    assert "after the restore" in page
    assert "of the lost history" not in page


def test_a_restore_without_a_server_removes_a_log_that_is_not_its_own(server, tmp_path):
    server.person("Maya").say("kept")
    hallway(server, "backup", str(tmp_path / "copy"))
    server.stop()
    data = server.folder
    (data / "hallway.sqlite3").unlink()
    (data / "hallway.sqlite3-wal").write_bytes(b"left by another database")
    hallway(server, "restore", "--yes", str(tmp_path / "copy"))
    assert stored(data / "hallway.sqlite3") == {"kept"}


def test_a_folder_that_is_no_whole_backup_is_refused_in_one_sentence(server, tmp_path):
    copy = tmp_path / "copy"
    hallway(server, "backup", str(copy))
    for spoil, reason in (
        (lambda: (copy / "hallway.sqlite3-wal").write_bytes(b"x"), "no part of a backup"),
        (lambda: (copy / "hallway.sqlite3").write_bytes(b"x"), "not as it was backed up"),
        ((copy / "manifest.json").unlink, "no backup"),
    ):
        spoil()
        refused = hallway(server, "restore", "--yes", str(copy), check=False)
        assert refused.returncode == 1
        assert reason in refused.stderr
        assert refused.stderr.count("\n") == 1
        (copy / "hallway.sqlite3-wal").unlink(missing_ok=True)


def test_a_backup_never_overwrites_a_folder(server, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    refused = hallway(server, "backup", str(tmp_path), check=False)
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"
