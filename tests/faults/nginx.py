"""Debian's nginx in front of the server, in a folder of its own, buffering as it comes."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .scenario import NotRun
from .server import NotReady, die_with_parent, free_port

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
worker_rlimit_nofile 20000;
events {{ worker_connections 10240; }}
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
# Nothing about buffering or time-outs: what nginx does by itself is what is tested.
PLAIN = """server {{
    listen 127.0.0.1:{port}{http2};
    location / {{
        proxy_pass http://127.0.0.1:{server};
        {more}
    }}
}}"""


@asynccontextmanager
async def nginx(
    folder: Path, server: int, *, http2: bool = False, more: str = ""
) -> AsyncIterator[int]:
    """The port it listens at."""
    port = free_port()
    inside = PLAIN.format(port=port, server=server, more=more, http2=" http2" if http2 else "")
    async with serving(folder, inside, port):
        yield port


@asynccontextmanager
async def serving(folder: Path, inside: str, port: int) -> AsyncIterator[None]:
    """nginx with this inside its `http`, once it listens at the port."""
    process = launch(folder, inside)
    try:
        await _wait_for(port, process, folder)
        yield
    finally:
        end(process)


def launch(folder: Path, inside: str) -> "subprocess.Popen[bytes]":
    """Start it in a folder of its own; whoever calls waits for it, and ends it."""
    if PROGRAM is None:
        raise NotRun("nginx is not installed")
    user = "user root;" if os.getuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(AROUND.format(folder=folder, inside=inside, user=user))
    return subprocess.Popen(
        [PROGRAM, "-p", str(folder), "-c", str(conf)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if process.poll() is not None:
                raise NotReady((folder / "error.log").read_text()) from None
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise NotReady("nginx does not listen")
