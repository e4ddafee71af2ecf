"""The processes that are measured: Hallway, and what it is compared with."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).parents[1]
PYTHON = [sys.executable, "-P", "-m"]
TICKS = os.sysconf("SC_CLK_TCK")
# What would refuse a load that comes from one address is turned off.
UNLIMITED = {
    "HALLWAY_POST_RATE": "0",
    "HALLWAY_STREAMS_PER_AUTHOR": "0",
    "HALLWAY_STREAMS": "20000",
}


class Server:
    """One process listening on loopback, and what it has used so far."""

    def __init__(self, command: list[str], port: int, environment: dict[str, str]) -> None:
        self.port = port
        self.log = Path(environment["HALLWAY_DATA"]).with_suffix(".log")
        began = time.monotonic()
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                command,
                cwd=HOUSE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_up(began + 60)
        except BaseException:
            self.stop()
            raise
        self.ready_after = time.monotonic() - began

    @property
    def cpu(self) -> float:
        """Seconds of processor used by all its threads and its workers."""
        return cpu_of(self._process.pid)

    @property
    def memory(self) -> int:
        """Resident kilobytes."""
        return sum(_status(process, "VmRSS") for process in _family(self._process.pid))

    @property
    def threads(self) -> int:
        return sum(_status(process, "Threads") for process in _family(self._process.pid))

    @property
    def files(self) -> int:
        return sum(len(list((one / "fd").iterdir())) for one in _family(self._process.pid))

    def stop(self) -> int:
        """Its exit code; after 15 s it is killed, which is -9."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _wait_until_up(self, deadline: float) -> None:
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")
            asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                asking.request("GET", "/up")
                if asking.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.01)
            finally:
                asking.close()


@contextmanager
def hallway(folder: Path, *, workers: int = 1, **more: str) -> Iterator[Server]:
    """The product as `bin/serve` starts it; its data stay in the folder."""
    environment = _environment(folder) | UNLIMITED | more
    module = "bench.counting" if "BENCH_QUERIES" in more else "hallway_server"
    port = free_port()
    command = [*PYTHON, module, "serve", "--port", str(port)]
    command += ["--workers", str(workers)] if workers > 1 else []
    with running(command, port, environment) as server:
        yield server


@contextmanager
def under_uvicorn(application: str, folder: Path) -> Iterator[Server]:
    """A baseline, with the loop and the parser that Hallway has."""
    port = free_port()
    options = "--loop uvloop --http httptools --ws none --no-access-log --log-level warning"
    command = [*PYTHON, "uvicorn", application, "--port", str(port), *options.split()]
    command += ["--backlog", "2048", "--timeout-graceful-shutdown", "1"]
    with running(command, port, _environment(folder)) as server:
        yield server


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[Server]:
    """Start it, wait until /up answers, stop it at the end."""
    server = Server(command, port, environment)
    try:
        yield server
    finally:
        server.stop()


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HALLWAY_")}
    return kept | {"HALLWAY_DATA": str(folder), "PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}"}


def cpu_of(pid: int) -> float:
    """Seconds of processor used by a process and its children that are there."""
    return sum(map(_cpu, _family(pid)))


def _family(pid: int) -> list[Path]:
    """A process, and the workers that some servers start."""
    found = [Path(f"/proc/{pid}")]
    for process in found:
        for children in process.glob("task/*/children"):
            found += [Path(f"/proc/{pid}") for pid in children.read_text().split()]
    return found


def _cpu(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status(process: Path, field: str) -> int:
    lines = (line.split() for line in (process / "status").read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == f"{field}:")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
