"""What `hallway doctor` looks at: this machine, and the whole way from outside to an open stream.

Each finding is one sentence; one that is wrong names the cause and what to do about it.
"""

import http.client
import json
import os
import resource
import shutil
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from email.utils import parsedate_to_datetime
from importlib import import_module
from pathlib import Path
from time import monotonic, time
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from hallway import conf
from hallway.actions import accounts, sign_ins
from hallway.identity import AUTHOR_KEY, BACKEND
from hallway.live.bell import between
from hallway.models import Author
from hallway_server.preparing import LEAST_SQLITE

# What the path may take: to answer, to let a stream's first bytes through, to tell of an event.
ANSWER_SECONDS = 10.0
FIRST_SECONDS = 4.0
RING_SECONDS = 4.0
SLOW_RING_SECONDS = 2.0
CLOCK_SECONDS = 10.0
LEAST_FREE = 500_000_000
LEAST_INODES = 10_000
# A process takes six: five for requests and one for the bell.
LEAST_CONNECTIONS = 12
BELL_SECONDS = 3.0
LEAST_FILES = 4096


class Finding(NamedTuple):
    """One thing that was looked at; without a cure it is as it should be."""

    what: str
    cure: str = ""

    @property
    def is_well(self) -> bool:
        return not self.cure


def look_at_machine() -> Iterator[Finding]:
    yield _disk()
    yield _files()
    yield from _database()
    yield from _bell()


def look_from_outside(url: str, *, waits_for_heartbeat: bool = True) -> Iterator[Finding]:
    """Follow the way that people's browsers take; stops at the first thing nothing can pass."""
    try:
        answer = _get(url, reverse("hallway:up"))
    except ssl.SSLError as error:
        yield Finding(
            f"{url} has a certificate that browsers refuse: {_reason(error)}.",
            "Give the proxy a certificate for this name, with its whole chain.",
        )
        return
    except OSError as error:
        yield Finding(
            f"Nobody answers at {url}: {_reason(error)}.",
            "Is the proxy running, does the name lead to this machine, is the port open?",
        )
        return
    found = list(_passable(url, answer))
    yield from found
    if all(finding.is_well for finding in found):
        yield _clock("proxy", _parsed(answer.getheader("Date")))
        yield from _others()
        yield from _stream(url, waits_for_heartbeat)


# --- this machine --------------------------------------------------------------------------------


def _disk() -> Finding:
    folder = Path(settings.DATA)
    if not os.access(folder, os.W_OK):
        return Finding(
            f"The data folder {folder} cannot be written to.",
            "Run this as the user Hallway runs as, give the folder to that user, or mount its disk "
            "for writing.",
        )
    for file in sorted(folder.glob("hallway.sqlite3*")):
        if not os.access(file, os.W_OK):
            return Finding(
                f"{file} cannot be written to.",
                "Give it to the user Hallway runs as: something was started as another one.",
            )
    free, inodes = shutil.disk_usage(folder).free, os.statvfs(folder)
    told = f"{free / 1e9:.1f} GB are free for {folder}"
    if free < LEAST_FREE:
        return Finding(f"Only {told}.", "Make room: a full disk refuses every message.")
    # Some file systems have no table of a fixed size.
    if inodes.f_files and inodes.f_favail < LEAST_INODES:
        return Finding(
            f"There is room for {inodes.f_favail} more files only on the disk of {folder}.",
            "Delete small files (df -i): without a place for another one nothing is stored.",
        )
    return Finding(f"{told}.")


def _files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < LEAST_FILES:
        return Finding(
            f"A process may open {hard} files here, and each stream is one.",
            "Raise it: LimitNOFILE= in the systemd unit, ulimit -n elsewhere.",
        )
    return Finding(f"A process may open {hard} files.")


def _database() -> Iterator[Finding]:
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite and sqlite3.sqlite_version_info < LEAST_SQLITE:
        yield Finding(
            f"SQLite {sqlite3.sqlite_version} is too old.",
            f"{'.'.join(map(str, LEAST_SQLITE))} is the oldest that will do: use a Python that "
            "brings a newer one, or PostgreSQL.",
        )
        return
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield Finding(
                "The database is of another version than this code.",
                "Start bin/serve of this version once: it brings the database up to date.",
            )
        else:
            yield Finding("The database answers, and its tables are of this version.")
        yield from _sqlite() if is_sqlite else _postgres()
    except DatabaseError as error:
        where = f"its files in {settings.DATA}" if is_sqlite else "DATABASE_URL"
        yield Finding(f"The database does not answer: {error}.", f"Look at {where}.")


def _sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        first = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    if mode != "wal":
        yield Finding(
            f"SQLite's journal is {mode!r}: readers wait for writers.",
            "Is the data folder on a network file system? SQLite needs a local disk.",
        )
    if first != "ok":
        yield Finding(f"The database is damaged: {first}.", "Restore the last backup.")
    if mode == "wal" and first == "ok":
        yield Finding(f"SQLite {sqlite3.sqlite_version} with a write-ahead log, undamaged.")


