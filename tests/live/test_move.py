"""`hallway move-to-postgres`, beside a server that runs."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests import postgres
from tests.server import Server
from tests.wire import until

pytestmark = pytest.mark.skipif(bool(postgres.WHY_NOT), reason=postgres.WHY_NOT)

# One of everything that a row can be.
ROWS = """
from datetime import timedelta
from django.utils import timezone
from hallway.actions import accounts, invitations, messages, moderation, reactions, rooms
from hallway.models import Author, Message, Room
from tests.people import make_private_room, make_staff
maya, joe = (Author.objects.get(name=name) for name in ("Maya", "Joe"))
host = accounts.enter_with_account(make_staff("Host"))
room = Room.objects.get(slug="hallway")
den = make_private_room("den", host, maya, joe)
first = Message.objects.get(content="hello there")
reply, _ = messages.post_message(joe, room, source="an **answer** to @Maya", client_id="r1",
                              reply_to=first.pk)
messages.post_message(joe, den, source="in private: Größe 😀 \\u4f60\\u597d", client_id="r2")
gone, _ = messages.post_message(joe, room, source="to be deleted", client_id="r3")
messages.delete_message(joe, gone)
messages.edit_message(maya, first, source="hello *there*")
reactions.add_reaction(maya, reply, "👍")
reactions.pin_message(host, first)
moderation.report_message(maya, reply, reason="rude")
invitations.invite(host)
"""


@pytest.fixture(scope="module")
def cluster() -> str:
    return postgres.start_cluster()


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    server = Server(tmp_path / "data", {"HALLWAY_POST_RATE": "0"}).start()
    yield server
    server.stop(is_ours=False)  # Django tells its log of every 503


@pytest.fixture
def moved(server, tmp_path, cluster) -> Iterator[Server]:
    """A server on the same data folder and PostgreSQL, not yet started."""
    environment = {"DATABASE_URL": postgres.fresh_database(cluster), "HALLWAY_POST_RATE": "0"}
    other = Server(tmp_path / "data", environment)
    yield other
    if hasattr(other, "process"):
        other.stop()


def hallway(server: Server, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", *words],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in found]


def test_everything_moves_and_goes_on_there_and_sqlite_takes_no_more(server, moved):
    maya, joe = server.members("Maya", "Joe")
    guest = server.person("Gus")
    maya.say("hello there")
    guest.say("from a guest")
    server.shell(ROWS)
    (server.folder / "uploads").mkdir(exist_ok=True)
    (server.folder / "uploads" / "kept").write_text("as it is")
    heard = maya.hear()
    cursor = heard.heartbeat().cursor
    before = maya.history(), joe.history("den")
    done = hallway(server, "move-to-postgres", moved.environment["DATABASE_URL"])
    assert done.returncode == 0, done.stderr
    assert "hallway_message" in done.stdout
    assert "DATABASE_URL" in done.stdout
    # Whoever posts to the old server is told to wait, and nothing is stored there.
    refused = maya.post("too late", client_id="late")
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert "Retry-After" in refused.headers
    server.stop(is_ours=False)
    moved.start()
    maya, joe, guest = (with_session(moved, person) for person in (maya, joe, guest))
    assert (maya.history(), joe.history("den")) == before
    assert maya.post("too late", client_id="late").status_code == 201
    assert guest.say("goes on")["id"] > before[0][0]["id"]
    stream = maya.listen(f"/api/stream?since={cursor}")
    stream.wait(lambda one: [frame for frame in one.frames if frame.kind == "reset"])
    [found] = maya.http.get("/api/search", params={"q": "answer"}).json()["messages"]
    assert found["content"].startswith("an **answer**")
    assert (moved.folder / "uploads" / "kept").read_text() == "as it is"


def with_session(server: Server, person):
    again = server.person()
    again.http.cookies.update(person.http.cookies)
    return again


def test_what_has_moved_is_not_served_from_sqlite_but_may_stay_after_all(server, moved):
    url = moved.environment["DATABASE_URL"]
    maya = server.person("Maya")
    maya.say("one")
    assert hallway(server, "move-to-postgres", url).returncode == 0
    refused = hallway(server, "serve", "--port", "0")
    assert refused.returncode != 0
    assert "has moved to PostgreSQL" in refused.stderr
    assert "has moved already" in hallway(server, "move-to-postgres", url).stderr
    assert hallway(server, "move-to-postgres", "--stay").returncode == 0
    maya.say("two")


def test_a_database_with_anything_in_it_is_refused_and_nothing_changes(server, moved):
    url = moved.environment["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    done = hallway(server, "move-to-postgres", url)
    assert done.returncode != 0
    assert "not empty" in done.stderr
    assert tables(url) == ["mine"]
    server.person("Maya").say("as before")


def test_a_move_that_fails_half_way_leaves_nothing_there_and_everything_here(server, moved):
    url = moved.environment["DATABASE_URL"]
    maya = server.person("Maya")
    maya.say("one")
    # Nothing of ours writes this, and PostgreSQL does not take it.
    server.shell(
        "from hallway.models import Message\nMessage.objects.update(content='a' + chr(0) + 'b')"
    )
    done = hallway(server, "move-to-postgres", url)
    assert done.returncode != 0
    assert "nothing was moved" in done.stderr
    assert "Traceback" not in done.stderr
    assert tables(url) == []
    maya.say("two")


def test_a_move_that_is_killed_leaves_nothing_there_and_everything_here(server, moved):
    url = moved.environment["DATABASE_URL"]
    maya = server.person("Maya")
    with psycopg.connect(url, autocommit=True) as held:
        # It gets as far as its first table, and waits there.
        held.execute("BEGIN")
        held.execute("CREATE TABLE django_migrations (id int)")
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "hallway_server", "move-to-postgres", url],
            env=server.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as moving:  # fmt: skip

            def is_waiting() -> bool:
                asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                with psycopg.connect(url) as look:
                    return bool(look.execute(asked).fetchall())

            until(is_waiting, seconds=30, what="the move to have begun")
            os.killpg(moving.pid, 9)
        held.execute("ROLLBACK")
    assert tables(url) == []
    until(lambda: maya.post("on", client_id="on").status_code in (200, 201), what="a post")


def test_other_addresses_and_a_set_database_url_are_refused(server, moved):
    assert "none of PostgreSQL" in hallway(server, "move-to-postgres", "mysql://x/y").stderr
    url = moved.environment["DATABASE_URL"]
    assert "set already" in hallway(moved, "move-to-postgres", url).stderr
