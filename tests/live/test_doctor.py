"""`hallway doctor` through a real nginx: the one we ship, and broken ones, each named."""

import os
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest

from tests import postgres, redis
from tests.live.proxied import as_shipped, broken, collecting, nginx
from tests.redis import Redis
from tests.server import Server, free_port, serve

BROKEN = {
    "gzip": (
        "gzip on; gzip_types text/event-stream; gzip_proxied any; proxy_set_header Host $host;",
        "gzip_types",
    ),
    "cookies": ('proxy_set_header Cookie ""; proxy_set_header Host $host;', "cookie is lost"),
    "another name": ("proxy_set_header Host other.example;", "proxy_set_header Host $host"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("doctor") / "data").start()
    yield running
    running.stop()


def port_of(server):
    return urlsplit(server.url).port


def ask(server, url, *arguments, before=""):
    """Run it with the server's settings, after what comes `before`."""
    run = f"{before}\nfrom hallway_server.cli import main; main()"
    return server.clerk.run(run, "doctor", "--url", url, *arguments)


def ask_anew(server, url, *arguments, as_somebody=False, **environment):
    """Start it as people do, with other settings, too, or as somebody else."""
    return subprocess.run(
        [
            *(without_capabilities() if as_somebody else []),
            *(sys.executable, "-P", "-m", "hallway_server", "doctor", "--url", url, *arguments),
        ],
        env=server.environment | environment,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


def without_capabilities():
    """Root may write everywhere; without its capabilities it is a user as others."""
    if os.getuid() != 0:
        return []
    return ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]


def is_ill(told, *sentences):
    """It found this and nothing else, said what to do about each, and failed."""
    assert told.returncode == 1, told.stdout + told.stderr
    assert "Traceback" not in told.stderr
    lines = told.stdout.splitlines()
    ill = [number for number, line in enumerate(lines) if line.startswith("ILL ")]
    assert len(ill) == len(sentences), told.stdout
    for number, sentence in zip(ill, sentences, strict=True):
        assert sentence in lines[number], told.stdout
        assert lines[number + 1].startswith("     ")


def test_nothing_is_wrong_with_a_server_of_ones_own(server):
    told = ask_anew(server, server.url, "--quick")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "ILL" not in told.stdout
    for part in ("are free", "undamaged", "which is ready", "A stream begins", "is told after"):
        assert part in told.stdout
    # Whoever looked is gone again.
    count = "from hallway.models import Author; print(Author.objects.present().count())"
    assert server.shell(count) == "0"


@pytest.mark.parametrize("fault", BROKEN)
def test_what_a_proxy_does_wrong_is_named(server, tmp_path, fault):
    more, cure = BROKEN[fault]
    port = free_port()
    with nginx(tmp_path, broken(port, port_of(server), more), port):
        told = ask(server, f"http://127.0.0.1:{port}", "--quick")
    assert told.returncode == 1, told.stdout + told.stderr
    assert cure in told.stdout
    assert told.stdout.count("ILL") == 1


@pytest.mark.parametrize(
    ("holds_head", "sentence"),
    [(False, "it is held back on the way"), (True, "No stream begins")],
    ids=["bytes", "head"],
)
def test_a_proxy_that_buffers_is_named(server, holds_head, sentence):
    with collecting(port_of(server), holds_head=holds_head) as url:
        told = ask(server, url, "--quick")
    is_ill(told, sentence)
    assert "proxy_buffering off for /api/stream" in told.stdout


def test_a_proxy_that_gives_up_before_the_heartbeat_is_named(tmp_path):
    # So rare that none can come while the proxy has patience.
    server = beating(tmp_path, rare=1000).start()
    port = free_port()
    more = "proxy_read_timeout 1s; proxy_set_header Host $host;"
    try:
        with nginx(tmp_path, broken(port, port_of(server), more), port):
            told = ask(server, f"http://127.0.0.1:{port}")
    finally:
        server.stop()
    is_ill(told, "The stream was cut after")
    assert "proxy_read_timeout" in told.stdout


def test_a_heartbeat_that_does_not_come_is_named(tmp_path):
    server = beating(tmp_path, rare=1000, often=0.5).start()
    try:
        is_ill(ask_anew(server, server.url, DJANGO_SETTINGS_MODULE="often"), "No heartbeat came")
    finally:
        server.stop()


def beating(folder, environment=None, **seconds):
    """A server with this heartbeat, the first; a doctor may be told of another."""
    for name, number in seconds.items():
        settings = f'from tests.served import *\nHALLWAY["HEARTBEAT_SECONDS"] = {number}\n'
        (folder / f"{name}.py").write_text(settings)
    named = {"DJANGO_SETTINGS_MODULE": next(iter(seconds))}
    server = Server(folder / "data", (environment or {}) | named)
    server.environment["PYTHONPATH"] += f":{folder}"
    return server


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (
            "import time; real = time.time; time.time = lambda: real() + 60",
            "The clock of the proxy and of this machine differ by ",
        ),
        (
            "import shutil, types; shutil.disk_usage = lambda _: types.SimpleNamespace(free=4e8)",
            "Only 0.4 GB are free",
        ),
        (
            (
                "import os; real = os.statvfs\n"
                "class Full:\n"
                "    f_files, f_favail = 10**6, 9\n"
                "    def __getattr__(self, name): return getattr(real('/'), name)\n"
                "os.statvfs = lambda _: Full()"
            ),
            "room for 9 more files only",
        ),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))",
            "A process may open 1024 files",
        ),
        (
            (
                "import sqlite3; sqlite3.sqlite_version_info = (3, 34, 1); "
                "sqlite3.sqlite_version = '3.34.1'"
            ),
            "SQLite 3.34.1 is too old",
        ),
    ],
    ids=["clock", "disk", "inodes", "files", "sqlite"],
)
def test_what_is_wrong_with_the_machine_is_named(server, before, sentence):
    is_ill(ask(server, server.url, "--quick", before=before), sentence)


