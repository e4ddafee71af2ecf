"""A proxy in front of a server: nginx, as deploy/nginx.conf has it or with a part of it broken."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.faults.nginx import PROGRAM, end, launch
from tests.server import HOUSE, free_port
from tests.wire import until

PLAIN = """server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{server}; {more} }}
}}"""


def broken(port: int, server: int, more: str) -> str:
    return PLAIN.format(port=port, server=server, more=more)


def as_shipped(folder: Path, port: int, server: int, *, plain: int = 0) -> str:
    """deploy/nginx.conf for this machine: its ports, its folder and a certificate for 127.0.0.1.

    `plain` is where it listens for plain HTTP. Not a word of it is changed besides.
    """
    certificate, key, plain = folder / "cert.pem", folder / "key.pem", plain or free_port()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(certificate)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    conf = (HOUSE / "deploy" / "nginx.conf").read_text()
    where = "/etc/letsencrypt/live/chat.example.org"
    for shipped, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", f"listen [::1]:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("listen [::]:443 ", f"listen [::1]:{port} "),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{server};"),
        (f"{where}/fullchain.pem", str(certificate)),
        (f"{where}/privkey.pem", str(key)),
        ("/var/cache/hallway-nginx", str(folder / "cache")),
    ):
        assert conf.count(shipped) == 1, shipped
        conf = conf.replace(shipped, here)
    return conf if has_ipv6() else re.sub(r"listen \[::1\].*\n", "", conf)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextmanager
def nginx(folder: Path, inside: str, port: int) -> Iterator[None]:
    if PROGRAM is None:
        pytest.skip("nginx is not installed")
    running = launch(folder, inside)
    try:
        until(lambda: is_listening(port) or running.poll() is not None, what="nginx")
        assert running.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        end(running)


@contextmanager
def collecting(server: int, *, holds_head: bool) -> Iterator[str]:
    """A proxy that passes a stream on in pieces of 64 KB, its head at once or with the first.

    nginx itself passes on what comes in chunks, buffering or not; other proxies wait.
    """

    class Collecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = HTTPConnection("127.0.0.1", server)
            with closing(there):
                there.request("GET", self.path, headers=dict(self.headers))
                answer = there.getresponse()
                held = b"" if holds_head or not self._is_stream(answer) else self._head(answer)
                self.wfile.write(held)
                try:
                    piece = answer.read(65536)
                    self.wfile.write((b"" if held else self._head(answer)) + piece)
                except OSError:
                    pass  # nobody waits for it any more

        def _is_stream(self, answer: HTTPResponse) -> bool:
            return answer.getheader("Content-Type") == "text/event-stream"

        def _head(self, answer: HTTPResponse) -> bytes:
            kept = [f"{name}: {value}" for name, value in answer.getheaders()]
            kept = [line for line in kept if not line.lower().startswith("transfer-encoding")]
            first = f"HTTP/1.1 {answer.status} {answer.reason}"
            return "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1")

        def log_message(self, *_: object) -> None:
            pass

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Collecting)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        proxy.server_close()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
