"""Messages of a room."""

from django.http import HttpResponse
from ninja import Query, Router

from hallway import conf
from hallway.actions import messages as actions
from hallway.actions import reactions
from hallway.events.shapes import author_shape, iso, message_shape
from hallway.limits import check_posting, check_reacting
from hallway.queries.directory import message_for, room_for
from hallway.queries.messages import reactions_of, revisions_of
from hallway.queries.timeline import around, pins, timeline

from .auth import ApiRequest
from .schemas import (
    MessageEdit,
    MessageIn,
    MessageOut,
    MessagesOut,
    PageIn,
    PathId,
    PinsOut,
    ReactionsOut,
    RevisionsOut,
)
from .shapes import answers, respond

router = Router(tags=["Messages"])


@router.post("/rooms/{slug}/messages", response=answers({201: MessageOut, 200: MessageOut}))
def post_message(request: ApiRequest, slug: str, body: MessageIn) -> HttpResponse:
    """Post a message. The same `client_id` again answers 200 and the first message."""
    check_posting(request)
    message, is_new = actions.post_message(
        request.auth, slug, source=body.content, client_id=body.client_id, reply_to=body.reply_to
    )
    return respond(message_shape(message), status=201 if is_new else 200)


@router.get("/rooms/{slug}/messages", response=answers({200: MessagesOut}))
def list_messages(request: ApiRequest, slug: str, asked: Query[PageIn]) -> HttpResponse:
    """The newest messages of a room, or those before, after or around one."""
    room = room_for(request.auth, slug)
    most = asked.limit or conf.get().PAGE_SIZE
    if asked.around is not None:
        found = around(room, asked.around, limit=most)
        return respond(
            {
                "messages": [message_shape(message) for message in found.messages],
                "has_more": found.has_older,
                "has_newer": found.has_newer,
            }
        )
    page = timeline(room, before=asked.before, after=asked.after, limit=most)
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


@router.get("/messages/{message_id}", response=answers({200: MessageOut}))
def get_message(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """One message of a room you may read."""
    return respond(message_shape(message_for(request.auth, message_id)))


@router.get("/messages/{message_id}/revisions", response=answers({200: RevisionsOut}))
def list_revisions(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """What a message said before it was edited; for whoever may read it."""
    message = message_for(request.auth, message_id)
    return respond(
        {
            "revisions": [
                {
                    "content": revision.content,
                    "html": revision.html,
                    "written_at": iso(revision.written_at),
                    "replaced_at": iso(revision.replaced_at),
                }
                for revision in revisions_of(message)
            ]
        }
    )


@router.get("/messages/{message_id}/reactions", response=answers({200: ReactionsOut}))
def list_reactions(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Who reacted, and how."""
    message = message_for(request.auth, message_id)
    return respond(
        {
            "reactions": [
                {
                    "emoji": found.emoji,
                    "count": found.total,
                    "authors": [author_shape(author) for author in found.authors],
                }
                for found in reactions_of(message)
            ]
        }
    )


@router.put("/messages/{message_id}/reactions/{emoji}", response=answers({200: MessageOut}))
def add_reaction(request: ApiRequest, message_id: PathId, emoji: str) -> HttpResponse:
    """React with one emoji; a second time changes nothing."""
    check_reacting(request.auth.pk)
    message = message_for(request.auth, message_id)
    return respond(message_shape(reactions.add_reaction(request.auth, message, emoji)))


@router.delete("/messages/{message_id}/reactions/{emoji}", response=answers({204: None}))
def remove_reaction(request: ApiRequest, message_id: PathId, emoji: str) -> HttpResponse:
    """Take your reaction back; one that is not there changes nothing."""
    check_reacting(request.auth.pk)
    reactions.remove_reaction(request.auth, message_for(request.auth, message_id), emoji)
    return HttpResponse(status=204)


@router.get("/rooms/{slug}/pins", response=answers({200: PinsOut}))
def list_pins(request: ApiRequest, slug: str) -> HttpResponse:
    """What is pinned in a room you may read."""
    found = pins(room_for(request.auth, slug))
    return respond({"messages": [message_shape(message) for message in found]})


@router.put("/messages/{message_id}/pin", response=answers({200: MessageOut}))
def pin_message(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Pin a message to its room; for who manages it."""
    message = message_for(request.auth, message_id)
    return respond(message_shape(reactions.pin_message(request.auth, message)))


@router.delete("/messages/{message_id}/pin", response=answers({204: None}))
def unpin_message(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Take a pin out; for who manages the room."""
    reactions.unpin_message(request.auth, message_for(request.auth, message_id))
    return HttpResponse(status=204)
