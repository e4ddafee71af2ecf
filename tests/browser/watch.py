"""Whatever a browser complains about, and whom it talks to, in every test."""

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    WebError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The stream ends with its page, and so does what the page asks or tells of its own accord, or the
# loading of an icon; fetch calls that a failed request.
LEFT = re.compile(
    r"/(api/stream|api/rooms|api/me|stream-chat-messages/|static/\S*)\S*"
    r" net::ERR_ABORTED$"
)
OURS = re.compile(r"(data|blob|about):")


class Watch:
    """Listens to browsers, and remembers what must not happen unless a test provokes it."""

    def __init__(self) -> None:
        self.origins: set[str] = set()
        self.strangers: list[str] = []
        self._complaints: list[str] = []
        self._allowed: list[re.Pattern[str]] = [LEFT]
        self._contexts: list[BrowserContext] = []
        self._ears: dict[Any, Callable[[Any], None]] = {
            "console": self._console,
            "weberror": self._error,
            "dialog": self._dialog,
            "request": self._request,
            "response": self._response,
            "requestfailed": self._failed,
        }

    def follow(self, context: BrowserContext, origin: str) -> None:
        self.origins.add(origin)
        self._contexts.append(context)
        for event, hear in self._ears.items():
            context.on(event, hear)

    def rest(self) -> None:
        """What its browsers say from here on is somebody else's business."""
        for context in self._contexts:
            for event, hear in self._ears.items():
                context.remove_listener(event, hear)
        self._contexts.clear()

    def allow(self, *patterns: str) -> None:
        """This test makes these happen: regular expressions over the complaints."""
        self._allowed += [re.compile(pattern) for pattern in patterns]

    def allow_faults(self) -> None:
        """The connection is cut in this test: requests fail, and the console says so."""
        self.allow(r"^failed: ", r"Failed to load resource: net::ERR_")

    def allow_status(self, *statuses: int) -> None:
        """Answers with these are part of this test."""
        for status in statuses:
            self.allow(rf"^{status}: ", rf"responded with a status of {status}\b")

    def complaints(self) -> list[str]:
        """What happened so far and should not have."""
        for page in self._pages():
            # What the page said before this answer has been heard.
            page.evaluate("0")
        return self.strangers + [
            complaint
            for complaint in self._complaints
            if not any(pattern.search(complaint) for pattern in self._allowed)
        ]

    def _pages(self) -> "Iterator[Page]":
        for context in self._contexts:
            yield from (page for page in context.pages if not page.is_closed())

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self._complaints.append(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self._complaints.append(f"uncaught: {error.error.stack or error.error.message}")

    def _dialog(self, dialog: Dialog) -> None:
        self._complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not OURS.match(request.url) and not request.url.startswith(tuple(self.origins)):
            self.strangers.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._complaints.append(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        self._complaints.append(f"failed: {request.method} {request.url} {request.failure}")
