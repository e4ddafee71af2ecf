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


def as_shipped(folder: Path, port: int, server: int) -> str:
    """deploy/nginx.conf with this machine's ports and a certificate for 127.0.0.1."""
    certificate = folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(folder / "key.pem"), "-out", str(certificate)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    conf = (HOUSE / "deploy" / "nginx.conf").read_text()
    conf = re.sub(r"listen \[::\].*\n", "", conf)
    conf = conf.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    conf = conf.replace("listen 443", f"listen 127.0.0.1:{port}")
    conf = conf.replace("127.0.0.1:8000", f"127.0.0.1:{server}")
    conf = re.sub(r"ssl_certificate .*;", f"ssl_certificate {certificate};", conf)
    return re.sub(r"ssl_certificate_key .*;", f"ssl_certificate_key {folder}/key.pem;", conf)


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
