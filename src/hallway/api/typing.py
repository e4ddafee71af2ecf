"""Who is writing something."""

from django.http import HttpResponse
from ninja import Router

from hallway import access
from hallway.errors import NotAllowed
from hallway.limits import check_typing
from hallway.live.signals import tell_typing
from hallway.queries.directory import room_for

from .auth import ApiRequest
from .shapes import answers

router = Router(tags=["Messages"])


@router.post("/rooms/{slug}/typing", response=answers({204: None}))
def type_in_room(request: ApiRequest, slug: str) -> HttpResponse:
    """You are writing something here. Say so every two seconds at most; it is shown for six."""
    check_typing(request.auth.pk)
    room = room_for(request.auth, slug)
    if not access.can_post(request.auth, room):
        raise NotAllowed
    tell_typing(request.auth, room)
    return HttpResponse(status=204)
