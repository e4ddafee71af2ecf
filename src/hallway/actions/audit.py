"""The audit log: what was done by those who run the place, for the others of them to see."""

import logging

from django.db import transaction

from hallway.models import Act, Author, Room

security = logging.getLogger("hallway.security")


def note(
    kind: Act.Kind,
    actor: Author,
    *,
    about: Author | None = None,
    room: Room | None = None,
    detail: str = "",
) -> None:
    """Write down an act; inside the `log.write()` of the act itself.

    The server's own log has a line of it as well, for the case that the database has not any more.
    """
    Act.objects.create(kind=kind, actor=actor, about=about, room=room, detail=detail)
    whom = f" author {about.pk}" if about is not None else ""
    where = f" in room {room.pk}" if room is not None else ""
    line = f"{kind.value}{whom}{where} {detail}".rstrip()
    transaction.on_commit(lambda: security.info("%s: by author %s", line, actor.pk), robust=True)
