"""`hallway doctor` through a real nginx: the one we ship, and broken ones, each named."""

import subprocess
import sys
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.live.proxied import as_shipped, broken, nginx
from tests.server import Server, free_port

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


def ask(server, url, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-P", "-m", "hallway_server", "doctor", "--url", url, *arguments],
        env=server.environment | environment,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


def test_nothing_is_wrong_with_a_server_of_ones_own(server):
    told = ask(server, server.url, "--quick")
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


def test_a_proxy_that_gives_up_before_the_heartbeat_is_named(server, tmp_path):
    port = free_port()
    more = "proxy_read_timeout 3s; proxy_set_header Host $host;"
    with nginx(tmp_path, broken(port, port_of(server), more), port):
        told = ask(server, f"http://127.0.0.1:{port}")
    assert told.returncode == 1
    assert "proxy_read_timeout" in told.stdout


def test_a_proxy_with_nothing_behind_it_is_named(server, tmp_path):
    port = free_port()
    with nginx(tmp_path, broken(port, free_port(), ""), port):
        told = ask(server, f"http://127.0.0.1:{port}", "--quick")
    assert "does not reach Hallway" in told.stdout
    assert "Nobody answers" in ask(server, f"http://127.0.0.1:{free_port()}", "--quick").stdout


def test_the_configuration_we_ship_is_well(tmp_path):
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    server = Server(tmp_path / "data", {"HALLWAY_ORIGIN": origin}).start()
    try:
        with nginx(tmp_path, as_shipped(tmp_path, port, port_of(server)), port):
            trusted = {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
            told = ask(server, origin, **trusted)
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
