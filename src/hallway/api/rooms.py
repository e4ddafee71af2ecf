"""The rooms an author may read, and how far they have read them."""

from django.http import HttpResponse
from ninja import Router

from hallway.actions import reading
from hallway.actions import rooms as actions
from hallway.events.shapes import room_shape
from hallway.queries.directory import author_for, members_of, room_for
from hallway.queries.sidebar import doors_of

from .auth import ApiRequest
from .schemas import DirectIn, ReadIn, RoomEdit, RoomIn, RoomOut, RoomsOut
from .shapes import answers, door_shape, respond

router = Router(tags=["Rooms"])


@router.get("/rooms", response=answers({200: RoomsOut}))
def list_rooms(request: ApiRequest) -> HttpResponse:
    """Every room you may read: first rooms, then direct ones by latest activity."""
    return respond({"rooms": [door_shape(door) for door in doors_of(request.auth)]})


@router.post("/rooms", response=answers({201: RoomOut}))
def create_room(request: ApiRequest, body: RoomIn) -> HttpResponse:
    """Open a new room, for everybody or private; for those with an account."""
    room = actions.create_room(
        request.auth, body.name, kind=body.kind, description=body.description
    )
    return respond(room_shape(room), status=201)


@router.post("/direct", response=answers({201: RoomOut, 200: RoomOut}))
def start_direct(request: ApiRequest, body: DirectIn) -> HttpResponse:
    """Talk to somebody, or to a few, directly. The same people have one room: 200 if it is there
    already."""
    others = [author_for(author_id) for author_id in dict.fromkeys(body.authors)]
    room, is_new = actions.start_direct(request.auth, others)
    people = [membership.author for membership in members_of(room)]
    return respond(room_shape(room, people), status=201 if is_new else 200)


@router.patch("/rooms/{slug}", response=answers({200: RoomOut}))
def change_room(request: ApiRequest, slug: str, body: RoomEdit) -> HttpResponse:
    """Rename, describe, archive …; for who manages the room."""
    room = actions.change_room(
        request.auth,
        room_for(request.auth, slug),
        name=body.name,
        description=body.description,
        kind=body.kind,
        posting=body.posting,
        archived=body.archived,
        slow_mode=body.slow_mode,
        shows_readers=body.shows_readers,
    )
    return respond(room_shape(room))


@router.delete("/rooms/{slug}", response=answers({204: None}))
def delete_room(request: ApiRequest, slug: str) -> HttpResponse:
    """Delete a room with everything said there; for who manages it."""
    actions.delete_room(request.auth, room_for(request.auth, slug))
    return HttpResponse(status=204)


@router.put("/rooms/{slug}/read", response=answers({204: None}))
def mark_read(request: ApiRequest, slug: str, body: ReadIn) -> HttpResponse:
    """You have read up to this message; an older one than before changes nothing."""
    reading.mark_read(request.auth, room_for(request.auth, slug), body.message)
    return HttpResponse(status=204)


@router.put("/rooms/{slug}/unread", response=answers({204: None}))
def mark_unread(request: ApiRequest, slug: str, body: ReadIn) -> HttpResponse:
    """This message and what follows it are unread to you again."""
    reading.mark_unread(request.auth, room_for(request.auth, slug), body.message)
    return HttpResponse(status=204)
