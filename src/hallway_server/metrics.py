"""Figures for Prometheus, counted per process and added up when somebody asks.

Nothing here names anybody, a room or a text. Who asks has to know `HALLWAY_METRICS_TOKEN`; without
one there is no such address, and nothing is counted.
"""

import threading

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views import View
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from hallway.events import log
from hallway.live import hub
from hallway.live.app import Scope

from .beside import Beside

answers = Counter("hallway_answers", "Answers, by status; streams that were let in are not.",
                  ["status"])  # fmt: skip
posts = Histogram(
    "hallway_post_seconds", "From a post's arrival to its answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
streams = Gauge("hallway_streams", "Open streams.", multiprocess_mode="livesum")
deliveries = Counter("hallway_deliveries", "Events put before a reader.")
cuts = Counter("hallway_stream_cuts", "Streams cut: stalled, or too much waited for them.")
refusals = Counter("hallway_stream_refusals", "Streams not let in, by status.", ["status"])
lag = Gauge("hallway_log_lag_events", "Events in the log that streams have not been told.",
            multiprocess_mode="livemax")  # fmt: skip

_known: dict[str, int] = {}
_guard = threading.Lock()


def observe(scope: Scope, status: int, seconds: float) -> None:
    answers.labels(str(status)).inc()
    if scope["method"] == "POST" and scope["path"].endswith("/messages"):
        posts.observe(seconds)


def gather() -> None:
    """Take over what hubs have counted: they only add to numbers of their own."""
    hubs = hub.all_running()
    with _guard:
        streams.set(sum(len(one) for one in hubs))
        _add(deliveries, "deliveries", sum(one.deliveries for one in hubs))
        _add(cuts, "cuts", sum(one.cuts for one in hubs))
        for one in hubs:
            for status, number in tuple(one.refusals.items()):
                _add(refusals.labels(str(status)), f"refusals {status}", number)
    try:
        newest = log.span().newest
    except DatabaseError:
        return
    lag.set(max((newest - one.position for one in hubs), default=0))


def _add(counter: Counter, name: str, now: int) -> None:
    counter.inc(max(0, now - _known.get(name, 0)))
    _known[name] = now


class Gatherer(Beside):
    """So that what other processes answer for this one is fresh."""

    name = "hallway-metrics"
    every_seconds = 5.0

    def round(self) -> None:
        try:
            gather()
        finally:
            connection.close()


class MetricsView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        """Everything counted, for whoever knows the token; for others there is no such page."""
        token = settings.METRICS_TOKEN
        given = request.headers.get("Authorization", "")
        if not token or not constant_time_compare(given, f"Bearer {token}"):
            raise Http404
        gather()
        registry = REGISTRY
        if settings.METRICS_FOLDER:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return HttpResponse(
            generate_latest(registry),
            content_type=CONTENT_TYPE_LATEST,
            headers={"Cache-Control": "no-store"},
        )
