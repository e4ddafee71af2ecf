"""A PostgreSQL of one's own in a folder of this run, that ends with the process that started it."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WHY_NOT = "" if PROGRAMS else "PostgreSQL is not installed (Debian's package postgresql)"
# What a crash would lose is not what these tests are about.
OPTIONS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off"}
START_SECONDS = 30
_number = count(1)


def start_cluster() -> str:
    """Start it on a Unix socket and return the address of its database, as in DATABASE_URL."""
    if WHY_NOT:
        raise RuntimeError(WHY_NOT)
    folder = Path(tempfile.mkdtemp(prefix="hallway-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # It refuses to run as root.
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    make = [str(PROGRAMS[-1] / "initdb"), "--no-sync", "--auth=trust", "--username=postgres"]
    subprocess.run(
        [*as_user, *make, "--encoding=UTF8", "--locale=C.UTF-8", str(data)],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
    # Killed or not, nobody leaves a server behind: QUIT is "at once" to PostgreSQL.
    tied = [*(as_user or ["setpriv"]), "--pdeathsig=QUIT"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*tied, PROGRAMS[-1] / "postgres", "-D", data, "-k", folder, *options],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    atexit.register(_stop, server)
    _wait_until_ready(server, folder)
    return f"postgres://postgres@{quote(str(folder), safe='')}/postgres"


def fresh_database(cluster: str) -> str:
    """Make another database there, and return its address."""
    name = f"fresh_{next(_number)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{cluster.rpartition('/')[0]}/{name}"


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGQUIT)
    server.wait(START_SECONDS)


def _wait_until_ready(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    ask = [str(PROGRAMS[-1] / "pg_isready"), "-q", "-h", str(folder)]
    while subprocess.run(ask, check=False).returncode:
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.05)
