"""Streams end with the session they belong to, within a moment, and only with that one."""

import itertools
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server import serve
from tests.wire import until

RIGHT = {"email": "ada@example.org", "password": "correct horse"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server with an owner, made while it runs."""
    with serve(tmp_path_factory.mktemp("people"), HALLWAY_POST_RATE="0") as server:
        assert hallway(server, "owner", "--name", "Ada", "--email", RIGHT["email"]) == 0
        yield server


def hallway(server, command: str, *arguments: str, password: str = RIGHT["password"]) -> int:
    return subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", command, *arguments, "--password-stdin"],
        env=server.environment,
        input=password + "\n",
        text=True,
        capture_output=True,
        check=False,
        timeout=50,
    ).returncode


def ada(server):
    person = server.person()
    person.sign_in(RIGHT["email"], RIGHT["password"])
    return person


def test_signing_out_ends_the_streams_of_that_session_only(house):
    here, there = ada(house), ada(house)
    streams = [here.hear(), here.hear()]
    other = there.hear()
    assert here.send("POST", "/sign-out/").status_code == 302
    for stream in streams:
        stream.wait_for_end(seconds=2)
        assert stream.kinds()[-1] == "session.ended"
    assert here.http.get("/api/me").status_code == 401
    there.say("still here")
    other.wait_for("still here")
    assert "session.ended" not in other.kinds()


def test_nothing_said_after_a_sign_out_reaches_that_session(house):
    """Twenty times, while somebody talks without a pause."""
    talker = house.person("Talker")
    leavers = [ada(house) for _ in range(20)]
    streams = [leaver.hear() for leaver in leavers]
    stop = threading.Event()
    said = itertools.count()

    def talk():
        while not stop.is_set():
            talker.say(f"word {next(said)}")

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        for leaver, stream in zip(leavers, streams, strict=True):
            assert leaver.send("POST", "/sign-out/").status_code == 302
            after = next(said) + 1  # the one before it may be on its way already
            stream.wait_for_end(seconds=5)
            heard = [int(text.split()[1]) for text in stream.contents() if text.startswith("word")]
            assert all(number < after for number in heard), (heard, after)
    finally:
        stop.set()
        thread.join()


def test_the_cookie_of_a_session_that_ended_opens_nothing(house):
    here = ada(house)
    cookie = here.cookie
    here.send("POST", "/sign-out/")
    stranger = house.person()
    assert stranger.http.get("/api/me", headers={"Cookie": cookie}).status_code == 401
    assert stranger.listen(Cookie=cookie).status == 401


def test_a_guest_who_signs_in_hears_nothing_on_the_old_stream(house):
    guest = house.person("Zoe of sessions")
    stream = guest.hear()
    guest.sign_in(RIGHT["email"], RIGHT["password"])
    stream.wait_for_end(seconds=2)
    assert stream.kinds()[-1] == "session.ended"


def test_there_is_one_owner_from_the_command_line(house):
    assert hallway(house, "owner", "--name", "Eve", "--email", "eve@example.org") == 1
    assert hallway(house, "owner", "--name", "Eve", "--email", "no", "--another") == 1
    assert hallway(house, "owner", "--name", "E", "--email", "e@example.org", password="short") == 1


def test_the_server_says_where_to_become_the_owner_and_one_of_twenty_does(start):
    server = start()
    until(lambda: "/first-run/" in server.log, seconds=5, what="the link")
    link = server.log.split("once, at ")[1].split()[0]
    people = [server.person() for _ in range(20)]
    for person in people:
        assert person.http.get(link).status_code == 200

    def attempt(number: int) -> int:
        new = RIGHT | {"name": f"O {number}", "email": f"o{number}@example.org"}
        return int(people[number].send("POST", link, data=new).status_code)

    with ThreadPoolExecutor(20) as threads:
        answers = sorted(threads.map(attempt, range(20)))
    assert answers[0] == 302
    assert set(answers[1:]) <= {404, 409}
    assert people[0].http.get(link).status_code == 404
    server.stop()
    assert "/first-run/" not in start().log.split("Hallway is at")[-1]


def test_another_password_and_an_end_from_elsewhere_silence_streams_within_two_seconds(house):
    here, there = ada(house), ada(house)
    stream = there.hear()
    sessions = here.http.get("/api/me/sessions").json()["sessions"]
    newest = next(session["id"] for session in sessions if not session["current"])
    assert here.send("DELETE", f"/api/me/sessions/{newest}").status_code == 204
    stream.wait_for_end(seconds=2)
    there = ada(house)
    stream = there.hear()
    words = {"current": RIGHT["password"], "password": RIGHT["password"] + " 2"}
    assert here.send("POST", "/account/password/", data=words).status_code == 302
    stream.wait_for_end(seconds=2)
    assert there.http.get("/api/me").status_code == 401
    words = {"current": words["password"], "password": words["current"]}
    assert here.send("POST", "/account/password/", data=words).status_code == 302


def test_whoever_is_switched_off_hears_nothing_more(house):
    guest, owner = house.person("Switched off"), ada(house)
    stream = guest.hear()
    number = guest.http.get("/api/me").json()["id"]
    assert owner.send("PATCH", f"/api/people/{number}", json={"active": False}).status_code == 200
    owner.say("after the end")
    stream.wait_for_end(seconds=2)
    assert stream.kinds()[-1] == "session.ended"
    assert "after the end" not in stream.contents()
    assert guest.http.get("/api/me").status_code == 401


def test_the_command_prints_an_invitation(house):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", "invite", "--uses", "1"],
        env=house.environment,
        text=True,
        capture_output=True,
        check=True,
        timeout=50,
    )
    path = done.stdout.strip().removeprefix("http://127.0.0.1:8000")
    guest = house.person("Becoming Bea")
    guest.http.get(path)
    new = {"name": "Bea", "email": "bea@example.org", "password": "correct horse"}
    assert guest.send("POST", path, data=new).status_code == 302
    assert guest.http.get("/api/me").json()["role"] == "member"
    assert house.person().http.get(path).status_code == 404
