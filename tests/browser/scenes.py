"""Every page and dialog there is, in a house that is lived in: for axe, and for the gallery."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from playwright.sync_api import Page, expect

from tests.server import Person, Server

from .visitors import Tab

ME = "Maya Okafor"
PEOPLE = (ME, "Jonas", "Amina Yusuf", "Tomasz", "林小雨")
ROOMS = {
    "Garden": "Beds, bulbs and the compost rota",
    "Workshop": "Tools and what is being built",
    "Book club": "",
    "茶室": "喝茶聊天",
}
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
LANTERNS, LADDER, CHAIRS, ROOF, END = (CONVERSATION[at][3] for at in (0, 2, 4, 9, 12))
IN_THE_PAST = """
import json
from datetime import datetime
from hallway.models import Message
for content, moment in json.loads(%r):
    Message.objects.filter(content=content).update(created_at=datetime.fromisoformat(moment))
"""
MAKE_ADMIN = """
from django.contrib.auth.models import User
User.objects.filter(username=%r).update(is_staff=True, is_superuser=True)
"""


class Lived:
    """A server with two days of conversation on it, and Maya, who runs the place."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.people = dict(zip(PEOPLE, server.members(*PEOPLE), strict=True))
        server.shell(MAKE_ADMIN % ME.lower())
        self.maya = self.people[ME]
        self.jonas, self.amina = self.people["Jonas"], self.people["Amina Yusuf"]
        self.slugs = [
            self._made(self.maya, "/api/rooms", name=name, description=about)["slug"]
            for name, about in ROOMS.items()
        ]
        self.ids = {text: self.people[name].say(text)["id"] for _, _, name, text in CONVERSATION}
        self.invitation = self._made(self.maya, "/api/invitations", uses=10, days=7)["url"]
        self._react()
        self._read()
        self._elsewhere()
        self.server.shell(IN_THE_PAST % json.dumps(list(self._moments())))

    def _react(self) -> None:
        for name in ("Jonas", "林小雨", "Tomasz"):
            self.people[name].send("PUT", f"/api/messages/{self.ids[CHAIRS]}/reactions/🎉")
        for name in (ME, "Tomasz"):
            self.people[name].send("PUT", f"/api/messages/{self.ids[END]}/reactions/👍")
        self.maya.send("PUT", f"/api/messages/{self.ids[LADDER]}/pin")
        # One's own words, changed twice.
        for text in ("Good idea, 小雨. It has a roof.", ROOF):
            self.maya.send("PATCH", f"/api/messages/{self.ids[ROOF]}", json={"content": text})
            self.server.shell(
                "from datetime import timedelta\nfrom hallway.models import Message\n"
                f"one = Message.objects.get(pk={self.ids[ROOF]})\n"
                "one.edited_at -= timedelta(seconds=30)\none.save()"
            )

    def _read(self) -> None:
        """How far each is, which this room shows."""
        self.maya.send("PATCH", "/api/rooms/hallway", json={"shows_readers": True})
        for name, text in ((ME, END), ("Jonas", END), ("Amina Yusuf", END), ("Tomasz", ROOF)):
            read = {"message": self.ids[text]}
            self.people[name].send("PUT", "/api/rooms/hallway/read", json=read)

    def _elsewhere(self) -> None:
        """Unread rooms, a mention, a conversation of two, and a report that waits."""
        self.jonas.say("The seeds are here.", room=self.slugs[0])
        self.amina.say(f"@{ME} which compost do we take?", room=self.slugs[0])
        me = self.maya.http.get("/api/me").json()["id"]
        direct = self._made(self.jonas, "/api/direct", authors=[me])["slug"]
        self.jonas.say("Do you have a minute?", room=direct)
        spam = self.people["Tomasz"].say("Cheap lanterns at lanterns.example!", room=self.slugs[1])
        self._made(
            self.amina, f"/api/messages/{spam['id']}/reports", reason="Advertising, three times now"
        )

    @staticmethod
    def _made(person: Person, path: str, **body: object) -> dict[str, str]:
        answer = person.send("POST", path, json=body)
        assert answer.is_success, answer.text
        made: dict[str, str] = answer.json() if answer.content else {}
        return made

    @staticmethod
    def _moments() -> "list[tuple[str, str]]":
        now, moments = datetime.now(UTC), []
        for days, clock, _, text in CONVERSATION:
            hour, minute = map(int, clock.split(":"))
            moment = (now - timedelta(days=days)).replace(hour=hour, minute=minute)
            moments.append((text, moment.isoformat()))
        return moments

    def sign_in(self, page: Page) -> None:
        page.context.add_cookies(
            [
                {"name": name, "value": value, "url": self.server.url}
                for name, value in self.maya.http.cookies.items()
            ]
        )


class Scene(NamedTuple):
    """How one gets to it: from the room page, or by an address."""

    name: str
    show: Callable[[Page, Lived], None]
    path: str = ""
    is_outside: bool = False


def _nothing(page: Page, lived: Lived) -> None:
    pass


def _sidebar(page: Page, lived: Lived) -> None:
    button = page.get_by_role("button", name="Rooms", exact=True)
    if button.is_visible():
        button.click()


def _toolbar(page: Page, lived: Lived) -> None:
    Tab(page).row(LANTERNS).focus()
    expect(page.get_by_role("toolbar", name="Message actions")).to_be_visible()


def _menu(page: Page, lived: Lived) -> None:
    _toolbar(page, lived)
    page.get_by_role("toolbar").get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menu", name="More actions")).to_be_visible()


def _emoji(page: Page, lived: Lived) -> None:
    _toolbar(page, lived)
    page.get_by_role("button", name="React with any emoji").click()
    expect(page.locator("#emoji-picker [data-emoji]")).not_to_have_count(0)


