"""What an operation answers, and how the OpenAPI document tells it."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from ninja.responses import codes_4xx, codes_5xx

from hallway.events.shapes import AuthorShape, author_shape, room_shape
from hallway.models import Membership
from hallway.queries.sidebar import Door

from .schemas import ProblemOut


def answers(successes: dict[int, Any]) -> dict[Any, Any]:
    """The given answers, and a problem document for everything else."""
    return {**successes, codes_4xx: ProblemOut, codes_5xx: ProblemOut}


def respond(shape: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A JSON answer, for whoever asked alone. Shapes hold nothing that needs Django's encoder."""
    content = json.dumps(shape, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(
        content,
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def door_shape(door: Door) -> dict[str, Any]:
    """A room as one author meets it."""
    return {
        **room_shape(door.room, door.people),
        "name": door.room.name,
        "role": door.role,
        "level": door.level,
        "unread": door.unread,
        "mentions": door.mentions,
        "read_up_to": door.read_up_to,
        "newest": door.newest,
    }


def member_shape(membership: Membership) -> dict[str, str | AuthorShape]:
    return {"author": author_shape(membership.author), "role": membership.role}
