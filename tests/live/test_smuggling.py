"""Requests that nginx and the server behind it might read differently: refused, and the end of
their connection, so that nothing hides in one."""

import socket

import pytest

from tests.live.proxied import PLAIN, nginx
from tests.server import free_port

HIDDEN = b"GET /hidden/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SIZE = len(HIDDEN)
SPLIT = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % SIZE,
    "two lengths in one": b"Content-Length: 0, %d\r\n\r\n" % SIZE,
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    % SIZE,
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "chunks by another name": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a signed length": b"Content-Length: +%d\r\n\r\n" % SIZE,
}


@pytest.fixture(scope="module")
def front(product, tmp_path_factory):
    """The port of an nginx in front of the server."""
    port = free_port()
    server = product.url.rpartition(":")[2]
    folder = tmp_path_factory.mktemp("nginx")
    more = "proxy_http_version 1.1; proxy_set_header Connection '';"
    with nginx(folder, PLAIN.format(port=port, server=server, more=more), port):
        yield port


def answers(port, raw):
    """Everything that comes back until the other side hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(raw)
        came = b""
        while piece := wire.recv(65536):
            came += piece
    return came


@pytest.mark.parametrize("how", SPLIT)
@pytest.mark.parametrize("behind", ["nginx", "nothing"])
def test_a_request_that_can_be_read_in_two_ways_is_refused(product, front, how, behind):
    port = front if behind == "nginx" else int(product.url.rpartition(":")[2])
    head = b"POST /create-message/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    came = answers(port, head + SPLIT[how] + HIDDEN)
    assert came.count(b"HTTP/1.1 ") == 1, came
    assert came.split()[1] in (b"400", b"501"), came
    assert b"hidden" not in came


def test_what_can_be_read_in_one_way_is_answered(front):
    last = HIDDEN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    came = answers(front, HIDDEN + last)
    assert came.count(b"HTTP/1.1 404") == 2
