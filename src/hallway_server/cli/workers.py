"""Several processes that serve one port: started, watched, replaced and stopped by this one.

Each has a listening socket of its own, and the kernel spreads connections over them evenly; with
one socket for all, whoever wakes first takes a whole burst of streams. The sockets stay open here,
so that what arrives while a process is replaced waits for the next one and is not refused; from the
moment one has died new connections come to the others.
"""

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .steering import steer

logger = logging.getLogger("hallway.workers")

# A process that ends as soon as it starts is not started again at once.
FIRST_REST, LONGEST_REST = 0.2, 5.0
# What has run so long has started well.
WELL_SECONDS = 10.0
# What a process needs to start, and to stop: uvicorn's grace, and some for the rest.
START_SECONDS, STOP_SECONDS = 60.0, 10.0
TICK_SECONDS = 0.1


class Worker:
    """One place among them: a socket, and whichever process serves it now."""

    def __init__(self, number: int, listener: socket.socket) -> None:
        self.number = number
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = -1
        self._began = 0.0
        self._rest = FIRST_REST
        self._start_at = 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether the process has said that it serves."""
        if self._ready >= 0:
            try:
                said = os.read(self._ready, 1)
            except BlockingIOError:
                return False
            os.close(self._ready)
            self._ready = -1
            if not said:
                return False
        return self.is_running

    def start(self) -> "subprocess.Popen[bytes] | None":
        """Start a process; the one there was, if it still runs, is the caller's to stop."""
        before, self._process = self._process, None
        if self._ready >= 0:
            os.close(self._ready)
        self._ready, told = os.pipe()
        os.set_blocking(self._ready, False)
        self._began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter, our own words
            [
                *(sys.executable, "-P", "-m", "hallway_server", "work"),
                *(str(self._listener.fileno()), str(told), str(self.number), str(os.getpid())),
            ],
            pass_fds=(self._listener.fileno(), told),
        )
        os.close(told)
        return before

    def keep(self) -> None:
        """Start it anew if it has ended."""
        if self.is_running:
            return
        now = time.monotonic()
        if self._process is not None:
            code = self._process.returncode
            _forget_figures(self._process.pid)
            self._process = None
            self._rest = (
                FIRST_REST
                if now - self._began > WELL_SECONDS
                else min(self._rest * 2, LONGEST_REST)
            )
            self._start_at = now + self._rest
            logger.warning("Process %d ended (%d); starting another.", self.number + 1, code)
        if now >= self._start_at:
            self.start()

    def stop(self) -> None:
        if self._process is not None and self.is_running:
            self._process.terminate()

    def wait(self, until: float) -> None:
        if self._process is not None:
            end(self._process, until)


def _forget_figures(pid: int) -> None:
    """What one that has ended said of itself as it was then, how many streams it has for one."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        for path in Path(folder).glob(f"gauge_live*_{pid}.db"):
            path.unlink(missing_ok=True)


def end(process: "subprocess.Popen[bytes]", until: float) -> None:
    """Wait for its end, and make one if it does not come."""
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _woken_by_signals() -> int:
    """A descriptor with something to read as soon as a signal came: a process that ends sends one,
    too."""
    woken, wakes = os.pipe()
    for descriptor in (woken, wakes):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


class Supervisor:
    """Runs the processes until it is asked to stop; HUP replaces each, one after another."""

    def __init__(self, listeners: Sequence[socket.socket]) -> None:
        self._workers = [Worker(number, one) for number, one in enumerate(listeners)]
        self._listeners = listeners
        self._ready: list[int] = []
        self._has_greeted = False
        self._is_stopping = False
        self._is_replacing = False

    def run(self, *, greeting: Sequence[str]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._replace)
        woken = _woken_by_signals()
        for worker in self._workers:
            worker.start()
        while not self._is_stopping:
            if select.select([woken], [], [], TICK_SECONDS)[0]:
                os.read(woken, 4096)
            self._look_after(greeting)
        for worker in self._workers:
            worker.stop()
        until = time.monotonic() + STOP_SECONDS
        for worker in self._workers:
            worker.wait(until)

    def _look_after(self, greeting: Sequence[str]) -> None:
        for worker in self._workers:
            worker.keep()
        ready = [worker.number for worker in self._workers if worker.is_ready]
        if not self._has_greeted and len(ready) == len(self._workers):
            self._has_greeted = True
            print("\n".join(greeting), flush=True)
        # Not before all are there: whoever is first would take a whole burst of streams.
        if self._has_greeted:
            self._steer(ready)
        if self._is_replacing and not self._is_stopping:
            self._is_replacing = False
            self._replace_all()

    def _steer(self, ready: list[int]) -> None:
        if ready and ready != self._ready:
            self._ready = ready
            steer(self._listeners, ready)

    def _replace_all(self) -> None:
        """The new one serves before the old one stops: both take from the same socket."""
        for worker in self._workers:
            before = worker.start()
            until = time.monotonic() + START_SECONDS
            while not worker.is_ready and worker.is_running and time.monotonic() < until:
                time.sleep(TICK_SECONDS)
            if before is not None:
                before.terminate()
                end(before, time.monotonic() + STOP_SECONDS)
                _forget_figures(before.pid)
            if self._is_stopping:
                return

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True

    def _replace(self, number: int, frame: FrameType | None) -> None:
        self._is_replacing = True
