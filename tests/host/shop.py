"""The shop of examples/, as its README starts it, in a folder of its own."""

import os
from pathlib import Path
from typing import Any

import httpx2

from tests.host.project import HostServer, Somebody
from tests.server import HOUSE, free_port

SHOP = HOUSE / "examples" / "shop"
MANAGE = """import sys
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


class Shop(HostServer):
    """Its server; people come in by the shop's own sign-in."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.host.shop_settings",
            "SHOP_DATABASE": str(folder / "shop.sqlite3"),
            "PYTHONPATH": os.pathsep.join(map(str, (SHOP, HOUSE / "src", HOUSE))),
            "PYTHONWARNINGS": "default",
        }
        folder.mkdir(exist_ok=True)
        arguments = ["django", "runserver", "--noreload", str(port)]
        super().__init__(folder, environment, arguments=arguments, port=port)
        self.manage("migrate", "-v0")
        self.manage("shop_example")

    def manage(self, *arguments: str) -> str:
        done = self.clerk.run(MANAGE, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def customer(self, name: str) -> "Customer":
        person = Customer(self)
        self._people.append(person)
        page = person.http.get("/accounts/login/").text
        answer = person.http.post(
            "/accounts/login/",
            data={"username": name, "password": "hallway", "csrfmiddlewaretoken": token_in(page)},
        )
        assert answer.status_code == 302, answer.text
        return person


def token_in(page: str) -> str:
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"', maxsplit=1)[0]


class Customer(Somebody):
    def order(self, number: int) -> str:
        """The page of an order; where this person may, its room is in it."""
        answer = self.http.get(f"/orders/{number}/")
        assert answer.status_code == 200
        return answer.text

    def room_of(self, number: int) -> str:
        """The slug of the order's room; blank where it is not theirs."""
        _, found, rest = self.order(number).partition('src="/chat/rooms/')
        return rest.partition("/")[0] if found else ""

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The shop keeps its tokens in the session: each page has one."""
        page = self.http.get("/chat/rooms/hallway/").text
        token = page.split('<meta name="csrf-token" content="')[1].split('"')[0]
        headers = {"X-Shop-Token": token} | options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)
