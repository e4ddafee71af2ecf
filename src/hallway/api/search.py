"""Finding messages."""

from typing import Annotated
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from ninja import Query, Router

from hallway.errors import InvalidParameters
from hallway.events.shapes import message_shape
from hallway.limits import check_searching
from hallway.queries.directory import room_for
from hallway.queries.search import search

from .auth import ApiRequest
from .schemas import SearchIn, SearchOut
from .shapes import answers, respond

router = Router(tags=["Search"])


@router.get("/search", response=answers({200: SearchOut}))
def find_messages(request: ApiRequest, asked: Annotated[SearchIn, Query()]) -> HttpResponse:
    """Messages in the rooms you may read, newest first; before the one with this id."""
    check_searching(request.auth.pk)
    found = search(
        request.auth,
        asked.q,
        room=room_for(request.auth, asked.room) if asked.room else None,
        author=asked.author,
        before=asked.before,
        limit=asked.limit,
        zone=_zone(asked.zone),
    )
    return respond(
        {
            "messages": [
                {
                    **message_shape(hit.message),
                    "excerpt": [part._asdict() for part in hit.excerpt],
                }
                for hit in found.hits
            ],
            "has_more": found.has_more,
        }
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # what ZoneInfo raises for names that are none
        raise InvalidParameters("zone: no time zone has this name.") from error
