"""The signals there are, from whoever notices them."""

import json

from hallway.events.shapes import author_shape
from hallway.models import Author, Room

from . import bell

TYPING = "typing"
PRESENCE = "presence"
KINDS = (TYPING, PRESENCE)


def tell_typing(author: Author, room: Room) -> None:
    """Tell the others in the room that the author is writing something there."""
    payload = {"room": room.slug, "author": author_shape(author)}
    bell.send(
        bell.Signal(
            TYPING,
            room.pk,
            author.pk,
            json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        )
    )