def _postgres() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp())::float8, "
            "current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend')"
        )
        now, room = cursor.fetchone()
    yield _clock("database", now)
    if room < LEAST_CONNECTIONS:
        yield Finding(
            f"PostgreSQL takes {room} more connections, and a process of Hallway's may want six.",
            "Raise max_connections, or run fewer --workers.",
        )


def _bell() -> Iterator[Finding]:
    """What carries the bell between processes brings back what is given to it."""
    link = between.link()
    if link is None:
        return
    name, setting = _carrier()
    # A ring of ours: others look into the log once more.
    letter = json.dumps([between.ORIGIN])
    until = monotonic() + BELL_SECONDS
    try:
        with link.carrier.ears() as letters:
            link.carrier.send([letter])
            for heard in letters:
                if heard == letter:
                    yield Finding(f"{name} carries the bell.")
                    return
                if monotonic() > until:
                    break
    except Exception as error:  # noqa: BLE001  each carrier has its own; all mean the same
        yield Finding(
            f"{name} does not carry the bell: {error}.",
            f"Is it running, and does {setting} lead to it? Until then processes look every "
            f"{conf.get().POLL_SECONDS} s, and typing and presence stay where they are.",
        )
        return
    yield Finding(
        f"{name} takes a ring of the bell and does not bring it back.",
        "A pool in between (PgBouncer) must keep sessions, or be left out for Hallway.",
    )


def _carrier() -> tuple[str, str]:
    """What carries the bell, and what is set to name it."""
    return ("Redis", "REDIS_URL") if conf.get().REDIS_URL else ("PostgreSQL", "DATABASE_URL")


# --- the way from outside ------------------------------------------------------------------------


def _passable(url: str, answer: http.client.HTTPResponse) -> Iterator[Finding]:
    if answer.status in (502, 503, 504) and not answer.getheader("X-Content-Type-Options"):
        yield Finding(
            f"The proxy at {url} answers {answer.status}: it does not reach Hallway.",
            "Is bin/serve running, at the address and port of proxy_pass?",
        )
        return
    if answer.status == 400:
        yield Finding(
            "Hallway does not go by the name that reaches it.",
            "The proxy must pass the name on (proxy_set_header Host $host), and HALLWAY_ORIGIN "
            "or HALLWAY_ALLOWED_HOSTS must have it.",
        )
        return
    if answer.status != 200:
        yield Finding(
            f"{url}{reverse('hallway:up')} answers {answer.status}, not 200.",
            "Is this Hallway? Look at its log.",
        )
        return
    page = _get(url, reverse("hallway:lobby"))
    where = urljoin(url, page.getheader("Location") or "")
    if page.status in (301, 302, 308) and where.startswith("https://"):
        cure = (
            "Let the proxy say how people came: proxy_set_header X-Forwarded-Proto $scheme; and "
            "let HALLWAY_PROXIES name the address it comes from."
        )
        if not url.startswith("https://"):
            cure = f"Give the address people use: hallway doctor --url {settings.ORIGIN or where}"
        yield Finding("Hallway takes an HTTPS request for plain HTTP and sends it round.", cure)
        return
    yield Finding(f"{url} leads to Hallway, which is ready.")


def _parsed(date: str | None) -> float | None:
    return parsedate_to_datetime(date).timestamp() if date else None


def _clock(whose: str, told: float | None) -> Finding:
    if told is None:
        return Finding("The answer has no date; the clock was not compared.")
    off = abs(told - time())
    if off > CLOCK_SECONDS:
        return Finding(
            f"The clock of the {whose} and of this machine differ by {off:.0f} s.",
            "Keep both with NTP (systemd-timesyncd, chrony).",
        )
    return Finding(f"The clocks of the {whose} and of this machine agree.")


def _others() -> Iterator[Finding]:
    """A server that hears the bell that we ring."""
    link = between.link()
    if link is None:
        return
    try:
        count = link.carrier.listeners()
    except Exception:  # noqa: BLE001  told already: it does not carry
        return
    name, setting = _carrier()
    if count:
        yield Finding(f"Who listens for the bell there: {count}, one for each process.")
    else:
        yield Finding(
            f"The server does not listen to {name} for the bell.",
            f"Start it with the same {setting} as this.",
        )


def _stream(url: str, waits_for_heartbeat: bool) -> Iterator[Finding]:
    with ExitStack() as visit:
        try:
            author, cookie = visit.enter_context(_somebody())
        except DatabaseError as error:
            yield Finding(
                f"No visitor could be let in: {error}.",
                "The database takes no writes: see what was found about it and its disk.",
            )
            return
        try:
            reader = _Reader(url, reverse("hallway:stream"), cookie)
        except OSError as error:
            yield Finding(
                f"No stream begins: {_reason(error)}.",
                "The proxy holds its head back: proxy_buffering off for /api/stream.",
            )
            return
        with reader:
            refusal = _refusal(reader)
            if refusal is not None:
                yield refusal
                return
            yield from _bytes(reader, author, waits_for_heartbeat)


