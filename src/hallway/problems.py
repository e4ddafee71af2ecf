"""Errors as answers: `application/problem+json` (RFC 9457), one shape everywhere."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import DatabaseError, DataError, IntegrityError

from hallway.asking import note
from hallway.errors import Busy, Conflict, HallwayError, InvalidParameters, StorageFull

CONTENT_TYPE = "application/problem+json"


class Problem(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def problem(error: HallwayError) -> Problem:
    """The answer that tells about this error, and a line in the log."""
    note("Refused", code=error.code, status=error.status)
    return Problem(error.status, _headers(error), json.dumps(document(error)).encode())


def document(error: HallwayError) -> dict[str, Any]:
    return {
        "type": f"/api/docs#{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error),
        "code": error.code,
    }


def _headers(error: HallwayError) -> dict[str, str]:
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    allow = getattr(error, "allow", None)
    if allow is not None:
        headers["Allow"] = ", ".join(allow)
    return headers


def database_problem(error: DatabaseError) -> HallwayError:
    """What a failed transaction means to whoever asked for it: nothing was stored."""
    if "has moved" in str(error):
        # Into PostgreSQL; the server that writes there is about to take our place.
        return Busy()
    if isinstance(error, IntegrityError | DataError):
        # Asking again would fail again.
        return Conflict() if isinstance(error, IntegrityError) else InvalidParameters()
    if "disk is full" in str(error) or "disk I/O error" in str(error):
        return StorageFull()
    return Busy()
