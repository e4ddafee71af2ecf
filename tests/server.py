"""The real server in a process of its own, and people who visit it over HTTP."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.clerk import Clerk
from tests.wire import Listener, until

HOUSE = Path(__file__).parents[1]
PRODUCT = ["hallway_server", "serve", "--port", "0"]
# A clean log has none of these; a warning is one line and expected in some tests.
COMPLAINTS = re.compile(r"Traceback|ERROR|Exception|was never awaited")
_number = count(1)
# A data folder as the first start of this run has made it, for the others to begin with.
_first: Path | None = None


class Server:
    """A server process: `python -m …` in a data folder of its own."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str] | None = None,
        *,
        arguments: list[str] | None = None,
        port: int = 0,
    ) -> None:
        self.folder = folder
        self.arguments = arguments or PRODUCT
        self.environment = _environment(folder, environment or {})
        self.log_file = folder.with_name(f"{folder.name}-{next(_number)}.log")
        self.clerk = Clerk(self.environment)
        self._known_port = port
        self._people: list[Person] = []

    def start(self) -> Self:
        if _first is not None and not self.folder.exists():
            # Static files and tables take longer than everything else; once is enough.
            shutil.copytree(_first, self.folder)
        self.started_at = time.monotonic()
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", *self.arguments],
                cwd=self.folder.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = until(self._find_url, seconds=30, what="the server to say where it is")
        until(self._is_up, seconds=30, what="the server to be up")
        self.ready_after = time.monotonic() - self.started_at
        self._keep_as_first()
        return self

    def _keep_as_first(self) -> None:
        global _first  # noqa: PLW0603
        is_usual = (
            self.arguments is PRODUCT
            and self.environment["HALLWAY_DATA"] == str(self.folder)
            and "DATABASE_URL" not in self.environment
        )
        if _first is None and is_usual:
            first = self.folder.with_name("first")
            shutil.copytree(self.folder / "static", first / "static")
            with (
                closing(sqlite3.connect(self.folder / "hallway.sqlite3")) as made,
                closing(sqlite3.connect(first / "hallway.sqlite3")) as copy,
            ):
                made.backup(copy)
            _first = first

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def person(self, name: str | None = None) -> "Person":
        """Somebody who came in under this name; None: somebody who stays outside."""
        person = Person(self)
        self._people.append(person)
        if name is not None:
            person.enter(name)
        return person

    def members(self, *names: str) -> "list[Person]":
        """People with accounts, who go by these names."""
        self.shell(
            "from django.contrib.auth.models import User\n"
            "one = User(); one.set_password('correct horse')\n"
            f"for name in {names!r}:\n"
            "    User.objects.create(\n"
            "        username=name.lower(), first_name=name, password=one.password)"
        )
        people = [self.person() for _ in names]
        for person, name in zip(people, names, strict=True):
            person.sign_in(name.lower(), "correct horse")
            person.name = name
        return people

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self, *, seconds: float = 10) -> int:
        return self.process.wait(seconds)

    def stop(self, *, codes: Sequence[int] = (0,), is_ours: bool = True) -> None:
        """Ask it to stop; it ends by itself, with nothing to complain about."""
        for person in self._people:
            person.close()
        if self.process.poll() is None:
            self.signal()
        try:
            code = self.wait()
        finally:
            self.process.kill()
            self.process.wait()
            self.clerk.close()
        assert not (is_ours and COMPLAINTS.search(self.log)), self.log
        assert code in codes, f"exit code {code}\n{self.log}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def shell(self, code: str) -> str:
        """Run Python with this server's settings, in a process of its own: what it prints."""
        done = self.clerk.run(code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _find_url(self) -> str:
        assert self.process.poll() is None, f"the server ended:\n{self.log}"
        if self._known_port:
            return f"http://127.0.0.1:{self._known_port}"
        found = re.search(r"Hallway is at (http://\S+)", self.log)
        return found[1] if found else ""

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"the server ended:\n{self.log}"
        try:
            # Reading all certificates of this machine takes fifty times as long as asking.
            return httpx2.get(f"{self.url}/up", verify=False).status_code == 200
        except httpx2.TransportError:
            return False


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[Server]:
    server = Server(folder / "data", environment).start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person:
    """A browser without a screen: cookies, the CSRF token, a stream."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx2.Client(base_url=server.url, verify=False, timeout=15)
        self.name = ""
        self._numbers = count(1)
        self._listeners: list[Listener] = []

    def enter(self, name: str = "") -> None:
        self.http.get("/lobby/")
        answer = self.send("POST", "/lobby/", data={"username": name})
        assert answer.status_code == 302, answer.text
        self.name = self.http.get("/api/me").json()["name"]

    def sign_in(self, username: str, password: str) -> None:
        """With an account, by its address or its name."""
        self.http.get("/sign-in/")
        answer = self.send("POST", "/sign-in/", data={"email": username, "password": password})
        assert answer.status_code == 302, answer.text

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """A request that changes something, with the CSRF token."""
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken") or ""}
        headers |= options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)

    def post(
        self, content: str, *, room: str = "hallway", client_id: str | None = None
    ) -> httpx2.Response:
        body = {"content": content}
        if client_id is not None:
            body["client_id"] = client_id
        return self.send("POST", f"/api/rooms/{room}/messages", json=body)

    def say(self, content: str, *, room: str = "hallway") -> dict[str, Any]:
        """Post, and be sure of it."""
        answer = self.post(content, room=room)
        assert answer.status_code == 201, answer.text
        message: dict[str, Any] = answer.json()
        return message

    def history(self, room: str = "hallway", **query: int) -> list[dict[str, Any]]:
        answer = self.http.get(f"/api/rooms/{room}/messages", params=query)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def listen(self, path: str = "/api/stream", **headers: str) -> Listener:
        """Open a stream; keywords are headers: `listen(last_event_id="…")`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        listener = Listener(self.server.url + path, {"Cookie": self.cookie} | named)
        self._listeners.append(listener)
        return listener

    def hear(self, path: str = "/api/stream", **headers: str) -> Listener:
        """Open a stream and wait until it is live."""
        listener = self.listen(path, **headers)
        assert listener.status == 200, listener.answer.body
        listener.heartbeat()
        return listener

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self.http.close()


def _environment(folder: Path, values: dict[str, str]) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HALLWAY_", "DJANGO_", "PYTEST_"))
        and name not in ("DATABASE_URL", "REDIS_URL")
    }
    return (
        inherited
        | {
            "DJANGO_SETTINGS_MODULE": "tests.served",
            "HALLWAY_DATA": str(folder),
            "PYTHONPATH": f"{HOUSE / 'src'}{os.pathsep}{HOUSE}",
            "PYTHONWARNINGS": "error",
        }
        | values
    )
