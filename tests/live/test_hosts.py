"""The same chat and the tutorial's surface, whatever serves it."""

import shutil
import signal
import subprocess
import sys
from itertools import count

import pytest

from hallway.live.push import sends_inline
from tests.server import Server, free_port

_numbers = count(1)
UVICORN = ["uvicorn", "--host", "127.0.0.1", "--log-level", "warning", "--ws", "none"]
RUNSERVER = ["django", "runserver", "--noreload", "--nothreading", "--insecure"]
OURS, THEIRS = "hallway_server.settings", "tests.host.settings"
HOSTS = {
    "uvicorn, product": ([*UVICORN, "hallway_server.asgi:application"], OURS, OURS),
    "uvicorn, views": ([*UVICORN, "tests.host.asgi:application"], THEIRS, THEIRS),
    "uvicorn, fast path": ([*UVICORN, "tests.host.fast_asgi:application"], THEIRS, THEIRS),
    "daphne, product": (RUNSERVER, "tests.host.daphne", OURS),
    "daphne, views": (RUNSERVER, "tests.host.daphne_host", THEIRS),
}
TUTORIAL = "/stream-chat-messages/"


@pytest.fixture(scope="module")
def hosts_tables(tmp_path_factory):
    """A data folder of the host project, migrated as its people do it."""
    folder = tmp_path_factory.mktemp("prepared")
    subprocess.run(
        [sys.executable, "-P", "-m", "django", "migrate", "-v0"],
        env=Server(folder, {"DJANGO_SETTINGS_MODULE": THEIRS}).environment,
        check=True,
        timeout=60,
    )
    return folder


@pytest.fixture(scope="module", params=["the product", *HOSTS])
def host(request, product, tmp_path_factory):
    if request.param == "the product":
        yield product
        return
    arguments, settings, project = HOSTS[request.param]
    folder = tmp_path_factory.mktemp("host") / "data"
    if project == THEIRS:
        shutil.copytree(request.getfixturevalue("hosts_tables"), folder)
    port = free_port()
    arguments = [*arguments, *(["--port"] if "uvicorn" in arguments else []), str(port)]
    environment = {
        "DJANGO_SETTINGS_MODULE": settings,
        "HALLWAY_POST_RATE": "0",
        # Other people's packages have warnings of their own.
        "PYTHONWARNINGS": "default",
    }
    server = Server(folder, environment, arguments=arguments, port=port).start()
    yield server
    # uvicorn raises the signal again once it has stopped; under Daphne Django's own handler
    # complains about every reader who goes.
    server.stop(
        codes=(0, -signal.SIGTERM) if "uvicorn" in arguments else (0,),
        is_ours="daphne" not in settings,
    )


@pytest.fixture
def maya(host):
    return host.person(f"Maya of hosts {next(_numbers)}")


@pytest.fixture
def joe(host):
    return host.person(f"Joe of hosts {next(_numbers)}")


@pytest.fixture
def word():
    return f"hosts word {next(_numbers)}"


def tell(person, content):
    return person.send("POST", "/create-message/", data={"content": content})


def test_the_tutorials_page_chats(maya, joe, word):
    assert tell(maya, f"{word} before").status_code == 201
    heard = joe.listen(TUTORIAL)
    assert heard.status == 200
    heard.wait_for(f"{word} before")
    assert tell(maya, f"{word} after").status_code == 201
    heard.wait_for(f"{word} after")
    told = [frame for frame in heard.frames if word in frame.data["content"]]
    assert [frame.kind for frame in told] == ["", ""]
    assert all(set(frame.data) == {"id", "author__name", "content"} for frame in told)
    assert told[0].data["author__name"] == maya.name


def test_its_history_comes_once_and_oldest_first(maya, joe, word):
    for number in range(5):
        tell(maya, f"{word} {number}")
    with joe.listen(TUTORIAL) as heard:
        heard.wait_for(f"{word} 4")
        tell(maya, f"{word} 5")
        heard.wait_for(f"{word} 5")
        ids = [frame.data["id"] for frame in heard.frames]
        assert ids == sorted(set(ids))
        assert ids == [message["id"] for message in everything(joe)]
        ours = [text for text in heard.contents() if word in text]
        assert ours == [f"{word} {number}" for number in range(6)]


def everything(person):
    messages = person.history(before=2)
    while page := person.history(after=messages[-1]["id"] if messages else 1, limit=100):
        messages += page
    return messages


def test_its_head_comes_before_anybody_says_anything(joe):
    with joe.listen(TUTORIAL) as heard:
        assert heard.status == 200
        assert heard.answer.headers["content-type"] == "text/event-stream"
        assert heard.answer.headers["cache-control"] == "no-store"
        assert heard.answer.headers["x-accel-buffering"] == "no"
        assert heard.answer.headers.get("content-encoding", "identity") == "identity"


def test_blank_stores_nothing_and_strangers_are_refused(host, joe):
    before = everything(joe)
    assert tell(joe, "  ").status_code == 200
    stranger = host.person()
    stranger.http.get("/lobby/")
    assert tell(stranger, "hello").status_code == 403
    assert stranger.listen(TUTORIAL).status in (401, 403)
    assert everything(joe) == before


def test_a_blank_name_becomes_a_random_one(host):
    assert host.person("").name


def test_the_room_page_shows_what_was_said(maya, joe, word):
    maya.say(word)
    page = joe.http.get("/rooms/hallway/")
    assert page.status_code == 200
    assert word in page.text


def test_a_stream_is_live_and_resumes(maya, joe, word):
    with joe.hear(accept_encoding="gzip") as heard:
        cursor = heard.heartbeat().cursor
        maya.say(f"{word} 1")
        heard.wait_for(f"{word} 1")
    maya.say(f"{word} 2")
    with joe.hear(last_event_id=cursor) as again:
        again.wait_for(f"{word} 2")
        assert [text for text in again.contents() if word in text] == [f"{word} 1", f"{word} 2"]


def test_a_stream_is_refused_in_the_same_words(host, joe):
    stranger = host.person()
    assert stranger.listen().status == 401
    assert joe.listen(sec_fetch_site="cross-site").status == 403
    assert joe.listen("/api/stream?room=no-such-room").status == 404
    assert joe.send("POST", "/api/stream").status_code == 405
    assert joe.http.head("/api/stream").status_code == 200


def test_who_leaves_hears_no_more(maya, joe, word):
    heard = maya.hear()
    maya.send("POST", "/leave/")
    joe.say(word)
    heard.wait_for_end()
    assert heard.kinds()[-1] == "session.ended"
    assert word not in heard.contents()


def test_who_closes_the_window_is_forgotten(host, joe):
    """More windows than one author may have, one after another."""
    for _ in range(35):
        with joe.listen() as heard:
            assert heard.status == 200
            heard.heartbeat()


def test_a_send_that_belongs_to_no_module_is_awaited_as_usual():
    # Granian's is a method of an extension module.
    async def send(message):
        """Never called."""

    send.__module__ = None  # type: ignore[assignment]
    assert not sends_inline(send)
