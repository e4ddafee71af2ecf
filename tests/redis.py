"""A Redis of one's own, that comes and goes on one port."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from redis import Redis as Client
from redis.exceptions import ConnectionError as NotThere

from tests.server import free_port
from tests.wire import until

PROGRAM = shutil.which("redis-server")
WHY_NOT = "" if PROGRAM else "Redis is not installed (Debian's package redis-server)"


class Redis:
    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="hallway-redis-"))
        self.client = Client(port=self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Self:
        assert PROGRAM, WHY_NOT
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", PROGRAM, "--port", str(self.port), *options],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(self._answers, what="Redis to be up")
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except NotThere:
            return False
