"""Who is asking: the author behind a request."""

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest

from hallway.actions import accounts
from hallway.models import Author
from hallway.prepared import Param, Prepared

# Where a session keeps its guest.
AUTHOR_KEY = "hallway_author"

_guest = Prepared(lambda: Author.objects.present().filter(pk=Param("author"), user=None))


def author_of(request: HttpRequest) -> Author | None:
    """The author behind a request: of the account signed in, else the session's guest."""
    if not hasattr(request, "_hallway_author"):
        request._hallway_author = _find(request)  # type: ignore[attr-defined]
    author: Author | None = request._hallway_author  # type: ignore[attr-defined]
    return author


def remember_guest(request: HttpRequest, author: Author) -> None:
    """Let this browser be this author from now on."""
    request.session.cycle_key()
    request.session[AUTHOR_KEY] = author.pk
    request._hallway_author = author  # type: ignore[attr-defined]


def forget(request: HttpRequest) -> None:
    """End the session."""
    request.session.flush()
    request._hallway_author = None  # type: ignore[attr-defined]


def _find(request: HttpRequest) -> Author | None:
    guest = request.session.get(AUTHOR_KEY)
    # Asked only where an account may be signed in: finding out costs more than finding a guest.
    if not isinstance(guest, int) or SESSION_KEY in request.session:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            author = Author.objects.present().select_related("user").filter(user=user).first()
            return author or accounts.enter_with_account(user)
    return _guest.first(author=guest) if isinstance(guest, int) else None
