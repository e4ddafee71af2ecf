"""`hallway serve`: make everything ready, say where it is, and serve until told to stop."""

import asyncio
import errno
import gc
import os
import resource
import shutil
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from hallway_server.preparing import end_with

from .move import has_moved
from .workers import Supervisor

# A peer that takes no bytes for this long is gone; the kernel drops what waits for it. This frees
# the buffers of readers that stall, which closing a connection politely never does.
PEER_SECONDS = 25
BACKLOG = 2048
# Streams end at once when asked to stop; this is for what is being posted or downloaded.
GRACE_SECONDS = 4
# Objects made before the garbage collector looks for cycles among them; Python's 700 makes it run
# several times in every request.
GARBAGE_THRESHOLD = 20_000


# Descriptors for what is no stream: the database, static files, and requests for pages, each of
# which keeps its connection open for some seconds.
OTHER_FILES = 150
# How a worker learns what its address was called.
HOST = "HALLWAY_WORKER_HOST"


class CannotServe(Exception):
    """Something outside of Hallway is in the way; the text says what."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes; more than one need PostgreSQL.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the chat. Data is kept in HALLWAY_DATA, ./data unless set."""
    os.umask(0o077)  # what people write is nobody else's on this machine
    gc.disable()  # what is made while starting stays: a tenth of the time to look at it
    if workers > 1:
        _check_database()
    with ExitStack() as held:
        listener = held.enter_context(_listen(host, port))
        _allow(host)
        _make_room()
        prepare(loads_pages=workers == 1)
        greeting = _greeting(listener)
        if workers == 1:
            _run(listener, greeting=greeting)
            return
        os.environ[HOST] = host
        _share_figures()
        listeners = [held.enter_context(one) for one in _share(listener, workers)]
        gc.enable()
        Supervisor(listeners).run(greeting=greeting)


@click.command(hidden=True)
@click.argument("listener", type=int)
@click.argument("told", type=int)
@click.argument("number", type=int)
@click.argument("parent", type=int)
def work(listener: int, told: int, number: int, parent: int) -> None:
    """One of several processes; `serve --workers` starts it."""
    import django

    os.umask(0o077)
    gc.disable()
    end_with(parent)
    _allow(os.environ.get(HOST, ""))
    _make_room()
    django.setup()

    def tell() -> None:
        os.write(told, b"1")
        os.close(told)

    _run(socket.socket(fileno=listener), on_ready=tell, keeps_house=number == 0)


def _check_database() -> None:
    from django.conf import settings

    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        raise CannotServe(
            "more than one worker needs PostgreSQL, SQLite serves one process: set "
            "DATABASE_URL=postgres://user:password@host/name or leave --workers at 1."
        )


def _share_figures() -> None:
    """An empty folder where the processes count together, if somebody may ask."""
    from django.conf import settings

    if settings.METRICS_TOKEN:
        folder = Path(settings.DATA) / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _gatherer() -> AbstractContextManager[Any]:
    from hallway_server.metrics import Gatherer

    return Gatherer()


def _share(listener: socket.socket, workers: int) -> list[socket.socket]:
    """As many sockets as workers, at the address of this one, which told that it is free."""
    address = listener.getsockname()
    listener.close()
    shared = []
    for _ in range(workers):
        one = socket.socket(listener.family, listener.type, listener.proto)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_SECONDS * 1000)
        one.bind(address)
        one.listen(BACKLOG)
        shared.append(one)
    return shared


