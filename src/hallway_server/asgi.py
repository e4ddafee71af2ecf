"""The product's ASGI application: static files, then streams, then Django in one hop."""

import os
import re

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hallway_server.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.urls import reverse  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402
from servestatic import ServeStaticASGI  # noqa: E402

from hallway.asgi import with_hallway  # noqa: E402
from hallway.asgi.one_hop import OneHop  # noqa: E402
from hallway.live.app import Scope  # noqa: E402

from .watching import Observe, Watched  # noqa: E402

# The requests there are many of: posts, which wait for the disk together.
_POSTS = re.compile(r"/api/rooms/[^/]+/messages|/create-message/")
_STREAMS = {reverse("hallway:stream"), reverse("hallway:tutorial_stream")}


def shares_commit(scope: Scope) -> bool:
    return scope["method"] == "POST" and _POSTS.fullmatch(scope["path"]) is not None


def only_reads(scope: Scope) -> bool:
    """Pages and the like. A search may take its time, and is not to be waited for."""
    return scope["method"] in ("GET", "HEAD") and scope["path"] != "/api/search"


def is_stream(scope: Scope) -> bool:
    return scope["path"] in _STREAMS


def observer() -> Observe | None:
    """What counts the answers, where somebody may ask for the figures."""
    if not settings.METRICS_TOKEN:
        return None
    observe: Observe = import_string("hallway_server.metrics.observe")
    return observe


application = Watched(
    ServeStaticASGI(
        with_hallway(
            OneHop(
                body_limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
                shares_commit=shares_commit,
                only_reads=only_reads,
            )
        ),
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        allow_all_origins=False,
    ),
    proxies=settings.PROXIES,
    is_stream=is_stream,
    observe=observer(),
)
