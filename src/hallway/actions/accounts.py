"""Coming in, taking another name, leaving."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from hallway import conf, text
from hallway.errors import Banned, GuestsNotAllowed, InvalidName, NameTaken
from hallway.events import log
from hallway.events.kinds import AuthorRenamed, SessionEnded
from hallway.models import Author, Ban, ReadState, Room, RoomQuerySet, newest_message

from .members import join_room, present, take_out

# How fresh `last_seen_at` is kept: a write every request would cost more than it tells.
SEEN_EVERY = timedelta(minutes=5)
SEEN_AT_ONCE = 500


def enter_as_guest(name: str, *, network: str = "") -> Author:
    """Come in under a name alone; a blank one becomes a Shakespearean name nobody present has.

    `network` is where they come from; Raises `Banned` when somebody from there is kept out.
    """
    if not conf.get().GUESTS:
        raise GuestsNotAllowed
    chosen = text.clean_name(name) if name.strip() else ""
    with log.write():
        check_not_banned(network=network)
        name = chosen or text.random_name(_names_in_use())
        claim_name(name)
        author = Author.objects.create(
            name=name,
            name_key=text.name_key(name),
            came_after=newest_message(),
            network=network,
        )
        join_default_room(author)
    return author


def enter_with_account(user: Any) -> Author:
    """The author behind an account; made at the first visit."""
    with log.write():
        author = Author.objects.filter(user=user).first()
        if author is None:
            name = _free_name(user)
            author = Author.objects.create(
                name=name,
                name_key=text.name_key(name),
                role=Author.Role.MEMBER,
                user=user,
                came_after=newest_message(),
            )
            join_default_room(author)
        elif author.has_left and author.deactivated_at is None:
            _return(author)
    return author


def check_not_banned(*, guest: int | None = None, network: str = "") -> None:
    """Raise `Banned` for a browser that was this guest (id), or for guests of this network."""
    kept_out = Q(author=guest) | Q(network=network) if network else Q(author=guest)
    found = Ban.objects.in_force().filter(kept_out).first()
    if found is not None:
        raise Banned(until=found.until)


def rename(author: Author, name: str) -> Author:
    """Take another name; everybody who shares a room with the author sees it change."""
    name = text.clean_name(name)
    with log.write():
        author = present(author)
        if name != author.name:
            claim_name(name, by=author)
            author.name, author.name_key = name, text.name_key(name)
            author.save(update_fields=["name", "name_key"])
            tell_renamed(author)
    return author


def leave(author: Author) -> None:
    """Give up the name and every room; the author's streams end. What was said stays."""
    with log.write():
        _leave(author)


def saw(authors: Iterable[int], *, at: datetime | None = None) -> None:
    """Note that these authors (ids) were here; at most once in `SEEN_EVERY` for each."""
    now = at or timezone.now()
    ids = list(authors)
    for start in range(0, len(ids), SEEN_AT_ONCE):
        some = ids[start : start + SEEN_AT_ONCE]
        stale = Author.objects.filter(pk__in=some, last_seen_at__lt=now - SEEN_EVERY)
        if stale.exists():
            with log.write():
                stale.update(last_seen_at=now)


def claim_name(name: str, *, by: Author | None = None) -> None:
    """Make sure nobody present has this name. A guest not seen for `GUEST_DAYS` has left."""
    holder = Author.objects.present().named(name).first()
    if holder is None or holder == by:
        return
    long_ago = timezone.now() - timedelta(days=conf.get().GUEST_DAYS)
    is_away = (
        holder.role == Author.Role.GUEST
        and holder.last_seen_at < long_ago
        and not holder.messages.filter(created_at__gt=long_ago).exists()
    )
    if not is_away:
        raise NameTaken(name)
    _leave(holder)


def join_default_room(author: Author) -> None:
    """Let somebody in where everybody starts; inside `log.write()`."""
    room = Room.objects.filter(slug=conf.get().DEFAULT_ROOM).first()
    if room is not None:
        join_room(author, room)


def rooms_of(author: Author) -> RoomQuerySet:
    """The rooms this author is a member of."""
    return Room.objects.filter(memberships__author=author)


def tell_renamed(author: Author) -> None:
    """Tell whoever shares a room with this author how they look now; inside `log.write()`."""
    for room in rooms_of(author):
        log.append(AuthorRenamed(author), room=room)


def _leave(author: Author) -> None:
    if not Author.objects.present().filter(pk=author.pk).update(left_at=timezone.now()):
        return
    # Direct rooms stay: their other people go on seeing with whom they talked.
    for room in rooms_of(author).exclude(kind=Room.Kind.DIRECT):
        take_out(author, room)
    ReadState.objects.filter(author=author).delete()
    log.append(SessionEnded(), author=author)


def _return(author: Author) -> None:
    if Author.objects.present().named(author.name).exists():
        assert author.user is not None
        author.name = _free_name(author.user)
        author.name_key = text.name_key(author.name)
    author.left_at = None
    author.save(update_fields=["name", "name_key", "left_at"])
    join_default_room(author)


def _free_name(user: Any) -> str:
    """The account's name, with a number behind it while somebody present has it."""
    name, number = (wanted := _name_of(user)), 2
    while Author.objects.present().named(name).exists():
        name, number = f"{wanted} {number}", number + 1
    return name


def _name_of(user: Any) -> str:
    """Full name or username, whichever can be a name here; else one is lent.

    Where people sign in by their address, it is nobody else's to read: what stands before the @.
    """
    get_full_name = getattr(user, "get_full_name", str)
    for name in (get_full_name(), user.get_username()):
        with suppress(InvalidName):
            return text.clean_name(name.partition("@")[0][:40])
    return text.random_name(_names_in_use())


def _names_in_use() -> set[str]:
    return set(Author.objects.present().values_list("name_key", flat=True))
