"""Starting, stopping, and what is there after that."""

import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import count

import httpx2
import pytest

from tests.server import Person, Server, processor_seconds


class Talkers:
    """People who post without pause until the server is gone."""

    def __init__(self, people):
        self.acknowledged: dict[str, int] = {}
        self.unanswered: list[tuple[Person, str]] = []
        self.is_well_under_way = threading.Event()
        self._numbers = count()
        self._threads = [threading.Thread(target=self._talk, args=[person]) for person in people]
        for thread in self._threads:
            thread.start()

    def join(self):
        for thread in self._threads:
            thread.join(20)

    def _talk(self, person):
        while self._said(person, f"{person.name} {next(self._numbers)}"):
            if len(self.acknowledged) > 40:
                self.is_well_under_way.set()

    def _said(self, person, text):
        try:
            answer = person.post(text, client_id=text.replace(" ", "-"))
        except httpx2.TransportError:
            answer = None
        if answer is not None and answer.status_code == 201:
            self.acknowledged[text] = answer.json()["id"]
            return True
        assert answer is None or answer.status_code == 503
        self.unanswered.append((person, text))
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_stopping_ends_streams_finishes_posts_and_loses_nothing(start, number):
    server = start(HALLWAY_POST_RATE="0")
    people = [server.person(f"Poster {turn}") for turn in range(4)]
    listeners = [person.hear() for person in people for _ in range(5)]
    talkers = Talkers(people)
    assert talkers.is_well_under_way.wait(20)
    began = time.monotonic()
    server.signal(number)
    assert server.wait() == 0
    assert time.monotonic() - began < 5
    talkers.join()
    for listener in listeners:
        check_its_end(listener)
    retries = {listener.answer.reader.retries[-1] for listener in listeners}
    assert len(retries) > 10, "everybody would come back at the same moment"

    # A second start finds everything, and what got no answer can be sent again.
    again = start(HALLWAY_POST_RATE="0")
    for person, text in talkers.unanswered:
        person.http.base_url = again.url
        for _ in range(2):
            answer = person.post(text, client_id=text.replace(" ", "-"))
            assert answer.status_code in (200, 201)
    stored = {message["content"]: message["id"] for message in everything(again.person("Reader"))}
    assert set(stored) == set(talkers.acknowledged) | {text for _, text in talkers.unanswered}
    assert stored.items() >= talkers.acknowledged.items()


def check_its_end(listener):
    listener.wait_for_end()
    assert listener.answer.is_complete, "the stream was cut, not ended"
    assert listener.answer.reader.is_between_frames
    assert len(listener.answer.reader.retries) == 2


def everything(person):
    """Every message of the default room, each once."""
    messages = person.history(before=2)
    while page := person.history(after=messages[-1]["id"] if messages else 1, limit=100):
        messages += page
    texts = [message["content"] for message in messages]
    assert len(texts) == len(set(texts))
    return messages


def test_who_comes_back_after_a_restart_misses_nothing(start):
    server = start(HALLWAY_POST_RATE="0")
    maya, joe = server.person("Maya"), server.person("Joe")
    heard = joe.hear()
    maya.say("before")
    heard.wait_for("before")
    cursor = heard.frames[-1].cursor
    maya.say("told last")
    heard.wait_for("told last")
    server.stop()
    second = start(HALLWAY_POST_RATE="0")
    for person in (maya, joe):
        person.server = second
        person.http = httpx2.Client(
            base_url=second.url, cookies=person.http.cookies, verify=False, timeout=15
        )
    maya.say("after")
    with joe.hear(last_event_id=cursor) as again:
        again.wait_for("after")
        assert again.contents() == ["told last", "after"]
        assert "reset" not in again.kinds()
    for person in (maya, joe):
        person.http.close()


def test_a_second_start_is_quick(start):
    """Ready in under 2 s where nothing else runs. Counted is its own work, with room for a machine
    whose cores are shared."""
    start().stop()
    assert processor_seconds(start().pid) < 4


def test_after_a_kill_everything_acknowledged_is_there(start):
    server = start()
    joe = server.person("Joe")
    ids = [joe.say(f"{number}")["id"] for number in range(10)]
    server.kill()
    server.process.returncode = 0  # the fixture asks for a clean end; this one was not
    again = start()
    reader = again.person("Reader")
    assert [message["id"] for message in reader.history()] == ids


def serve_and_fail(folder, *arguments, **environment):
    """Start what cannot start; what it said."""
    server = Server(folder, {"PYTHONWARNINGS": ""} | environment)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", "serve", *arguments],
        env=server.environment,
        cwd=folder.parent if folder.parent.is_dir() else folder.parent.parent,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode not in (0, -9, -15)
    [sentence] = done.stderr.strip().splitlines()
    assert sentence.startswith("hallway: ")
    return sentence


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = serve_and_fail(tmp_path / "data", "--port", str(port))
    assert str(port) in sentence
    assert "taken" in sentence
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path):
    """Below a file no folder can be made, whoever one is."""
    (tmp_path / "file").write_text("")
    sentence = serve_and_fail(tmp_path / "file" / "data", "--port", "0")
    assert str(tmp_path / "file" / "data") in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HALLWAY_POST_RATE", "many"),
        ("HALLWAY_POST_RATE", "-1"),
        ("HALLWAY_GUESTS", "maybe"),
        ("HALLWAY_STREAMS", "0"),
        ("HALLWAY_MESSAGE_LIMIT", "1.5"),
        ("HALLWAY_ORIGIN", "chat.example.org"),
        ("HALLWAY_SECRET_KEY", "short"),
        ("HALLWAY_DEBUG", ""),
        ("DATABASE_URL", "nonsense://"),
    ],
)
def test_a_bad_setting_is_told_with_its_name(tmp_path, name, value):
    sentence = serve_and_fail(tmp_path / "data", "--port", "0", **{name: value})
    assert name in sentence


def test_the_secret_is_made_once_and_kept_from_others(start, tmp_path):
    folder = tmp_path / "fresh"
    server = start(HALLWAY_DATA=str(folder))
    secret = folder / "secret_key"
    before = secret.read_text()
    assert len(before) >= 50
    assert secret.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    joe = server.person("Joe")
    server.stop()
    again = start(HALLWAY_DATA=str(folder))
    assert secret.read_text() == before
    cookies = joe.http.cookies
    assert httpx2.get(f"{again.url}/api/me", cookies=cookies, verify=False).status_code == 200
