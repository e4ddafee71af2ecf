"""The pictures in docs/screenshots/: lobby, room and API, wide and phone, light and dark.

Run by `bin/screenshots`; not a test.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server import HOUSE, Person, Server, serve

FOLDER = HOUSE / "docs" / "screenshots"
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
ROOMS = ["Garden", "Workshop", "Book club", "茶室"]
# Days ago, clock, author, text.
CONVERSATION = [
    (2, "17:02", "Maya Okafor", "The lanterns for Saturday have arrived. Where should they go?"),
    (2, "17:04", "Jonas", "Along the path, I’d say – one every two metres."),
    (2, "17:04", "Jonas", "I can bring the ladder on Friday."),
    (1, "09:10", "Amina Yusuf", "Still to do:\n\n- lights on a timer\n- chairs from the workshop"),
    (1, "09:12", "Maya Okafor", "I’ll take the chairs."),
    (
        1,
        "11:40",
        "Tomasz",
        "> one every two metres\n\nThat makes **fourteen**, and we have twelve. A little wider:",
    ),
    (
        1,
        "11:40",
        "Tomasz",
        """```python
def spacing(path: float, lanterns: int) -> float:
    return path / (lanterns - 1)  # one at each end
```""",
    ),
    (1, "11:42", "Jonas", "2.55 m it is. The timer is `sunset` to `23:00`."),
    (0, "08:30", "林小雨", "早上好！星期六下雨的话，我们可以搬到茶室里。"),
    (0, "08:34", "Maya Okafor", "Good idea, 小雨. It has a roof *and* a kettle."),
    (0, "08:34", "Maya Okafor", "And Amina, your sign for the gate is lovely. Thank you!"),
    (0, "08:36", "Amina Yusuf", "😊"),
    (0, "08:41", "Jonas", "Everything is in place. See you all on Saturday!"),
]
HISTORY = """
import json
from datetime import datetime
from hallway.models import Message
for content, moment in json.loads(%r):
    Message.objects.filter(content=content).update(created_at=datetime.fromisoformat(moment))
"""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(serve(folder))
        maya = furnish(server)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for path in take(browser, server, maya):
            print(os.path.relpath(path))  # noqa: T201  what the script is for
        browser.close()


def furnish(server: Server) -> Person:
    """Rooms, people, and two days of conversation; the one who looks at it."""
    server.shell(
        "from django.contrib.auth.models import User\n"
        "User.objects.create_superuser('house', password='correct horse')"
    )
    staff = server.person()
    staff.sign_in("house", "correct horse")
    for name in ROOMS:
        staff.send("POST", "/api/rooms", json={"name": name})
    people = {name: server.person(name) for name in dict.fromkeys(line[2] for line in CONVERSATION)}
    now = datetime.now(UTC)
    moments = []
    for days, clock, name, text in CONVERSATION:
        people[name].say(text)
        hour, minute = map(int, clock.split(":"))
        moment = (now - timedelta(days=days)).replace(hour=hour, minute=minute)
        moments.append((text, moment.isoformat()))
    server.shell(HISTORY % json.dumps(moments))
    return people["Maya Okafor"]


def take(browser: Browser, server: Server, maya: Person) -> Iterator[Path]:
    for size, options in SIZES.items():
        for look in ("light", "dark"):
            context = browser.new_context(
                base_url=server.url, color_scheme=look, locale="en-GB", timezone_id="UTC", **options
            )
            page = context.new_page()
            page.goto("/lobby/")
            yield picture(page, f"lobby-{size}-{look}")
            page.goto("/api/docs")
            yield picture(page, f"docs-{size}-{look}")
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": server.url}
                    for name, value in maya.http.cookies.items()
                ]
            )
            page.goto("/rooms/hallway/")
            expect(page.locator("[x-cloak]")).to_have_count(0)
            page.locator("#composer-text").evaluate("box => box.blur()")
            yield picture(page, f"room-{size}-{look}")
            context.close()


def picture(page: Page, name: str) -> Path:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    return path
