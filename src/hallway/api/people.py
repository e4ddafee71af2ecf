"""The people of this place and their invitations, for whoever runs it; and one's own sessions."""

from django.http import HttpResponse
from django.urls import reverse
from ninja import Router

from hallway import access, conf
from hallway.actions import invitations, people, sign_ins
from hallway.errors import AuthorNotFound, NotAllowed, NotFound
from hallway.events.shapes import PersonShape, iso, person_shape
from hallway.identity import note
from hallway.live.hub import is_here
from hallway.models import Author, Invitation
from hallway.queries.people import open_invitations, person, sign_ins_of

from .auth import ApiRequest
from .schemas import (
    InvitationIn,
    InvitationOut,
    InvitationsOut,
    PathId,
    PersonIn,
    PersonOut,
    SessionsOut,
)
from .shapes import answers, respond

router = Router(tags=["People"])


@router.get("/people/{author_id}", response=answers({200: PersonOut}))
def show_person(request: ApiRequest, author_id: PathId) -> HttpResponse:
    """One of the people here: what their card shows."""
    author = person(author_id)
    if author is None:
        raise AuthorNotFound
    return respond(_person_shape(request.auth, author))


@router.patch("/people/{author_id}", response=answers({200: PersonOut}))
def change_person(request: ApiRequest, author_id: PathId, body: PersonIn) -> HttpResponse:
    """Give a role, switch off or on; for owners and admins."""
    _check_admin(request.auth)
    author = person(author_id)
    if author is None:
        raise AuthorNotFound
    if body.role is not None:
        author = people.give_role(request.auth, author, body.role)
    if body.active is not None:
        change = people.reactivate if body.active else people.deactivate
        author = change(request.auth, author)
    return respond(_person_shape(request.auth, author))


@router.get("/invitations", response=answers({200: InvitationsOut}))
def list_invitations(request: ApiRequest) -> HttpResponse:
    """Those that still let somebody in; for owners and admins."""
    _check_inviting(request.auth)
    return respond({"invitations": [_invitation_shape(request, one) for one in open_invitations()]})


@router.post("/invitations", response=answers({201: InvitationOut}))
def invite(request: ApiRequest, body: InvitationIn) -> HttpResponse:
    """Make a link by which people become members; for owners and admins."""
    _check_inviting(request.auth)
    invitation = invitations.invite(request.auth, days=body.days, uses=body.uses)
    return respond(_invitation_shape(request, invitation), status=201)


@router.delete("/invitations/{invitation_id}", response=answers({204: None}))
def revoke(request: ApiRequest, invitation_id: PathId) -> HttpResponse:
    """Nobody comes in by this link any more; for owners and admins."""
    _check_inviting(request.auth)
    invitations.revoke(request.auth, invitation_id)
    return HttpResponse(status=204)


@router.get("/me/sessions", response=answers({200: SessionsOut}))
def list_sessions(request: ApiRequest) -> HttpResponse:
    """Where you are signed in."""
    mine = request.session.session_key
    return respond(
        {
            "sessions": [
                {
                    "id": one.pk,
                    "device": one.device,
                    "address": one.address,
                    "created_at": iso(one.created_at),
                    "current": one.session_key == mine,
                }
                for one in sign_ins_of(request.auth)
            ]
        }
    )


@router.delete("/me/sessions/{session_id}", response=answers({204: None}))
def end_session(request: ApiRequest, session_id: PathId) -> HttpResponse:
    """Sign out in one place; its streams end."""
    if not sign_ins.end_sign_in(request.auth, session_id):
        raise NotFound
    note(request, "one session ended", request.auth)
    return HttpResponse(status=204)


@router.delete("/me/sessions", response=answers({204: None}))
def end_sessions(request: ApiRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    sign_ins.end_all(request.auth)
    if request.auth.user_id is not None:
        request.session.flush()
    note(request, "signed out everywhere", request.auth)
    return HttpResponse(status=204)


def _person_shape(reader: Author, author: Author) -> PersonShape:
    is_known = access.can_see_presence(reader, author)
    return person_shape(author, online=is_here(author.pk), is_known=is_known)


def _check_admin(author: Author) -> None:
    if not access.can_see_people(author):
        raise NotAllowed


def _check_inviting(author: Author) -> None:
    if not conf.get().ACCOUNTS:
        raise NotFound
    if not access.can_invite(author):
        raise NotAllowed


def _invitation_shape(request: ApiRequest, invitation: Invitation) -> dict[str, object]:
    path = reverse("hallway:join", args=[invitations.token_of(invitation)])
    return {
        "id": invitation.pk,
        "url": request.build_absolute_uri(path),
        "expires_at": iso(invitation.expires_at),
        "uses_left": invitation.uses_left,
    }
