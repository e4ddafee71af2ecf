"""Who is in the rooms of the host project's objects: those whom the project lets in.

The right is what the project's callable says; these actions tell the log, and so every open
stream, that it has changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import models

from hallway import access, conf, objects, text
from hallway.errors import RoomNotFound
from hallway.events import log
from hallway.models import Author, Membership, Room, newest_message

from .accounts import claim_name
from .members import let_in, present, take_out


def enter(author: Author, about: models.Model) -> Room | None:
    """The room of this object with the author in it; None for whom the project keeps out."""
    room = Room.for_object(about)
    is_in = access.is_member(author, room)
    if access.admits(author, room) is is_in:
        return room if is_in else None
    with log.write():
        author = present(author)
        if access.admits(author, room):
            let_in(author, room)
            return room
        take_out(author, room)
    return None


def look_again(about: models.Model) -> None:
    """Those whom the project does not let see this object any more are out of its room at once."""
    room = Room.objects.filter(object_key=objects.key_of(about)).first()
    if room is not None:
        _take_out_refused(room.memberships.all())


def look_again_at(author_ids: Collection[int]) -> None:
    """The same for everything these authors are in."""
    if conf.get().OBJECTS:
        bound = Membership.objects.filter(room__object_key__isnull=False)
        _take_out_refused(bound.filter(author__in=author_ids))


def let_go(about: models.Model) -> None:
    """The object is gone: everybody leaves its room, which nothing leads to any more.

    What was said stays in the database. Another object that is given the same key has a new room.
    """
    room = Room.objects.filter(object_key=objects.key_of(about)).first()
    if room is None:
        return
    with log.write():
        for membership in room.memberships.select_related("author"):
            take_out(membership.author, room)
        room.object_key = None
        room.save(update_fields=["object_key"])


def site_author(name: str) -> Author:
    """Somebody the site itself speaks as, under this name; made at the first use."""
    name = text.clean_name(name)
    key = text.name_key(name)
    mine = Author.objects.present().filter(role=Author.Role.BOT, user=None, name_key=key)
    found = mine.first()
    if found is not None:
        return found
    with log.write():
        claim_name(name)
        return Author.objects.create(
            name=name, name_key=key, role=Author.Role.BOT, came_after=newest_message()
        )


def bring_in(author: Author, room: Room) -> None:
    """Let the site's own author into a room, and anybody else only where they may be."""
    with log.write():
        author = present(author)
        if author.role != Author.Role.BOT and not access.admits(author, room):
            raise RoomNotFound
        if author.role == Author.Role.BOT or room.object_key is not None:
            let_in(author, room)


def _take_out_refused(memberships: "models.QuerySet[Membership]") -> None:
    """Asked first without the log's lock: mostly everybody may stay."""
    found = memberships.select_related("author__user", "room")
    if not _refused(found):
        return
    with log.write():
        for membership in _refused(found.all()):
            take_out(membership.author, membership.room)


def _refused(memberships: Iterable[Membership]) -> list[Membership]:
    by_author: defaultdict[Author, list[Membership]] = defaultdict(list)
    for membership in memberships:
        by_author[membership.author].append(membership)
    refused: list[Membership] = []
    for author, theirs in by_author.items():
        allowed = {room.pk for room in access.admitted(author, (one.room for one in theirs))}
        refused += (one for one in theirs if one.room_id not in allowed)
    return refused
