"""A fresh Django project with Hallway in it, as the guide tells: its lines are taken from there."""

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import httpx2

from tests.server import HOUSE, Person, Server, free_port
from tests.wire import Listener

GUIDE = HOUSE / "docs" / "guides" / "host-project.md"
# A strong hash takes the better part of a second, and is not what these projects are about.
QUICK = 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]\n'
_numbers = count(1)


def blocks(page: Path) -> list[tuple[str, str]]:
    """The code of a page that says in its first line which file it belongs to."""
    found = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", page.read_text(), re.DOTALL)
    return [(name, code) for name, code in found]


def added_lines() -> list[tuple[str, str]]:
    return [part for part in blocks(GUIDE) if part[0].startswith("mysite/")]


class Project:
    """`django-admin startproject mysite`, and what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.run("django", "startproject", "mysite", ".")
        self.add("mysite/settings.py", QUICK)

    def add(self, name: str, code: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if file.exists() else "") + code)

    def run(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        return self.run("django", "shell", "-c", code).strip()

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HALLWAY_", "DJANGO_", "PYTEST_"))
        }
        is_begun = (self.folder / "mysite").exists()
        settings = {"DJANGO_SETTINGS_MODULE": "mysite.settings"} if is_begun else {}
        return inherited | settings | {"PYTHONPATH": f"{self.folder}{os.pathsep}{HOUSE / 'src'}"}

    def serve(self, *arguments: str, port: int) -> "HostServer":
        environment = self.environment | {"PYTHONWARNINGS": "default"}
        return HostServer(
            self.folder / "data", environment, arguments=list(arguments), port=port
        ).start()


class HostServer(Server):
    """A server of such a project; Hallway is below /chat/."""

    def start(self) -> "HostServer":
        self.folder.mkdir(exist_ok=True)
        super().start()
        return self

    def _is_up(self) -> bool:
        assert self.process.poll() is None, f"the server ended:\n{self.log}"
        try:
            return httpx2.get(f"{self.url}/chat/up", verify=False).status_code == 200
        except httpx2.TransportError:
            return False

    def somebody(self, username: str, password: str = "correct horse") -> "Somebody":
        """Signed in by the site itself, as its own people are."""
        person = Somebody(self)
        self._people.append(person)
        person.http.get("/admin/login/")
        answer = person.send(
            "POST", "/admin/login/?next=/chat/", data={"username": username, "password": password}
        )
        assert answer.status_code == 302, answer.text
        return person


class Somebody(Person):
    """With an account of the host's."""

    def post(
        self, content: str, *, room: str = "hallway", client_id: str | None = None
    ) -> httpx2.Response:
        body = {"content": content} | ({"client_id": client_id} if client_id else {})
        return self.send("POST", f"/chat/api/rooms/{room}/messages", json=body)

    def me(self) -> dict[str, Any]:
        me: dict[str, Any] = self.http.get("/chat/api/me").json()
        return me

    def listen(self, path: str = "/api/stream", **headers: str) -> Listener:
        return super().listen(f"/chat{path}", **headers)


def servers() -> dict[str, list[str]]:
    """How each server is started; the port is put at the end."""
    application = "mysite.asgi:application"
    return {
        "runserver": ["django", "runserver", "--noreload", "{port}"],
        "daphne": ["daphne", "-b", "127.0.0.1", "-p", "{port}", application],
        "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--port", "{port}", application],
        "granian": [
            *("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}"),
            application,
        ],
        "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", application],
    }


def start(project: Project, server: str) -> HostServer:
    port = free_port()
    arguments = [part.replace("{port}", str(port)) for part in servers()[server]]
    return project.serve(*arguments, port=port)
