"""nginx in front of a server, as deploy/nginx.conf has it or with a part of it broken."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import HOUSE, free_port
from tests.wire import until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""
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
    if NGINX is None:
        pytest.skip("nginx is not installed")
    user = "user root;" if os.getuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(AROUND.format(folder=folder, inside=inside, user=user))
    log = folder / "error.log"
    with subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(conf)], stderr=subprocess.DEVNULL
    ) as running:
        try:
            until(lambda: is_listening(port) or running.poll() is not None, what="nginx")
            assert running.poll() is None, log.read_text()
            yield
        finally:
            running.terminate()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
