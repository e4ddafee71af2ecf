"""Sessions of accounts: noted when they begin, and ended one by one or all at once.

The session itself belongs to Django; ending it means that its row is gone and its streams with it.
"""

from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import Q, QuerySet
from django.utils import timezone

from hallway.driver import DATABASE
from hallway.events import log
from hallway.events.kinds import AccessChanged, SessionEnded
from hallway.models import DEVICE_LENGTH, Author, SignIn


def note_sign_in(
    author: Author,
    session_key: str,
    *,
    device: str,
    address: str | None,
    replaces: str | None = None,
) -> SignIn:
    """Note that a session of this author has begun, in the place of the one named if there was."""
    with log.write():
        SignIn.objects.filter(session_key=replaces).delete()
        return SignIn.objects.create(
            author=author,
            session_key=session_key,
            device="".join(sign for sign in device if sign.isprintable())[:DEVICE_LENGTH],
            address=address,
        )


def end_session(author: Author, session_key: str) -> None:
    """End one session of this author, and no other: its streams close within a moment."""
    with log.write():
        _end(SignIn.objects.filter(session_key=session_key))
        _forget(session_key)
        log.append(AccessChanged(), author=author)


def end_sign_in(author: Author, sign_in_id: int) -> bool:
    """End one of one's own sessions; whether there was one."""
    with log.write():
        mine = SignIn.objects.filter(author=author, pk=sign_in_id)
        if not mine.exists():
            return False
        _end(mine)
        log.append(AccessChanged(), author=author)
    return True


def end_all(author: Author) -> None:
    """Sign this author out everywhere."""
    with log.write():
        _end(SignIn.objects.filter(author=author))
        log.append(SessionEnded(), author=author)


def end_others(author: Author, session_key: str) -> None:
    """End every session of this author but this one."""
    with log.write():
        _end(SignIn.objects.filter(author=author).exclude(session_key=session_key))
        log.append(AccessChanged(), author=author)


def forget_expired() -> None:
    """Drop what is known of sessions that are over, or so old that they cannot live any more."""
    long_ago = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    is_over = Q(created_at__lt=long_ago)
    store_class: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    if issubclass(store_class, DatabaseSessions):
        live = store_class.get_model_class().objects.filter(expire_date__gt=timezone.now())
        if live.db == DATABASE:
            is_over |= ~Q(session_key__in=live.values("session_key"))
    with log.write():
        SignIn.objects.filter(is_over).delete()


def look_again(author: Author) -> None:
    """End the streams of those sessions of this author that are over already."""
    with log.write():
        log.append(AccessChanged(), author=author)


def _end(sign_ins: "QuerySet[SignIn]") -> None:
    for key in sign_ins.values_list("session_key", flat=True):
        _forget(key)
    sign_ins.delete()


def _forget(session_key: str) -> None:
    store_class: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
    store_class().delete(session_key)
