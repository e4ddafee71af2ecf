"""Who is asking: the author behind a request; and how a browser becomes somebody, or nobody."""

import ipaddress
import logging
from time import time

from django.contrib.auth import SESSION_KEY, login
from django.http import HttpRequest

from hallway import asking, conf
from hallway.actions import accounts, moderation, sign_ins
from hallway.events import log
from hallway.limits import guests_network
from hallway.models import Author
from hallway.prepared import Param, Prepared

# What operators look for after something has happened. Only ids: what was typed is somebody's.
security = logging.getLogger("hallway.security")

# Where a session keeps its guest.
AUTHOR_KEY = "hallway_author"
# When a session's account signed in, in seconds since 1970: for a limit of all it may last.
SIGNED_IN_KEY = "hallway_signed_in"
BACKEND = "django.contrib.auth.backends.ModelBackend"

_guest = Prepared(lambda: Author.objects.active().filter(pk=Param("author"), user=None))


def author_of(request: HttpRequest) -> Author | None:
    """The author behind a request: of the account signed in, else the session's guest."""
    if not hasattr(request, "_hallway_author"):
        found = request._hallway_author = _find(request)  # type: ignore[attr-defined]
        if found is not None and (one := asking.current.get()) is not None:
            one.author = found.pk
    author: Author | None = request._hallway_author  # type: ignore[attr-defined]
    return author


def guest_of(request: HttpRequest) -> Author | None:
    """The session's guest, even where guests are not let in any more: they may become members."""
    guest = request.session.get(AUTHOR_KEY)
    return _guest.first(author=guest) if isinstance(guest, int) else None


def check_welcome(request: HttpRequest) -> None:
    """Raise `Banned` for the browser of a guest who is kept out, or one from their network."""
    guest = request.session.get(AUTHOR_KEY)
    moderation.lift_run_out()
    accounts.check_not_banned(
        guest=guest if isinstance(guest, int) else None, network=guests_network(request)
    )


def remember_guest(request: HttpRequest, author: Author) -> None:
    """Let this browser be this author from now on."""
    request.session.cycle_key()
    request.session[AUTHOR_KEY] = author.pk
    request._hallway_author = author  # type: ignore[attr-defined]


def sign_in(request: HttpRequest, author: Author) -> None:
    """Let this browser be signed in to this author's account, in a session of a new key.

    A guest it was before either has become this author, or leaves.
    """
    assert author.user is not None
    before = author_of(request)
    with log.write():
        guest = guest_of(request)
        if guest is not None and guest.pk != author.pk:
            accounts.leave(guest)
        replaced = request.session.session_key
        if SESSION_KEY in request.session:
            request.session.cycle_key()  # login() keeps the key of whoever signs in once more
        login(request, author.user, backend=BACKEND)
        request.session.pop(AUTHOR_KEY, None)
        request.session[SIGNED_IN_KEY] = int(time())
        request.session.save()
        assert request.session.session_key is not None
        sign_ins.note_sign_in(
            author,
            request.session.session_key,
            device=request.headers.get("User-Agent", ""),
            address=address_of(request),
            replaces=replaced,
        )
        if before is not None:
            # The session this one replaces is over: whatever streams it has, have to be as well.
            sign_ins.look_again(before)
    request._hallway_author = author  # type: ignore[attr-defined]
    note(request, "signed in", author)


def forget(request: HttpRequest) -> None:
    """End the session, and the streams it has; other sessions of the same author go on."""
    author = author_of(request)
    with log.write():
        if author is not None and request.session.session_key is not None:
            sign_ins.end_session(author, request.session.session_key)
        request.session.flush()
    request._hallway_author = None  # type: ignore[attr-defined]
    note(request, "signed out", author)


def note(request: HttpRequest, what: str, author: Author | None = None) -> None:
    """Write into the security log who did this, and from where."""
    who = "nobody known" if author is None else f"author {author.pk}"
    security.info("%s: %s from %s", what, who, address_of(request) or "a socket")


def address_of(request: HttpRequest) -> str | None:
    """The client's address; a proxy on a Unix socket has none."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def _find(request: HttpRequest) -> Author | None:
    guest = request.session.get(AUTHOR_KEY)
    # Asked only where an account may be signed in: finding out costs more than finding a guest.
    if not isinstance(guest, int) or SESSION_KEY in request.session:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            author = Author.objects.present().select_related("user").filter(user=user).first()
            author = author or accounts.enter_with_account(user)
            return author if author.is_active else None
    if not isinstance(guest, int) or not conf.get().GUESTS:
        return None
    return _guest.first(author=guest)
