"""Whoever asks."""

from django.http import HttpResponse
from ninja import Router

from hallway.actions import accounts
from hallway.events.shapes import me_shape

from .auth import ApiRequest
from .schemas import MeIn, MeOut
from .shapes import answers, respond

router = Router(tags=["Me"])


@router.get("/me", response=answers({200: MeOut}))
def show_me(request: ApiRequest) -> HttpResponse:
    """Who you are."""
    return respond(me_shape(request.auth))


@router.patch("/me", response=answers({200: MeOut}))
def rename_me(request: ApiRequest, body: MeIn) -> HttpResponse:
    """Take another name."""
    return respond(me_shape(accounts.rename(request.auth, body.name)))
