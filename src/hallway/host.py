"""What the code of a host project calls. These names stay; whatever else Hallway has may change.

from hallway.host import Room, access_changed, post_message

room = Room.for_object(order)
post_message(order, "Your parcel is on its way.", by="The shop")
access_changed(order)
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from hallway.actions import accounts, messages, objects
from hallway.consumers import LoggedEvent
from hallway.errors import HallwayError, NotSignedIn, RoomNotFound
from hallway.models import Author, Message, Room

__all__ = [
    "Author",
    "HallwayError",
    "LoggedEvent",
    "Message",
    "Room",
    "RoomNotFound",
    "access_changed",
    "author_of",
    "post_message",
]


def post_message(where: Room | Model, content: str, *, by: Any, client_id: str = "") -> Message:
    """Post Markdown into a room, or into the room of an object; it is live on every screen.

    `by` is an account, an author, or a name that the site itself speaks under. The same
    `client_id` by the same author gives back the first message, so a job that runs twice posts
    once. Raises a `HallwayError` for what is refused: an account only posts where it may read.
    """
    room = where if isinstance(where, Room) else Room.for_object(where)
    author = objects.site_author(by) if isinstance(by, str) else author_of(by)
    if room.kind == Room.Kind.PRIVATE:
        objects.bring_in(author, room)
    message, _ = messages.post_message(author, room, source=content, client_id=client_id)
    return message


def author_of(account: Any) -> Author:
    """The author behind an account of the site; made when first asked for."""
    if isinstance(account, Author):
        return account
    if not isinstance(account, get_user_model()) or not account.is_active:
        raise NotSignedIn
    return accounts.enter_with_account(account)


def access_changed(subject: Model) -> None:
    """Tell Hallway that the answer of your permission callable may be another now.

    For an object of `HALLWAY["OBJECTS"]`, or an account. Saves and deletes of either are noticed
    without; this is for what changes past them, as `QuerySet.update()` does.
    """
    if isinstance(subject, get_user_model()):
        authors = Author.objects.present().filter(user=subject)
        objects.look_again_at(authors.values_list("pk", flat=True))
    else:
        objects.look_again(subject)
