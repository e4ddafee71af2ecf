"""Two processes on one PostgreSQL: what happens at one is the same at the other."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import psycopg
import pytest

from hallway.limits import TYPINGS
from hallway_server.cli.steering import steer
from tests import postgres, redis
from tests.redis import Redis
from tests.server import HOUSE, PRODUCT, Server
from tests.wire import until

pytestmark = [
    pytest.mark.skipif(bool(postgres.WHY_NOT), reason=postgres.WHY_NOT),
    pytest.mark.skipif(bool(redis.WHY_NOT), reason=redis.WHY_NOT),
]
# Polling alone takes half of its half second as a rule; a bell takes a few milliseconds.
BY_BELL = 0.15
BY_POLLING = 2.0
IMPORTS = """
from hallway.actions import accounts, members, moderation, passwords, people, sign_ins
from hallway.models import Author, Room
from tests.people import make_private_room, make_staff
named = lambda name: Author.objects.get(name=name)
"""


@pytest.fixture(scope="module")
def cluster() -> str:
    return postgres.start_cluster()


@pytest.fixture(scope="module")
def carrier() -> Iterator[Redis]:
    server = Redis().start()
    yield server
    server.close()


@pytest.fixture(scope="module", params=["postgres", "redis"])
def pair(request, cluster, tmp_path_factory) -> Iterator[tuple[Server, Server]]:
    """Two processes; either carries the bell."""
    environment = {"DATABASE_URL": postgres.fresh_database(cluster), "HALLWAY_POST_RATE": "0"}
    if request.param == "redis":
        environment["REDIS_URL"] = request.getfixturevalue("carrier").url
    data = tmp_path_factory.mktemp("pair") / "data"
    first = Server(data, environment).start()
    second = Server(data, environment).start()
    yield first, second
    first.stop()
    second.stop()


def seconds_to_hear(teller, heard, text: str) -> float:
    teller.say(text)
    begin = time.monotonic()
    heard.wait_for(text)
    return time.monotonic() - begin


def test_what_is_said_at_one_is_heard_at_the_other(pair):
    first, second = pair
    maya, joe = first.person("Maya"), second.person("Joe")
    heard = joe.hear()
    # A busy machine may be late once.
    took = sorted(seconds_to_hear(maya, heard, f"hello {number}") for number in range(7))
    assert took[3] < BY_BELL, took
    with maya.hear() as back:
        joe.say("hello back")
        back.wait_for("hello back")


def test_who_types_and_who_is_here_is_told_at_the_other(pair):
    first, second = pair
    ann, bob = first.person("Ann"), second.person("Bob")
    anns = ann.hear()
    ann_id = ann.http.get("/api/me").json()["id"]
    bob_id = bob.http.get("/api/me").json()["id"]
    with bob.hear() as bobs:
        anns.wait(lambda heard: heard.presence().get(bob_id))
        bobs.wait(lambda heard: heard.presence().get(ann_id))
        assert bob.send("POST", "/api/rooms/hallway/typing").status_code == 204
        anns.wait(lambda heard: [frame for frame in heard.frames if frame.kind == "typing"])
    anns.wait(lambda heard: not heard.presence()[bob_id], seconds=15)


def test_who_is_removed_at_one_hears_nothing_more_at_the_other(pair):
    first, second = pair
    [cat], [dan] = first.members("Cat"), second.members("Dan")
    first.shell(
        f"{IMPORTS}host = accounts.enter_with_account(make_staff('Host'))\n"
        "make_private_room('den', host, named('Cat'), named('Dan'))"
    )
    heard = dan.hear()
    cat.say("to both", room="den")
    heard.wait_for("to both")
    # By a third process.
    remove = "members.remove_member(named('Host'), Room.objects.get(slug='den'), named('Dan'))"
    first.shell(IMPORTS + remove)
    cat.say("just us now", room="den")
    cat.say("to everybody")
    heard.wait_for("to everybody")
    assert "just us now" not in heard.contents()
    assert "member.left" in heard.kinds()
    assert dan.post("let me in", room="den").status_code == 404


def test_whatever_ends_sessions_at_one_ends_streams_at_the_other(pair):
    first, second = pair
    ends = {
        "Switched off": "people.deactivate(host, named('Switched off'))",
        "Banned": "moderation.ban(host, named('Banned'))",
        "Changed": "passwords.change_password("
        "named('Changed'), 'another horse battery', session_key=None)",
        "Everywhere": "sign_ins.end_all(named('Everywhere'))",
        "Deleted": "named('Deleted').user.delete()\nsign_ins.look_again(named('Deleted'))",
    }
    people = dict(zip(ends, second.members(*ends), strict=True))
    heard = {name: person.hear() for name, person in people.items()}
    first.shell(f"{IMPORTS}accounts.enter_with_account(make_staff('Landlord'))")
    # The account is known at the other process, too, by a name with a capital.
    second.person().sign_in("Landlord", "correct horse")
    first.shell(f"{IMPORTS}host = named('Landlord')\n" + "\n".join(ends.values()))
    began = time.monotonic()
    for listener in heard.values():
        listener.wait_for_end()
    assert time.monotonic() - began < BY_POLLING
    assert {person.http.get("/api/me").status_code for person in people.values()} <= {401, 403}


def test_what_is_counted_at_one_is_refused_at_the_other_where_there_is_a_redis(pair):
    first, second = pair
    there = first.person("Eager")
    here = second.person()
    here.http.cookies.update(there.http.cookies)
    statuses = {there.send("POST", "/api/rooms/hallway/typing").status_code for _ in range(TYPINGS)}
    assert statuses == {204}
    if "REDIS_URL" not in first.environment:
        assert here.send("POST", "/api/rooms/hallway/typing").status_code == 204
        return

    def is_refused() -> bool:
        answer = here.send("POST", "/api/rooms/hallway/typing")
        return answer.status_code == 429 and 1 <= int(answer.headers["Retry-After"]) <= 60

    until(is_refused, what="a refusal")


def test_a_bell_that_breaks_costs_a_moment_and_is_mended(pair, cluster, request, carrier):
    first, second = pair
    fay, gus = first.person("Fay"), second.person("Gus")
    heard = gus.hear()
    by_redis = "REDIS_URL" in first.environment
    if by_redis:
        carrier.kill()
    else:
        with psycopg.connect(first.environment["DATABASE_URL"], autocommit=True) as connection:
            listeners = "FROM pg_stat_activity WHERE application_name = 'hallway bell'"
            ended = connection.execute(f"SELECT pg_terminate_backend(pid) {listeners}").fetchall()
        assert len(ended) == 2
    assert seconds_to_hear(fay, heard, "without a bell") < BY_POLLING
    assert fay.send("POST", "/api/rooms/hallway/typing").status_code == 204
    if by_redis:
        carrier.start()

    def is_mended() -> bool:
        took = [seconds_to_hear(fay, heard, f"again {time.monotonic()}") for _ in range(5)]
        return sorted(took)[2] < BY_BELL

    until(is_mended, seconds=10, what="the bell to ring again")


@pytest.fixture
def workers(cluster, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(number: int, **environment: str) -> Server:
        environment.setdefault("DATABASE_URL", postgres.fresh_database(cluster))
        server = Server(
            tmp_path / "data", environment, arguments=[*PRODUCT, "--workers", str(number)]
        )
        running.append(server)
        return server.start()

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()


def children(server: Server) -> list[int]:
    return list(
        map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split())
    )


def test_workers_share_the_port_and_one_that_dies_is_replaced(workers):
    server = workers(2, HALLWAY_METRICS_TOKEN="a-token-of-this-test")
    before = children(server)
    assert len(before) == 2
    ivy = server.person("Ivy")
    ears = [server.person(f"Ear {number}").hear() for number in range(6)]
    ivy.say("to all of you")
    for ear in ears:
        ear.wait_for("to all of you")
    # Whichever is asked answers for all of them.
    asked = {"Authorization": "Bearer a-token-of-this-test"}

    def streams() -> bool:
        figures = httpx2.get(f"{server.url}/metrics", headers=asked, verify=False).text
        return "hallway_streams 6.0" in figures

    until(streams, what="the figures of both processes")
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(set(children(server)) - set(before)) == 1, what="another process")
    until(lambda: ivy.post("still here", client_id="c1").status_code in (200, 201), what="a post")
    assert "ended (-9); starting another" in server.log


def test_who_comes_after_one_has_died_is_answered_by_another(workers):
    server = workers(2)
    [victim, _] = children(server)
    os.kill(victim, signal.SIGKILL)
    until(lambda: "ended (-9); starting another" in server.log, what="the death noticed")
    # Half of these would wait for the next one, which needs longer than that to start.
    for _ in range(30):
        assert httpx2.get(f"{server.url}/up", timeout=1, verify=False).status_code == 200
    until(lambda: len(children(server)) == 2, what="another process")


def test_the_kernel_is_told_whose_socket_takes_connections():
    with ExitStack() as held:
        first, *_ = listeners = [held.enter_context(socket.socket()) for _ in range(3)]
        for one in listeners:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", 0 if one is first else first.getsockname()[1]))
            one.listen(200)
            one.setblocking(False)

        def taken() -> list[bool]:
            for _ in range(100):
                held.enter_context(socket.create_connection(first.getsockname()))
            counts = [0, 0, 0]
            for number, one in enumerate(listeners):
                with suppress(BlockingIOError):
                    while True:
                        one.accept()[0].close()
                        counts[number] += 1
            assert sum(counts) == 100
            return [count > 0 for count in counts]

        assert taken() == [True, True, True]
        for among in ([0, 2], [1], [0, 1, 2]):
            assert steer(listeners, among)
            assert taken() == [number in among for number in range(3)]
        assert not steer(listeners, [])


def test_workers_are_replaced_one_after_another_without_a_refusal(workers):
    server = workers(2)
    kim = server.person("Kim")
    before = set(children(server))
    server.signal(signal.SIGHUP)
    statuses = []

    def all_are_new() -> bool:
        statuses.append(httpx2.get(f"{server.url}/up", verify=False).status_code)
        now = set(children(server))
        return len(now) == 2 and not now & before

    until(all_are_new, seconds=30, what="two new processes")
    assert set(statuses) == {200}
    kim.say("as before")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 8


def test_a_worker_that_has_hardly_begun_stops_when_asked(workers):
    server = workers(2)
    before = children(server)
    os.kill(before[0], signal.SIGKILL)

    def has_taken_the_signal_over() -> bool:
        """Long before it serves."""
        for pid in set(children(server)) - set(before):
            with suppress(FileNotFoundError):
                status = Path(f"/proc/{pid}/status").read_text()
                [caught] = re.findall(r"^SigCgt:\t(\w+)", status, re.MULTILINE)
                return bool(int(caught, 16) & 1 << signal.SIGTERM - 1)
        return False

    until(has_taken_the_signal_over, what="a process that loads its application")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 8


def test_after_a_restore_the_guide_lets_every_page_load_afresh(workers, cluster):
    """What `psql` is told there, while nobody serves."""
    database = postgres.fresh_database(cluster)
    server = workers(2, DATABASE_URL=database)
    max_ = server.person("Max")
    max_.say("before the restore")
    cursor = max_.hear().heartbeat().cursor
    server.stop()
    guide = (HOUSE / "docs" / "guides" / "past-one-process.md").read_text()
    [statement] = re.findall(r'psql "\$DATABASE_URL" -c "(.*)"', guide)
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute(statement).rowcount == 1
    again = workers(2, DATABASE_URL=database).person("Joe").hear(last_event_id=cursor)
    assert [frame.data for frame in again.frames if frame.kind == "reset"] == [{"reason": "epoch"}]


def test_workers_on_sqlite_are_refused(workers):
    with pytest.raises(AssertionError, match="DATABASE_URL=postgres://"):
        workers(2, DATABASE_URL="")


def test_a_postgres_that_cannot_be_used_is_refused_in_one_line(workers, cluster):
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("CREATE DATABASE closed")
    there = cluster.rpartition("/")[0]
    reasons = {
        f"{there}/nowhere": 'database "nowhere" does not exist',
        f"{there}/latin": "its encoding is LATIN1 and has to be UTF8",
        "postgres://postgres@127.0.0.1:1/postgres": "Connection refused",
        there.replace("postgres@", "reader@") + "/closed": "permission denied",
    }
    for url, reason in reasons.items():
        began = time.monotonic()
        with pytest.raises(AssertionError, match=reason) as refused:
            workers(2, DATABASE_URL=url)
        assert time.monotonic() - began < 5
        [said] = str(refused.value).partition("\n")[2].strip().splitlines()
        assert said.startswith("hallway: cannot use the database")
