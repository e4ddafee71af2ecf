"""Who belongs to a room, and the people there are."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router

from hallway.actions import members as actions
from hallway.events.shapes import author_shape
from hallway.live.hub import who_is_here
from hallway.queries.directory import (
    author_for,
    members_named,
    members_of,
    people_named,
    readers_of,
    room_for,
)

from .auth import ApiRequest
from .schemas import MemberEdit, MembershipEdit, MembersOut, PathId, PeopleOut, ReadersOut
from .shapes import answers, member_shape, respond

router = Router(tags=["Members"])

MOST_PEOPLE = 20
MOST_MENTIONABLE = 8


@router.get("/people", response=answers({200: PeopleOut}))
def list_people(request: ApiRequest, q: Annotated[str, Query(max_length=100)] = "") -> HttpResponse:
    """People to talk to, by how their name begins; you are left out."""
    people = people_named(q, besides=request.auth, limit=MOST_PEOPLE)
    return respond({"people": [author_shape(author) for author in people]})


@router.put("/rooms/{slug}/membership", response=answers({204: None}))
def join_room(request: ApiRequest, slug: str) -> HttpResponse:
    """Become a member of an open room."""
    actions.join_room(request.auth, room_for(request.auth, slug))
    return HttpResponse(status=204)


@router.patch("/rooms/{slug}/membership", response=answers({204: None}))
def change_level(request: ApiRequest, slug: str, body: MembershipEdit) -> HttpResponse:
    """Choose what to be told of a room you belong to."""
    actions.change_level(request.auth, room_for(request.auth, slug), body.level)
    return HttpResponse(status=204)


@router.delete("/rooms/{slug}/membership", response=answers({204: None}))
def leave_room(request: ApiRequest, slug: str) -> HttpResponse:
    """Stop being a member."""
    actions.leave_room(request.auth, room_for(request.auth, slug))
    return HttpResponse(status=204)


@router.get("/rooms/{slug}/members", response=answers({200: MembersOut}))
def list_members(request: ApiRequest, slug: str) -> HttpResponse:
    """Who belongs to a room you may read."""
    room = room_for(request.auth, slug)
    members = members_of(room)
    here = who_is_here((member.author_id for member in members), rooms=[room.pk])
    return respond(
        {"members": [member_shape(one, online=one.author_id in here) for one in members]}
    )


@router.get("/rooms/{slug}/readers", response=answers({200: ReadersOut}))
def list_readers(request: ApiRequest, slug: str) -> HttpResponse:
    """How far members have read, in a room of up to twenty that shows it; without those who hide
    it. Elsewhere nobody."""
    readers = readers_of(room_for(request.auth, slug))
    return respond(
        {"readers": [{"author": author_shape(one), "message": up_to} for one, up_to in readers]}
    )


@router.get("/rooms/{slug}/people", response=answers({200: PeopleOut}))
def list_mentionable(
    request: ApiRequest, slug: str, q: Annotated[str, Query(max_length=100)] = ""
) -> HttpResponse:
    """Members of a room by how their name begins: whom an @ may mean. Eight at most."""
    people = members_named(room_for(request.auth, slug), q, limit=MOST_MENTIONABLE)
    return respond({"people": [author_shape(author) for author in people]})


@router.put("/rooms/{slug}/members/{author_id}", response=answers({204: None}))
def add_member(request: ApiRequest, slug: str, author_id: PathId) -> HttpResponse:
    """Let somebody in; for who manages the room."""
    actions.add_member(request.auth, room_for(request.auth, slug), author_for(author_id))
    return HttpResponse(status=204)


@router.patch("/rooms/{slug}/members/{author_id}", response=answers({204: None}))
def change_role(
    request: ApiRequest, slug: str, author_id: PathId, body: MemberEdit
) -> HttpResponse:
    """Let a member manage the room, or no longer; for who manages it."""
    room = room_for(request.auth, slug)
    actions.change_role(request.auth, room, author_for(author_id), body.role)
    return HttpResponse(status=204)


@router.delete("/rooms/{slug}/members/{author_id}", response=answers({204: None}))
def remove_member(request: ApiRequest, slug: str, author_id: PathId) -> HttpResponse:
    """Take somebody out, at once on every screen; for who manages the room."""
    room = room_for(request.auth, slug)
    actions.remove_member(request.auth, room, author_for(author_id))
    return HttpResponse(status=204)
