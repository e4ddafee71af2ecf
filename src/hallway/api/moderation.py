"""Keeping the peace: reports for everybody; the rest for owners and admins."""

from django.http import HttpResponse
from ninja import Query, Router

from hallway import access
from hallway.actions import moderation as actions
from hallway.errors import NotAllowed
from hallway.events.shapes import author_shape, iso, message_shape
from hallway.models import Author, Ban
from hallway.queries import moderation as queries
from hallway.queries.directory import author_for, message_for

from .auth import ApiRequest
from .schemas import (
    ActsIn,
    ActsOut,
    BanIn,
    BanOut,
    BansOut,
    DeletedOut,
    PathId,
    ReportedOut,
    ReportIn,
)
from .shapes import answers, respond

router = Router(tags=["Moderation"])


@router.post("/messages/{message_id}/reports", response=answers({204: None}))
def report_message(request: ApiRequest, message_id: PathId, body: ReportIn) -> HttpResponse:
    """Tell owners and admins of a message; a second time changes nothing."""
    message = message_for(request.auth, message_id)
    actions.report_message(request.auth, message, reason=body.reason)
    return HttpResponse(status=204)


@router.get("/reports", response=answers({200: ReportedOut}))
def list_reports(request: ApiRequest) -> HttpResponse:
    """The messages that were reported and wait for somebody to look at them."""
    _check(request.auth)
    return respond(
        {
            "reported": [
                {
                    "message": message_shape(one.message),
                    "reports": [
                        {
                            "author": author_shape(report.reporter),
                            "reason": report.reason,
                            "made_at": iso(report.made_at),
                        }
                        for report in one.reports
                    ],
                }
                for one in queries.reported()
            ]
        }
    )


@router.delete("/reports/{message_id}", response=answers({204: None}))
def dismiss_reports(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Leave a reported message as it is."""
    actions.dismiss_reports(request.auth, message_id)
    return HttpResponse(status=204)


@router.delete("/reports/{message_id}/message", response=answers({204: None}))
def delete_reported(request: ApiRequest, message_id: PathId) -> HttpResponse:
    """Take a reported message away, whatever room it is in."""
    actions.delete_reported(request.auth, message_id)
    return HttpResponse(status=204)


@router.get("/bans", response=answers({200: BansOut}))
def list_bans(request: ApiRequest) -> HttpResponse:
    """Who is kept out."""
    _check(request.auth)
    return respond({"bans": [_ban_shape(ban) for ban in queries.bans()]})


@router.put("/people/{author_id}/ban", response=answers({200: BanOut}))
def ban(request: ApiRequest, author_id: PathId, body: BanIn) -> HttpResponse:
    """Keep somebody out, and of a guest the network they came from; sessions and streams end."""
    return respond(
        _ban_shape(actions.ban(request.auth, _person(request.auth, author_id), until=body.until))
    )


@router.delete("/people/{author_id}/ban", response=answers({204: None}))
def unban(request: ApiRequest, author_id: PathId) -> HttpResponse:
    """Let somebody in again."""
    actions.unban(request.auth, _person(request.auth, author_id))
    return HttpResponse(status=204)


@router.delete("/people/{author_id}/messages", response=answers({200: DeletedOut}))
def delete_all_messages(request: ApiRequest, author_id: PathId) -> HttpResponse:
    """Take away everything somebody said, in every room."""
    deleted, left = actions.delete_all_messages(request.auth, _person(request.auth, author_id))
    return respond({"deleted": deleted, "left": left})


@router.get("/acts", response=answers({200: ActsOut}))
def list_acts(request: ApiRequest, asked: Query[ActsIn]) -> HttpResponse:
    """The audit log: what was done by those who run the place."""
    _check(request.auth)
    found, has_more = queries.acts(request.auth, before=asked.before)
    return respond(
        {
            "acts": [
                {
                    "id": act.pk,
                    "kind": act.kind,
                    "at": iso(act.at),
                    "actor": author_shape(act.actor) if act.actor else None,
                    "about": author_shape(act.about) if act.about else None,
                    "room": act.room.slug if act.room else None,
                    "detail": act.detail,
                }
                for act in found
            ],
            "has_more": has_more,
        }
    )


def _check(author: Author) -> None:
    if not access.can_moderate(author):
        raise NotAllowed


def _person(asking: Author, author_id: int) -> Author:
    _check(asking)
    return author_for(author_id)


def _ban_shape(ban: Ban) -> dict[str, object]:
    return {
        "author": author_shape(ban.author),
        "made_at": iso(ban.made_at),
        "made_by": author_shape(ban.made_by) if ban.made_by else None,
        "until": iso(ban.until) if ban.until else None,
    }
