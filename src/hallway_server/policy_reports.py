"""Where browsers tell that a page tried what its policy forbids: a line in the log for each."""

import json
import logging
from math import ceil
from time import monotonic
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hallway.limits import Limiter, network_of

logger = logging.getLogger("hallway.policy")

# A report has one to two KB, and a broken page sends a handful.
MOST_BYTES = 16 * 1024
MOST_A_MINUTE = 20
LONGEST = 200
# What one wants to know of a report; the rest can hold what people wrote.
KNOWN = ("effective-directive", "blocked-uri", "document-uri", "source-file", "line-number")

_reports = Limiter("policy reports")


@method_decorator(csrf_exempt, name="dispatch")
class PolicyReportsView(View):
    """`report-uri` of the policy. Anybody may send: a report says nothing about its sender."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if len(request.body) > MOST_BYTES:
            return HttpResponse(status=413)
        wait = _reports.wait(network_of(request), MOST_A_MINUTE, now=monotonic())
        if wait > 0:
            return HttpResponse(status=429, headers={"Retry-After": str(ceil(wait))})
        report = _read(request.body)
        if report is None:
            return HttpResponse(status=400)
        logger.warning("A page was kept to its policy: %s", _told(report))
        return HttpResponse(status=204)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        report = json.loads(body)["csp-report"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    return report if isinstance(report, dict) else None


def _told(report: dict[str, Any]) -> str:
    """In one line of plain characters, without what an address asks for."""
    known = {name: str(report[name]).partition("?")[0] for name in KNOWN if report.get(name)}
    return ", ".join(f"{name} {value[:LONGEST]!a}" for name, value in known.items())
