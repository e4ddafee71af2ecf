"""Stack P: three processes behind nginx, on a PostgreSQL and a Redis that come and go.

PostgreSQL, Redis and the proxies before them are started once for all rows of a session. Each row
has a database of its own; what it breaks it mends.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from tests import postgres, redis

from .nginx import PROGRAM, serving
from .proxy import Proxy
from .scenario import NotRun
from .server import NotReady, Server, free_port

PROCESSES = 3
# As deploy/nginx.conf has it, without its certificate.
NGINX = """upstream hallway {{
        server 127.0.0.1:{server};
        keepalive 32;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://hallway;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_read_timeout 75s;
        }}
    }}"""


class Ground:
    """What a stack stands on."""

    def __init__(self) -> None:
        for why_not in (postgres.WHY_NOT, redis.WHY_NOT, "" if PROGRAM else "nginx is missing"):
            if why_not:
                raise NotRun(why_not)
        self.cluster = postgres.Cluster(port=free_port(), max_connections="30")
        self.redis = redis.Redis()

    def start(self) -> None:
        self.cluster.start()
        self.redis.start()


_ground: Ground | None = None


def _stand() -> Ground:
    global _ground  # noqa: PLW0603
    if _ground is None:
        _ground = Ground()
        _ground.start()
    return _ground


class Stack(Server):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.listens_at = free_port()
        self._held = AsyncExitStack()

    async def make_ready(self) -> None:
        """A database, nginx, and proxies to what the processes need."""
        self.ground = await asyncio.to_thread(_stand)
        self.direct_url = postgres.fresh_database(self.ground.cluster.url)
        name = self.direct_url.rpartition("/")[2].partition("?")[0]
        self.to_postgres = await self._held.enter_async_context(Proxy(self.ground.cluster.port))
        self.to_redis = await self._held.enter_async_context(Proxy(self.ground.redis.port))
        self.env |= {
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.to_postgres.port}/{name}",
            "REDIS_URL": f"redis://127.0.0.1:{self.to_redis.port}/0",
        }
        folder = self.log.parent / "nginx"
        folder.mkdir()
        inside = NGINX.format(port=self.port, server=self.listens_at)
        await self._held.enter_async_context(serving(folder, inside, self.port))

    @property
    def stored_in(self) -> str:
        return self.direct_url

    @property
    def direct(self) -> Mapping[str, str]:
        return self.env | {"DATABASE_URL": self.direct_url}

    def launch(self, *more: str) -> "subprocess.Popen[bytes]":
        return super().launch("--workers", str(PROCESSES), *more)

    async def start(self, *, patience: float = 60.0) -> float:
        seconds = await super().start(patience=patience)
        # One answers; the others have to be there, too.
        begin = monotonic()
        while len(self.serving()) < PROCESSES:
            if monotonic() - begin > patience:
                raise NotReady(f"not all processes are there:\n{self.tail()}")
            await asyncio.sleep(0.05)
        return seconds

    def processes(self) -> list[int]:
        """The ids of the processes that serve, or are about to."""
        return _children(self.pid)

    def serving(self) -> list[int]:
        """Those of them that are ready."""
        return [pid for pid in self.processes() if _is_ready(pid)]

    async def kill(self) -> None:
        """All of them, at one blow."""
        pids = self.processes()
        for pid in (self.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.ended()
        while any(map(_is_there, pids)):
            await asyncio.sleep(0.01)

    async def clean_up(self) -> None:
        await super().clean_up()
        await self._held.aclose()

    async def replaced(self, before: list[int], *, patience: float = 60.0) -> float:
        """Wait until none of these processes is left and as many others serve."""
        begin = monotonic()
        while set(before) & set(self.processes()) or len(self.serving()) < PROCESSES:
            if monotonic() - begin > patience:
                raise NotReady(f"not replaced after {patience} s:\n{self.tail()}")
            await asyncio.sleep(0.05)
        return monotonic() - begin

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL itself, past every proxy."""
        with psycopg.connect(self.direct_url, autocommit=True) as connection:
            return connection.execute(sql).fetchall()


def _children(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except FileNotFoundError:
        return []


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _is_ready(pid: int) -> bool:
    """Whether it has closed the pipe through which it tells its parent that it serves."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        if "work" not in words:
            return False
        pipe = Path(f"/proc/{pid}/fd/{words[-4]}")
        return not (pipe.is_symlink() and str(pipe.readlink()).startswith("pipe:"))
    except OSError:
        return False