def _report(page: Page, lived: Lived) -> None:
    Tab(page).row(LADDER).focus()
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.get_by_role("dialog", name="Report this message?")).to_be_visible()


def _delete(page: Page, lived: Lived) -> None:
    _toolbar(page, lived)
    page.get_by_role("toolbar").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#confirm-delete")).to_be_visible()


def _pins(page: Page, lived: Lived) -> None:
    page.get_by_role("button", name="Pinned messages").click()
    expect(page.get_by_role("dialog", name="Pinned messages").locator(".note")).to_have_count(1)


def _history(page: Page, lived: Lived) -> None:
    row = Tab(page).row("Good idea, 小雨. It has a roof and a kettle.")
    row.get_by_role("button", name="edited").press("Enter")
    expect(page.get_by_role("dialog", name="Earlier versions").locator(".note")).to_have_count(2)


def _reactors(page: Page, lived: Lived) -> None:
    row = Tab(page).row(END)
    row.focus()
    row.locator(".reaction").first.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()


def _card(page: Page, lived: Lived) -> None:
    # As the keyboard presses it: under a pointer the message's tools could lie over it.
    Tab(page).row(END).locator(".author").press("Enter")
    expect(page.locator("#person-card").get_by_role("heading")).to_have_text("Jonas")


def _mention(page: Page, lived: Lived) -> None:
    Tab(page).box.press_sequentially("Thank you @")
    expect(page.get_by_role("option").first).to_be_visible()


def _reply(page: Page, lived: Lived) -> None:
    Tab(page).row(END).focus()
    page.get_by_role("toolbar").get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_text("Replying to")).to_be_visible()


def _search(page: Page, lived: Lived) -> None:
    page.keyboard.press("Control+Shift+F")
    page.get_by_role("textbox", name="What to search for").fill("lanterns")
    expect(page.locator(".hit mark").first).to_be_visible()


def _search_help(page: Page, lived: Lived) -> None:
    page.keyboard.press("Control+Shift+F")
    expect(page.locator("#search-help")).to_be_visible()


def _switcher(page: Page, lived: Lived) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()


def _shortcuts(page: Page, lived: Lived) -> None:
    page.locator("#timeline").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def _me(page: Page, lived: Lived) -> None:
    _sidebar(page, lived)
    page.locator(".me-button").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def _new_room(page: Page, lived: Lived) -> None:
    _sidebar(page, lived)
    page.get_by_role("button", name="New room").click()
    expect(page.get_by_role("dialog", name="New room")).to_be_visible()


def _new_direct(page: Page, lived: Lived) -> None:
    _sidebar(page, lived)
    page.get_by_role("button", name="New message").click()
    expect(
        page.get_by_role("dialog", name="New message").get_by_role("listitem")
    ).not_to_have_count(0)


def _details(page: Page, lived: Lived) -> None:
    page.get_by_role("button", name="Room details").click()
    expect(page.locator("#room-details").get_by_role("listitem")).not_to_have_count(0)


def _delete_room(page: Page, lived: Lived) -> None:
    page.goto(f"/rooms/{lived.slugs[2]}/")
    _details(page, lived)
    page.get_by_role("button", name="Delete room…").click()
    expect(page.get_by_role("dialog", name="Delete this room?")).to_be_visible()


def _join(page: Page, lived: Lived) -> None:
    page.goto(lived.invitation)
    expect(page.get_by_label("Password")).to_be_visible()


def _ban(page: Page, lived: Lived) -> None:
    page.goto("/people/")
    page.get_by_role("link", name="Ban… Tomasz").click()
    expect(page.get_by_role("button", name="Ban", exact=True)).to_be_visible()


SCENES = [
    Scene("lobby", _nothing, "/lobby/", is_outside=True),
    Scene("sign-in", _nothing, "/sign-in/", is_outside=True),
    Scene("password", _nothing, "/password/", is_outside=True),
    Scene("join", _join, "/lobby/", is_outside=True),
    Scene("not-found", _nothing, "/no-such-page/", is_outside=True),
    Scene("docs", _nothing, "/api/docs", is_outside=True),
    Scene("room", _nothing),
    Scene("sidebar", _sidebar),
    Scene("message-menu", _menu),
    Scene("emoji", _emoji),
    Scene("reply", _reply),
    Scene("mention", _mention),
    Scene("reactors", _reactors),
    Scene("card", _card),
    Scene("pins", _pins),
    Scene("history", _history),
    Scene("report", _report),
    Scene("delete", _delete),
    Scene("search", _search),
    Scene("search-help", _search_help),
    Scene("switcher", _switcher),
    Scene("shortcuts", _shortcuts),
    Scene("me", _me),
    Scene("new-room", _new_room),
    Scene("new-direct", _new_direct),
    Scene("room-details", _details),
    Scene("delete-room", _delete_room),
    Scene("account", _nothing, "/account/"),
    Scene("people", _nothing, "/people/"),
    Scene("ban", _ban, "/people/"),
    Scene("moderation", _nothing, "/moderation/"),
]


def open_scene(page: Page, scene: Scene, lived: Lived) -> None:
    """On a page of a browser that is signed in, unless the scene is outside."""
    if scene.path:
        page.goto(scene.path)
    else:
        tab = Tab(page).open("/rooms/hallway/")
        tab.box.fill("")  # what the scene before left is a draft
        # Somebody who uses the keyboard: code that scrolls is made a stop only then.
        page.keyboard.press("Tab")
        page.evaluate("document.activeElement.blur()")
    scene.show(page, lived)
