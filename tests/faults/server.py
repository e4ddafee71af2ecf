"""The server under test, as a process: started as people start it, and ended in every way."""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

from .wire import NoAnswer, Wire

HOUSE = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
_libc = ctypes.CDLL(None)


class NotReady(Exception):
    """The server ended, or did not answer in time."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent() -> None:
    """Run in the child: if the harness is killed, nothing of it stays behind."""
    _libc.prctl(1, signal.SIGKILL)


def environment(data: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The shipped settings: what this machine's own environment says about Hallway is left out."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HALLWAY_", "DJANGO_", "PYTEST_"))
        and name not in ("DATABASE_URL", "REDIS_URL")
    }
    paths = f"{HOUSE / 'src'}{os.pathsep}{HOUSE}"
    return kept | {"HALLWAY_DATA": str(data), "PYTHONPATH": paths} | dict(extra or {})


def run(*arguments: str, data: Path, extra: Mapping[str, str] | None = None) -> str:
    """Run a module of ours to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=HOUSE,
        env=environment(data, extra),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise NotReady(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


class Server:
    """One data folder and one port; the process comes and goes."""

    def __init__(
        self,
        data: Path,
        *,
        log: Path,
        port: int = 0,
        env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        mutant: str = "",
    ) -> None:
        self.data = data
        # Where people find it, and where it listens, which is elsewhere behind a proxy.
        self.port = port or free_port()
        self.listens_at = self.port
        self.env = dict(env or {})
        self.prefix = tuple(prefix)
        self.mutant = mutant
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.starts: list[float] = []

    @property
    def database(self) -> Path:
        return self.data / "hallway.sqlite3"

    @property
    def stored_in(self) -> Path | str:
        """What the checker reads: the file, or the address of a PostgreSQL."""
        return self.database

    @property
    def direct(self) -> Mapping[str, str]:
        """The environment of another process that changes the same data."""
        return self.env

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self, *, patience: float = 40.0) -> float:
        """Start, wait until it is ready, and return the seconds that took."""
        begin = monotonic()
        self.launch()
        while not await self.is_up():
            if self.process is None or self.process.poll() is not None:
                raise NotReady(f"the server ended:\n{self.tail()}")
            if monotonic() - begin > patience:
                raise NotReady(f"the server is not ready after {patience} s:\n{self.tail()}")
            # The port is taken before anything else and a question there waits for its answer,
            # so this is only for the moments before: the figure holds no pause of ours.
            await asyncio.sleep(0.005)
        self.starts.append(monotonic() - begin)
        return self.starts[-1]

    def launch(self, *more: str) -> "subprocess.Popen[bytes]":
        module = ["tests.faults.mutants", self.mutant] if self.mutant else ["hallway_server"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", *module,
                 "serve", "--port", str(self.listens_at), *more],
                cwd=HOUSE,
                env=environment(self.data, self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509  one thread starts children here
            )  # fmt: skip
        return self.process

    async def is_up(self) -> bool:
        wire = Wire(self.port)
        try:
            return (await wire.ask("GET", "/up", patience=5)).status == 200
        except NoAnswer:
            return False
        finally:
            wire.close()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        """As the power cut does, but for the page cache."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self, *, patience: float = 30.0) -> int:
        """Wait for the end; the exit code."""
        assert self.process is not None
        begin = monotonic()
        while (code := self.process.poll()) is None:
            if monotonic() - begin > patience:
                raise NotReady(f"the server has not ended after {patience} s")
            await asyncio.sleep(0.02)
        return code

    async def stop(self, *, patience: float = 15.0) -> int:
        self.signal(signal.SIGTERM)
        return await self.ended(patience=patience)

    async def clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            await self.kill()

    def tail(self, size: int = 2000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    # What the kernel says about it.

    def processes(self) -> list[int]:
        """The ids of the processes that serve, or are about to."""
        return [self.pid]

    @property
    def doors(self) -> dict[str, int]:
        """The ports at which it is asked, by the name of the way there."""
        return {"": self.port}

    def memory(self) -> dict[int, float]:
        """MB of each process."""
        return {pid: _status(pid, "VmRSS") / 1024 for pid in self.processes()}

    def grown(self, before: Mapping[int, float]) -> list[float]:
        """MB by which each process has grown since."""
        return [now - before.get(pid, now) for pid, now in self.memory().items()]

    @property
    def threads(self) -> int:
        """Of the process that has most of them."""
        return max(_status(pid, "Threads") for pid in self.processes())

    @property
    def cpu_seconds(self) -> float:
        """Of all processes."""
        return sum(map(_cpu_seconds, self.processes()))

    @property
    def connections(self) -> int:
        """Open descriptors on the database itself: one for each connection."""
        return sum(path.endswith("hallway.sqlite3") for path in self.files())

    def established(self, port: int = 0) -> set[int]:
        """The clients' ports of the connections that this side has not closed."""
        ports = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, *_ = line.split()
            if state == "01" and int(local.rpartition(":")[2], 16) == (port or self.port):
                ports.add(int(remote.rpartition(":")[2], 16))
        return ports

    def files(self) -> list[str]:
        """What the open descriptors of all processes point to."""
        return [path for pid in self.processes() for path in files_of(pid)]


def files_of(pid: int) -> list[str]:
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except FileNotFoundError:
            continue
    return found


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise KeyError(key)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
