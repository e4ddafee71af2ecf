"""Hallway's application under each ASGI server that could carry it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from . import client
from .client import Record, Visitor
from .peers import TOOLS
from .report import Figures, quantile
from .servers import HOUSE, PYTHON, UNLIMITED, Server, free_port, hallway, running

REQUIREMENTS = HOUSE / "bench" / "asgi_servers.txt"
APPLICATION = "hallway_server.asgi:application"
# Their one process, with the loop that each is fastest with.
COMMANDS = {
    "uvicorn": "uvicorn {app} --port {port} --loop uvloop --http httptools --ws none "
    "--no-access-log --log-level warning --backlog 2048",
    "Granian": "granian {app} --interface asgi --host 127.0.0.1 --port {port} --loop uvloop "
    "--no-ws --backlog 2048 --backpressure 20000 --no-access-log --log-level warning",
    "Hypercorn": "hypercorn {app} --bind 127.0.0.1:{port} -k uvloop --backlog 2048",
}
POSTS_A_SECOND = 50
PAGES = 4


@contextmanager
def under(name: str, folder: Path) -> Iterator[Server]:
    """Hallway under one of them, with a database of its own."""
    with hallway(folder):
        pass
    tools = TOOLS / "asgi"
    if not tools.exists():
        quiet = ["--quiet", "--disable-pip-version-check", "--target", str(tools)]
        pip = [sys.executable, "-Im", "pip", "install", *quiet, "-r", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)
    port = free_port()
    command = [*PYTHON, *COMMANDS[name].format(app=APPLICATION, port=port).split()]
    environment = os.environ | UNLIMITED
    environment |= {
        "HALLWAY_DATA": str(folder),
        "PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}:{tools}",
    }
    with running(command, port, environment) as server:
        yield server


async def measure(server: Server, people: list[Visitor], streams: int, seconds: float) -> Figures:
    """Memory, mixed load, streams that are cut, and the stop."""
    memory, record = server.memory, Record()
    listening = await client.open_streams(server.port, record, people, streams, "/api/stream")
    weight = (server.memory - memory) / streams
    cpu, pages = server.cpu, Record()
    await asyncio.gather(
        client.paced(server.port, people, record, number=1, rate=POSTS_A_SECOND, seconds=seconds),
        _read(server.port, people, pages, seconds),
    )
    figures = {
        "KB/stream": weight,
        "delivery p50 ms": quantile(record.latencies, 0.5),
        "delivery p99 ms": quantile(record.latencies, 0.99),
        "page p50 ms": quantile(pages.post_times, 0.5),
        "page p99 ms": quantile(pages.post_times, 0.99),
        "CPU %": (server.cpu - cpu) / seconds * 100,
        "errors": record.errors + pages.errors + record.wrong,
    }
    open_files, half = server.files, streams // 2
    for stream in listening[:half]:
        stream.transport.abort()
    began = perf_counter()
    while server.files > open_files - half and perf_counter() - began < 30:  # noqa: ASYNC110  bounded
        await asyncio.sleep(0.02)
    figures["cut streams released, s"] = perf_counter() - began
    began = perf_counter()
    code = await asyncio.to_thread(server.stop)
    figures["stopped after, s"] = perf_counter() - began
    figures["exit code"] = code
    return figures


async def _read(port: int, people: list[Visitor], pages: Record, seconds: float) -> None:
    requests = [client.get("/rooms/hallway/", person) for person in people[:PAGES]]
    found = await client.load(port, requests, PAGES, seconds)
    pages.post_times += found.post_times
    pages.errors += found.errors
