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

# Nothing about buffering or time-outs: what nginx does by itself is what is tested.
CONF = """
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
    server {{
        listen 127.0.0.1:{port}{http2};
        location / {{
            proxy_pass http://127.0.0.1:{server};
            {more}
        }}
    }}
}}
"""


@asynccontextmanager
async def nginx(
    folder: Path, server: int, *, http2: bool = False, more: str = ""
) -> AsyncIterator[int]:
    """The port it listens at."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise NotRun("nginx is not installed")
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(
        CONF.format(
            folder=folder, port=port, server=server, more=more,
            http2=" http2" if http2 else "", user="user root;" if os.getuid() == 0 else "",
        )
    )  # fmt: skip
    process = _launch(program, "-p", str(folder), "-c", str(conf))
    try:
        await _wait_for(port, process, folder)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _launch(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509
    )


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
