"""Messages of a room."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router

from hallway import conf
from hallway.actions import messages as actions
from hallway.events.shapes import message_shape
from hallway.limits import check_posting
from hallway.queries.directory import message_for, room_for
from hallway.queries.timeline import timeline

from .auth import ApiRequest
from .schemas import MessageEdit, MessageIn, MessageOut, MessagesOut, PathId, QueryId
from .shapes import answers, respond

router = Router(tags=["Messages"])

MOST = 100


@router.post("/rooms/{slug}/messages", response=answers({201: MessageOut, 200: MessageOut}))
def post_message(request: ApiRequest, slug: str, body: MessageIn) -> HttpResponse:
    """Post a message. The same `client_id` again answers 200 and the first message."""
    check_posting(request)
    room = room_for(request.auth, slug)
    message, is_new = actions.post_message(
        request.auth, room, source=body.content, client_id=body.client_id
    )
    return respond(message_shape(message), status=201 if is_new else 200)


@router.get("/rooms/{slug}/messages", response=answers({200: MessagesOut}))
def list_messages(
    request: ApiRequest,
    slug: str,
    before: QueryId = None,
    after: QueryId = None,
    limit: Annotated[int | None, Query(ge=1, le=MOST)] = None,
) -> HttpResponse:
    """The newest messages of a room, or those before or after one."""
    room = room_for(request.auth, slug)
    page = timeline(room, before=before, after=after, limit=limit or conf.get().PAGE_SIZE)
    return respond(
        {
            "messages": [message_shape(message) for message in page.messages],
            "has_more": page.has_more,
        }
    )


@router.patch("/messages/{message_id}", response=answers({200: MessageOut}))
def edit_message(request: ApiRequest, message_id: PathId, body: MessageEdit) -> HttpResponse:
    """Replace the text of your own message."""
    message = message_for(request.auth, message_id)
    message = actions.edit_message(request.auth, message, source=body.content)
    return respond(message_shape(message))


@router.delete("/messages/{message_id}", response=answers({204: None}))
def delete_message(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Take back your own message; its text is gone everywhere."""
    actions.delete_message(request.auth, message_for(request.auth, message_id))
    return HttpResponse(status=204)