def _listen(host: str, port: int) -> socket.socket:
    """Take the port first: nothing else is worth doing without it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Bound is not taken yet: only listening tells that another server is there.
        listener.listen(BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"port {port} of {host} is taken by another program; choose one with --port."
            ) from error
        raise CannotServe(f"cannot listen at {host} port {port}: {error.strerror}.") from error
    # Inherited by every connection that is accepted here.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_SECONDS * 1000)
    return listener


def _allow(host: str) -> None:
    """The address we listen at is one we go by, unless the administrator chose the names."""
    if "HALLWAY_ALLOWED_HOSTS" in os.environ:
        return
    from django.conf import settings

    wanted = f"[{host}]" if ":" in host else host
    if host in ("0.0.0.0", "::"):  # noqa: S104  every address of this machine
        names = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
        settings.ALLOWED_HOSTS += [f"[{name}]" if ":" in str(name) else name for name in names]
    elif wanted not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(wanted)


def _make_room() -> None:
    """Take no more streams than there are descriptors for, and leave some to everything else."""
    from django.conf import settings

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = max(1, hard - OTHER_FILES)
    wanted: Any = settings.HALLWAY["STREAMS"]
    if room < wanted:
        print(
            f"This process may open {hard} files, which is room for {room} streams, not "
            f"{wanted}: raise it with `ulimit -n`.",
            file=sys.stderr,
        )
        settings.HALLWAY["STREAMS"] = room


def prepare(*, loads_pages: bool = False) -> None:
    """The data folder, the database and the static files, as this version needs them.

    Whoever serves has the pages' modules loaded while a helper compresses the static files.
    """
    import django
    from django.conf import settings

    _check_folder(Path(settings.DATA))
    django.setup()
    from django.db import DatabaseError

    from hallway_server import reserve
    from hallway_server.preparing import LEAST_SQLITE, migrate, static_files_collected

    folder = Path(settings.DATA)
    database = settings.DATABASES["default"]["NAME"]
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if is_sqlite and sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise CannotServe(
            f"SQLite {sqlite3.sqlite_version} is too old, {'.'.join(map(str, LEAST_SQLITE))} is "
            "the oldest that will do: use a Python that brings a newer one, or PostgreSQL."
        )
    if is_sqlite and has_moved(Path(database)):
        raise CannotServe(
            "this SQLite database has moved to PostgreSQL: set DATABASE_URL to its address, or "
            "take the move back with `hallway move-to-postgres --stay`."
        )
    _check_postgres()
    with static_files_collected():
        try:
            try:
                migrate()
            except DatabaseError:
                if not reserve.let_go(folder):
                    raise
                migrate()
        except DatabaseError as error:
            [reason, *_] = str(error).splitlines() or [type(error).__name__]
            raise CannotServe(f"cannot use the database {database}: {reason}.") from error
        if loads_pages:
            import_module(settings.ROOT_URLCONF)
    reserve.put_by(folder)


def _check_postgres() -> None:
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    from hallway_server.postgres import why_not  # psycopg is only there where it is asked for

    if reason := why_not():
        name = connection.settings_dict["NAME"]
        raise CannotServe(f"cannot use the database {name}: {reason}.")


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotServe(
            f"cannot write to the data folder {folder}: {error.strerror}; "
            "choose another with HALLWAY_DATA."
        ) from error


def _first_run_page() -> str:
    """Where to become the owner; empty once there is one."""
    from django.db import connection
    from django.urls import reverse

    from hallway.actions import people

    try:
        if people.has_owner():
            return ""
        return reverse("hallway:first_run", args=[people.first_run_secret()])
    finally:
        connection.close()


def _greeting(listener: socket.socket) -> list[str]:
    from django.conf import settings

    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    lines = [f"Hallway is at http://{shown}:{port}  (Ctrl-C stops it)"]
    if first_run := _first_run_page():
        origin = settings.ORIGIN or f"http://{shown}:{port}"
        lines.append(f"It has no owner yet. Become it, once, at {origin}{first_run}")
    return lines


def _run(
    listener: socket.socket,
    *,
    greeting: Sequence[str] = (),
    on_ready: Callable[[], None] | None = None,
    keeps_house: bool = True,
) -> None:
    import uvicorn
    from django.conf import settings

    from hallway_server.checkpoint import Checkpointer
    from hallway_server.housekeeping import Housekeeper
    from hallway_server.protocol import PatientProtocol

    asked_to_stop = False

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if asked_to_stop:
                # Told now it would leave without taking leave of anybody.
                asyncio.get_running_loop().call_soon(setattr, self, "should_exit", True)
            if on_ready is not None:
                on_ready()
            if greeting:
                print("\n".join(greeting), flush=True)

    config = uvicorn.Config(
        "hallway_server.asgi:application",
        loop="uvloop",
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,  # ours, from the settings
        access_log=False,
        server_header=False,
        proxy_headers=False,  # watching.py believes proxies
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=BACKLOG,
    )

    def stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    # Once it has stopped, uvicorn raises the signal again for whoever listened before it. Being
    # asked to stop is no failure: the exit code is 0. Until uvicorn listens, it is kept for it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    config.load()
    # What was loaded stays for good: the collector need not walk it again and again.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    gc.enable()
    counting = _gatherer() if settings.METRICS_TOKEN else nullcontext()
    with Checkpointer(), Housekeeper() if keeps_house else nullcontext(), counting:
        Server(config).run([listener])
    sys.stdout.flush()
