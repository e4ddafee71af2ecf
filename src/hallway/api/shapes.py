"""What an operation answers, and how the OpenAPI document tells it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from hallway.events.shapes import AuthorShape, author_shape, room_shape, to_json
from hallway.models import Membership
from hallway.queries.sidebar import Door

from .schemas import ProblemOut

# Stands for all of them: Ninja makes a model for each status of each operation, and with twenty of
# problems it was a third of the time that the server takes to start.
ANY_PROBLEM = 400


def answers(successes: dict[int, Any]) -> dict[int, Any]:
    """The given answers, and a problem document for everything else."""
    return {**successes, ANY_PROBLEM: ProblemOut}


def tell_problems(responses: dict[Any, Any]) -> None:
    """Put all the problems there can be into an operation's answers."""
    content = responses.pop(ANY_PROBLEM)["content"].values()
    problems = dict.fromkeys(["application/problem+json"], *content)
    responses["4XX"] = {"description": "Refused", "content": problems}
    responses["5XX"] = {"description": "Failed", "content": problems}


def respond(shape: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A JSON answer, for whoever asked alone. Shapes hold nothing that needs Django's encoder."""
    return HttpResponse(
        to_json(shape).encode(),
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


def member_shape(membership: Membership, *, online: bool) -> dict[str, str | bool | AuthorShape]:
    return {
        "author": author_shape(membership.author),
        "role": membership.role,
        "online": online,
    }
