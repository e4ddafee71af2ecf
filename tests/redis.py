"""A Redis of one's own, that comes and goes on one port."""

import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from redis import Redis as Client
from redis.exceptions import ConnectionError as NotThere

PROGRAM = shutil.which("redis-server")
WHY_NOT = "" if PROGRAM else "Redis is not installed (Debian's package redis-server)"
START_SECONDS = 20


class Redis:
    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
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
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("Redis is not up")
            time.sleep(0.01)
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
