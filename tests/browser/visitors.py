"""People with a screen: a browser of their own, and one author behind it."""

import json
from collections import defaultdict
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.server import Person, Server

from .watch import Watch

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Tab:
    """One room page, by the names of what is on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = page.locator("#rows > .row")
        self.messages = page.locator("#rows .message")
        self.bodies = page.locator("#rows .message .body")
        self.authors = page.locator("#rows .message .author")
        self.days = page.locator("#rows > .day")
        self.box = page.locator("#composer-text")
        self.send_button = page.locator(".composer .send")
        self.notice = page.locator(".notice")
        self.to_end = page.locator(".to-end-button")
        self.rooms = page.locator("#doors .door")
        self.directs = page.locator("#directs .door")
        self.unread_line = page.locator("#rows .unread-line")

    def open(self, url: str) -> Self:
        self.page.goto(url)
        return self.awake()

    def reload(self) -> Self:
        self.page.reload()
        return self.awake()

    def awake(self) -> Self:
        """The page's script has taken over what the server drew."""
        expect(self.box).to_be_visible()
        expect(self.page.locator("[x-cloak]:not([x-ignore] *)")).to_have_count(0)
        return self

    def row(self, text: str) -> Locator:
        """The row whose message is exactly this."""
        return self.rows.filter(has=self.page.locator(".body").get_by_text(text, exact=True))

    def door(self, slug: str) -> Locator:
        return self.page.locator(f".door[data-room={slug}]")

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def sees(self, *texts: str) -> None:
        """These messages and no others, in this order, each once."""
        expect(self.bodies).to_have_text(list(texts))

    def markup(self) -> list[str]:
        """Each message as the DOM has it."""
        found: list[str] = self.messages.evaluate_all("all => all.map(one => one.outerHTML)")
        return found

    def hear_that(self, event: str) -> None:
        """The browser tells the page that it is frozen or thawed: "freeze", "resume".

        CDP's Page.setWebLifecycleState does nothing here: Playwright keeps every page in focus.
        """
        self.page.evaluate("event => document.dispatchEvent(new Event(event))", event)

    def texts(self) -> list[str]:
        return self.bodies.all_inner_texts()

    def scroll_up(self, pixels: int) -> None:
        self.page.locator("#timeline").evaluate("(one, by) => one.scrollBy(0, -by)", pixels)

    @property
    def scrolled(self) -> int:
        """How far above the end."""
        found: int = self.page.locator("#timeline").evaluate("one => Math.round(-one.scrollTop)")
        return found


class Profiles:
    """Browser profiles: lent out empty, kept for the next visitor with the same options.

    A new one costs a second of processor time, and its first page another: everything is fetched
    and compiled anew. What a visitor leaves behind that cannot be cleared away ends its profile.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[str, list[BrowserContext]] = defaultdict(list)
        self._lent: dict[BrowserContext, str] = {}

    def lend(self, **options: Any) -> BrowserContext:
        kind = json.dumps(options, sort_keys=True)
        free = self._free[kind]
        context = free.pop() if free else self._browser.new_context(**options)
        self._lent[context] = kind
        return context

    def spoil(self, context: BrowserContext) -> None:
        """Something was done to it that does not come undone."""
        self._lent.pop(context, None)

    def take_back(self, context: BrowserContext) -> None:
        kind = self._lent.pop(context, None)
        if kind is None or not context.pages:
            context.close()
            return
        *others, last = context.pages
        origins = {page.evaluate("origin") for page in context.pages}
        for page in others:
            page.close()
        # No script is left that could write what is cleared here.
        last.goto("about:blank")
        context.clear_cookies()
        storage = context.new_cdp_session(last)
        for origin in origins - {"null"}:
            everything = {"origin": origin, "storageTypes": "all"}
            storage.send("Storage.clearDataForOrigin", everything)
        last.close()
        context.set_offline(False)
        context.unroute_all()
        self._free[kind].append(context)


class Visitor(Tab):
    """A person with a browser, sitting at a first tab. `http` is the same author without one."""

    def __init__(
        self, context: BrowserContext, person: Person, url: str, profiles: Profiles
    ) -> None:
        super().__init__(context.new_page())
        self.context = context
        self._profiles = profiles
        self.http = person
        self.name = person.name
        self.url = url

    def visit(self, room: str = "hallway") -> Self:
        return self.open(f"{self.url}/rooms/{room}/")

    def new_tab(self, room: str = "hallway") -> Tab:
        return Tab(self.context.new_page()).open(f"{self.url}/rooms/{room}/")

    def take_clock(self) -> None:
        """From now on the page's time goes by only as told: `page.clock`."""
        self._profiles.spoil(self.context)
        self.page.clock.install()

    def say(self, *texts: str, room: str) -> None:
        """From somewhere else, not from this page."""
        for text in texts:
            self.http.say(text, room=room)


class Visitors:
    """Makes visitors, and sees them out."""

    def __init__(self, profiles: Profiles, watch: Watch) -> None:
        self._profiles = profiles
        self._watch = watch
        self._contexts: list[BrowserContext] = []
        self._people: list[Person] = []

    def stranger(self, server: Server, *, url: str = "", **options: Any) -> Page:
        """A fresh browser that nobody has entered with."""
        return self._context(url or server.url, options).new_page()

    def come(self, server: Server, name: str, *, url: str = "", **options: Any) -> Visitor:
        person = server.person(name)
        self._people.append(person)
        context = self._context(url or server.url, options)
        context.add_cookies(
            [
                {"name": key, "value": value, "url": server.url}
                for key, value in person.http.cookies.items()
            ]
        )
        return Visitor(context, person, url or server.url, self._profiles)

    def leave(self) -> None:
        self._watch.rest()
        for context in self._contexts:
            self._profiles.take_back(context)
        for person in self._people:
            # Frees the name for the next test; who has left or lost the server is gone already.
            if person.server.process.poll() is None:
                person.send("POST", "/leave/")
            person.close()

    def _context(self, url: str, options: dict[str, Any]) -> BrowserContext:
        given = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"} | options
        context = self._profiles.lend(base_url=url, **given)
        self._contexts.append(context)
        self._watch.follow(context, url)
        return context
