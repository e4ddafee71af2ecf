"""The fast path: streams in front of Django, requests through it in one hop.

from hallway.asgi import with_hallway
application = with_hallway(get_asgi_application())
"""

from typing import Any

from django.urls import reverse

from hallway.live import app
from hallway.live.app import Receive, Scope
from hallway.live.push import Send

from .stopping import Stopping

ASGIApplication = Any


def with_hallway(django: ASGIApplication) -> ASGIApplication:
    """Answer Hallway's streams, pass everything else on, and end the streams when asked to stop."""
    return Stopping(Streams(django))


class Streams:
    """Routes the two streams past Django."""

    def __init__(self, django: ASGIApplication) -> None:
        self._django = django
        self._streams = {
            reverse("hallway:stream"): app.events,
            reverse("hallway:tutorial_stream"): app.tutorial,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = self._streams.get(scope.get("path", "")) if scope["type"] == "http" else None
        if stream is None:
            await self._django(scope, receive, send)
        else:
            await stream(scope, receive, send)
