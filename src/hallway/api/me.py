"""Whoever asks."""

from django.http import HttpResponse
from ninja import File, Router
from ninja.files import UploadedFile

from hallway.actions import accounts, profiles
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
def change_me(request: ApiRequest, body: MeIn) -> HttpResponse:
    """Take another name, or say something else of yourself."""
    author = request.auth
    if body.about is not None or body.time_zone is not None:
        author = profiles.describe(author, about=body.about, time_zone=body.time_zone)
    if body.hides_reading is not None:
        author = profiles.hide_reading(author, hides=body.hides_reading)
    if body.name is not None:
        author = accounts.rename(author, body.name)
    return respond(me_shape(author))


@router.post("/me/picture", response=answers({200: MeOut}))
def set_picture(request: ApiRequest, picture: UploadedFile = File()) -> HttpResponse:  # type: ignore[type-arg]  # noqa: B008
    """Show a picture instead of your initials: JPEG, PNG, WebP or GIF, as a form's file."""
    return respond(me_shape(profiles.set_picture(request.auth, picture.read())))


@router.delete("/me/picture", response=answers({200: MeOut}))
def remove_picture(request: ApiRequest) -> HttpResponse:
    """Show your initials again."""
    return respond(me_shape(profiles.set_picture(request.auth, None)))
