"""Stack P: three processes behind nginx, on a PostgreSQL and a Redis that come and go.

PostgreSQL, Redis and the proxies before them are started once for all rows of a session. Each row
has a database of its own; what it breaks it mends.
"""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from itertools import cycle
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from tests import postgres, redis

from .nginx import PROGRAM, serving
from .proxy import Proxy
from .scenario import NotRun
from .server import HOUSE, NotReady, Server, files_of, free_port

PROCESSES = 3
# Redis has sixteen databases and one space of channels; Hallway's channels are called after them.
REDIS_DATABASES = 16


def front(port: int, server: int) -> str:
    """deploy/nginx.conf with this machine's ports, and without a certificate."""
    conf = (HOUSE / "deploy" / "nginx.conf").read_text()
    first, second = (found.start() for found in re.finditer(r"^server \{", conf, re.MULTILINE))
    conf = conf[:first] + conf[second:]  # without the one that sends people to HTTPS
    conf = re.sub(r"^ *(listen \[::\]|ssl_|server_name).*\n", "", conf, flags=re.MULTILINE)
    conf = conf.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    return conf.replace("127.0.0.1:8000", f"127.0.0.1:{server}")


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
_redis_database = cycle(range(REDIS_DATABASES))


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

    async def ready(self) -> str:
        """PostgreSQL and Redis are there; the address of the former."""
        self.ground = await asyncio.to_thread(_stand)
        return self.ground.cluster.url

    async def move_in(self, database: str) -> None:
        """nginx, and proxies to what the processes need: this database for one."""
        self.direct_url = database
        name = postgres.name_of(database)
        self.to_postgres = await self._held.enter_async_context(Proxy(self.ground.cluster.port))
        self.to_redis = await self._held.enter_async_context(Proxy(self.ground.redis.port))
        self.env |= {
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.to_postgres.port}/{name}",
            "REDIS_URL": f"redis://127.0.0.1:{self.to_redis.port}/{next(_redis_database)}",
        }
        folder = self.log.parent / f"nginx-{self.port}"
        folder.mkdir()
        inside = front(self.port, self.listens_at)
        await self._held.enter_async_context(serving(folder, inside, self.port))

    @property
    def stored_in(self) -> str:
        return self.direct_url

    @property
    def direct(self) -> Mapping[str, str]:
        return self.env | {"DATABASE_URL": self.direct_url}

    @property
    def doors(self) -> dict[str, int]:
        return {"through nginx": self.port, "directly": self.listens_at}

    @property
    def connections(self) -> int:
        """Of all processes, to their database."""
        wanted = "datname = current_database() AND pid <> pg_backend_pid()"
        return int(self.ask(f"SELECT count(*) FROM pg_stat_activity WHERE {wanted}")[0][0])

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
        return _children(self.pid)

    def serving(self) -> list[int]:
        """Those of them that are ready."""
        return [pid for pid in self.processes() if _is_ready(pid)]

    def owner(self, port: int) -> int:
        """The process that has connected from this port of its side."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "01" and int(local.rpartition(":")[2], 16) == port:
                socket = f"socket:[{inode}]"
                for pid in self.processes():
                    if socket in files_of(pid):
                        return pid
        raise LookupError(port)

    def strike(self) -> list[int]:
        """Kill all of them at one blow."""
        pids = self.processes()
        for pid in (self.pid, *pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pids

    async def kill(self) -> None:
        pids = self.strike()
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
