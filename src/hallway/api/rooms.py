"""The rooms an author may read."""

from django.http import HttpResponse
from ninja import Router

from hallway.actions import rooms as actions
from hallway.events.shapes import room_shape
from hallway.queries.directory import room_for, rooms_of

from .auth import ApiRequest
from .schemas import RoomIn, RoomOut, RoomsOut
from .shapes import answers, respond

router = Router(tags=["Rooms"])


@router.get("/rooms", response=answers({200: RoomsOut}))
def list_rooms(request: ApiRequest) -> HttpResponse:
    """Every room you may read."""
    return respond({"rooms": [room_shape(room) for room in rooms_of(request.auth)]})


@router.post("/rooms", response=answers({201: RoomOut}))
def create_room(request: ApiRequest, body: RoomIn) -> HttpResponse:
    """Open a new room; for staff."""
    return respond(room_shape(actions.create_room(request.auth, body.name)), status=201)


@router.put("/rooms/{slug}/membership", response=answers({204: None}))
def join_room(request: ApiRequest, slug: str) -> HttpResponse:
    """Become a member of an open room."""
    actions.join_room(request.auth, room_for(request.auth, slug))
    return HttpResponse(status=204)


@router.delete("/rooms/{slug}/membership", response=answers({204: None}))
def leave_room(request: ApiRequest, slug: str) -> HttpResponse:
    """Stop being a member."""
    actions.leave_room(request.auth, room_for(request.auth, slug))
    return HttpResponse(status=204)