def test_a_sqlite_that_is_too_old_is_not_served_either(tmp_path):
    old = "import sqlite3; sqlite3.sqlite_version_info = (3, 34, 1); sqlite3.sqlite_version = 'old'"
    command = [sys.executable, "-P", "-c", f"{old}\nfrom hallway_server.cli import main; main()"]
    environment = Server(tmp_path / "data").environment
    done = subprocess.run(
        [*command, "serve", "--port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "hallway: SQLite old is too old, 3.35.0 is the oldest" in done.stderr


def test_a_folder_or_a_file_that_cannot_be_written_to_is_named(tmp_path):
    server = Server(tmp_path / "data").start()
    database = server.folder / "hallway.sqlite3"
    try:
        server.folder.chmod(0o500)
        told = ask_anew(server, server.url, "--quick", as_somebody=True)
        assert "cannot be written to" in told.stdout
        assert told.returncode == 1
        server.folder.chmod(0o700)
        database.chmod(0o400)
        is_ill(
            ask_anew(server, server.url, "--quick", as_somebody=True),
            f"{database} cannot be written to",
            "No visitor could be let in",
        )
        database.chmod(0o600)
        assert ask_anew(server, server.url, "--quick", as_somebody=True).returncode == 0
    finally:
        server.folder.chmod(0o700)
        database.chmod(0o600)
        server.stop()


def test_a_database_that_is_damaged_is_named(tmp_path):
    server = Server(tmp_path / "data").start()
    server.stop()
    with (server.folder / "hallway.sqlite3").open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * 40_000)
    told = ask(server, server.url, "--quick")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "The database " in told.stdout.split("ILL", 1)[1].splitlines()[0]


@pytest.fixture(scope="module")
def cluster():
    if postgres.WHY_NOT:
        pytest.skip(postgres.WHY_NOT)
    return postgres.start_cluster()


@pytest.fixture(scope="module")
def carrier():
    if redis.WHY_NOT:
        pytest.skip(redis.WHY_NOT)
    server = Redis().start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def on_postgres(cluster, tmp_path_factory):
    database = postgres.fresh_database(cluster)
    folder = tmp_path_factory.mktemp("doctor-postgres") / "data"
    running = Server(folder, {"DATABASE_URL": database}).start()
    yield running
    running.stop()


def test_a_server_on_postgres_is_well(on_postgres):
    told = ask(on_postgres, on_postgres.url, "--quick")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "PostgreSQL carries the bell" in told.stdout
    assert "listens for the bell there: 1" in told.stdout
    assert "The clocks of the database and of this machine agree" in told.stdout


def test_a_clock_that_is_not_the_databases_is_named(on_postgres):
    before = "import time; real = time.time; time.time = lambda: real() - 30"
    is_ill(
        ask(on_postgres, on_postgres.url, "--quick", before=before),
        "The clock of the database and of this machine differ by ",
        "The clock of the proxy and of this machine differ by ",
    )


def test_a_database_with_no_room_for_another_process_is_named(on_postgres, cluster):
    with ExitStack() as held:
        for _ in range(85):
            held.enter_context(psycopg.connect(cluster))
        is_ill(ask(on_postgres, on_postgres.url, "--quick"), "more connections")


def test_a_bell_that_nobody_carries_is_named(on_postgres):
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    is_ill(
        ask_anew(on_postgres, on_postgres.url, "--quick", REDIS_URL=nowhere),
        "Redis does not carry the bell",
    )


def test_a_bell_that_the_server_does_not_hear_is_named(on_postgres, carrier):
    is_ill(
        ask_anew(on_postgres, on_postgres.url, "--quick", REDIS_URL=carrier.url),
        "The server does not listen to Redis for the bell",
    )


def test_a_bell_that_is_swallowed_is_named(on_postgres):
    # As a pool does that gives each statement another session: LISTEN is said where none hears.
    swallowed = """
import psycopg
execute = psycopg.Connection.execute
def deaf(self, query, *rest, **named):
    return execute(self, "" if str(query).startswith("LISTEN") else query, *rest, **named)
psycopg.Connection.execute = deaf
"""
    is_ill(
        ask(on_postgres, on_postgres.url, "--quick", before=swallowed),
        "PostgreSQL takes a ring of the bell and does not bring it back",
    )


def test_a_bell_in_redis_is_heard(on_postgres, carrier, tmp_path):
    environment = {"DATABASE_URL": on_postgres.environment["DATABASE_URL"]}
    with serve(tmp_path, **environment, REDIS_URL=carrier.url) as server:
        told = ask(server, server.url, "--quick")
        assert told.returncode == 0, told.stdout + told.stderr
        assert "Redis carries the bell" in told.stdout


def test_a_database_that_does_not_answer_is_named(on_postgres):
    nowhere = f"postgres://postgres@127.0.0.1:{free_port()}/postgres"
    told = ask_anew(on_postgres, on_postgres.url, "--quick", DATABASE_URL=nowhere)
    assert told.returncode == 1
    assert "The database does not answer" in told.stdout
    assert "Look at DATABASE_URL" in told.stdout
    assert "Traceback" not in told.stderr


def test_a_proxy_with_nothing_behind_it_is_named(server, tmp_path):
    port = free_port()
    with nginx(tmp_path, broken(port, free_port(), ""), port):
        told = ask(server, f"http://127.0.0.1:{port}", "--quick")
    assert "does not reach Hallway" in told.stdout
    assert "Nobody answers" in ask(server, f"http://127.0.0.1:{free_port()}", "--quick").stdout


def test_the_configuration_we_ship_is_well(tmp_path):
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    # That its patience is longer than the pause between beats is for test_nginx to see.
    server = beating(tmp_path, {"HALLWAY_ORIGIN": origin}, beats=3).start()
    try:
        with nginx(tmp_path, as_shipped(tmp_path, port, port_of(server)), port):
            trusted = {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
            told = ask_anew(server, origin, **trusted)
            assert told.returncode == 0, told.stdout + told.stderr
            assert "a heartbeat comes" in told.stdout
            assert "certificate" in ask(server, origin, "--quick").stdout
            assert "--url https://" in ask(server, server.url, "--quick").stdout
            with httpx2.Client(verify=False, base_url=origin) as anybody:
                assert anybody.get("/lobby/").status_code == 200
                assert anybody.get("/metrics").status_code == 404
                page = anybody.get("/lobby/").text
                style = page.split('rel="stylesheet" href="')[1].split('"')[0]
                assert "immutable" in anybody.get(style).headers["cache-control"]
    finally:
        server.stop()