def _refusal(reader: "_Reader") -> Finding | None:
    status, encoding = reader.answer.status, reader.answer.getheader("Content-Encoding")
    if status == 401:
        return Finding(
            "The stream does not know who asks: the cookie is lost on the way.",
            "The proxy must pass cookies on: no proxy_set_header Cookie, no proxy_hide_header.",
        )
    if status != 200:
        return Finding(f"The stream answers {status}.", "Look at the logs of proxy and Hallway.")
    if encoding not in (None, "identity"):
        return Finding(
            f"The stream is compressed ({encoding}), which holds messages back.",
            "Take text/event-stream out of gzip_types, or: gzip off for /api/stream.",
        )
    return None


def _bytes(reader: "_Reader", author: Author, waits_for_heartbeat: bool) -> Iterator[Finding]:
    if not reader.wait(lambda seen: b"event: heartbeat" in seen, FIRST_SECONDS):
        yield Finding(
            f"Nothing of the stream came within {FIRST_SECONDS:.0f} s: it is held back on the way.",
            "proxy_buffering off for /api/stream, and no proxy_ignore_headers X-Accel-Buffering; "
            "other proxies have a setting of their own against buffering.",
        )
        return
    yield Finding("A stream begins at once, uncompressed.")
    began = monotonic()
    sign_ins.look_again(author)
    if not reader.wait(lambda seen: b"event: access.changed" in seen, RING_SECONDS):
        yield Finding(
            f"What happened was not told within {RING_SECONDS:.0f} s.",
            "Does the server use this same database? If so, look into its log for the hub.",
        )
        return
    took = monotonic() - began
    slow = "The server is busy, or its bell is broken: look at its log and its load."
    yield Finding(
        f"What happens is told after {took:.2f} s.", slow if took > SLOW_RING_SECONDS else ""
    )
    if waits_for_heartbeat:
        beats = reader.seen.count(b"event: heartbeat")
        wanted = conf.get().HEARTBEAT_SECONDS
        if reader.wait(lambda seen: seen.count(b"event: heartbeat") > beats, wanted * 1.5):
            yield Finding(f"The stream stays open, and a heartbeat comes within {wanted:.0f} s.")
            return
        if reader.is_over:
            yield Finding(
                f"The stream was cut after {reader.age:.0f} s of silence, before a heartbeat came.",
                f"Something on the way gives up too early: proxy_read_timeout longer than "
                f"{wanted:.0f} s.",
            )
        else:
            yield Finding("No heartbeat came.", "Look into the server's log.")


@contextmanager
def _somebody() -> Iterator[tuple[Author, str]]:
    """A session for this visit: of an account there is, else of a guest who leaves again."""
    store_class: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    session = store_class()
    accounted = Author.objects.active().select_related("user").filter(user__is_active=True)
    author = accounted.filter(role=Author.Role.OWNER).first() or accounted.first()
    guest = None
    if author is not None and author.user is not None:
        session[SESSION_KEY] = str(author.user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = author.user.get_session_auth_hash()
    else:
        author = guest = accounts.enter_as_guest("")
        session[AUTHOR_KEY] = author.pk
    session.save()
    try:
        yield author, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    finally:
        session.delete()
        if guest is not None:
            accounts.leave(guest)


class _Reader:
    """One stream, read by a thread of its own."""

    def __init__(self, url: str, path: str, cookie: str) -> None:
        self._began = monotonic()
        headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
        self.answer, self._connection = _open(url, path, headers, FIRST_SECONDS)
        self.seen = b""
        self.is_over = False
        self.age = 0.0
        self._changed = threading.Condition()
        # http.client lets go of the socket of an answer that ends with the connection.
        self._socket: socket.socket = self.answer.fp.raw._sock  # type: ignore[attr-defined]  # noqa: SLF001
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Shut, not only closed: the thread is waiting in it.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)
        self.answer.close()
        self._connection.close()

    def wait(self, is_there: Callable[[bytes], bool], seconds: float) -> bool:
        """Whether what was read satisfies this before time is up or the stream is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or is_there(self.seen), seconds)
            return is_there(self.seen)

    def _read(self) -> None:
        try:
            while piece := self.answer.read1(65536):
                with self._changed:
                    self.seen += piece
                    self._changed.notify_all()
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        with self._changed:
            self.is_over = True
            self.age = monotonic() - self._began
            self._changed.notify_all()


def _get(url: str, path: str) -> http.client.HTTPResponse:
    """One whole answer; only its head is of interest."""
    answer, connection = _open(url, path, {}, ANSWER_SECONDS)
    with closing(connection), answer:
        answer.read()
    return answer


def _open(
    url: str, path: str, headers: dict[str, str], timeout: float
) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse(), connection
    except BaseException:
        connection.close()
        raise


def _reason(error: OSError) -> str:
    return getattr(error, "verify_message", "") or error.strerror or str(error) or "no answer"
