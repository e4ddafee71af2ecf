"""A PostgreSQL of one's own in a folder of this run, that ends with the process that started it."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WHY_NOT = "" if PROGRAMS else "PostgreSQL is not installed (Debian's package postgresql)"
# What a crash would lose is not what these tests are about.
OPTIONS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off"}
START_SECONDS = 30
_number = count(1)


class Cluster:
    """A PostgreSQL on a Unix socket and, where there is a `port`, on 127.0.0.1, too. It comes and
    goes, and its data stay until this process ends."""

    def __init__(self, *, port: int = 0, **options: str) -> None:
        if WHY_NOT:
            raise RuntimeError(WHY_NOT)
        self.folder = Path(tempfile.mkdtemp(prefix="hallway-postgres-"))
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._options = OPTIONS | options
        if port:
            self._options |= {"listen_addresses": "127.0.0.1", "port": str(port)}
        # It refuses to run as root.
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        make = [str(PROGRAMS[-1] / "initdb"), "--no-sync", "--auth=trust", "--username=postgres"]
        subprocess.run(
            [*self._as_user, *make, "--encoding=UTF8", "--locale=C.UTF-8", str(self._data)],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        atexit.register(self._close)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """The address of its first database, as in DATABASE_URL."""
        port = f"?port={self.port}" if self.port else ""
        return f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres{port}"

    def start(self) -> Self:
        """Start it and wait until it takes connections."""
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            is_gone = self.process is None or self.process.poll() is not None
            if is_gone or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)
        return self

    def launch(self) -> None:
        options = [f"-c{name}={value}" for name, value in self._options.items()]
        # Killed or not, nobody leaves a server behind: QUIT is "at once" to PostgreSQL.
        tied = [*(self._as_user or ["setpriv"]), "--pdeathsig=QUIT"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*tied, PROGRAMS[-1] / "postgres", "-D", self._data, "-k", self.folder, *options],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def is_ready(self) -> bool:
        ask = [str(PROGRAMS[-1] / "pg_isready"), "-q", "-h", str(self.folder)]
        ask += ["-p", str(self.port)] if self.port else []
        return not subprocess.run(ask, check=False).returncode

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """INT is a fast shutdown, QUIT an immediate one, KILL a crash of the whole."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(START_SECONDS)

    def freeze(self, *, thaw: bool = False) -> None:
        """Stop every process of it where it stands, or let them go on."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        # The parent first: it makes no more children then.
        self.process.send_signal(signal.SIGCONT if thaw else signal.SIGSTOP)
        for child in children.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGCONT if thaw else signal.SIGSTOP)

    def _close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_cluster() -> str:
    """Start one and return the address of its database, as in DATABASE_URL."""
    return Cluster().start().url


def fresh_database(cluster: str, *, like: str = "") -> str:
    """Make another database there, a copy of the one at `like` if given, and return its address."""
    name = f"fresh_{next(_number)}"
    template = f" TEMPLATE {name_of(like)}" if like else ""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}{template}")
    rest, _, query = cluster.partition("?")
    return f"{rest.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def name_of(database: str) -> str:
    return database.rpartition("/")[2].partition("?")[0]
