"""nginx in front of a server, as deploy/nginx.conf has it or with a part of it broken."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
