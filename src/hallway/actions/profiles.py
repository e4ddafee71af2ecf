"""What people tell of themselves: a few words, their time zone, a picture."""

import hashlib
from zoneinfo import available_timezones

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from hallway import pictures, text
from hallway.errors import InvalidAbout, InvalidTimeZone
from hallway.events import log
from hallway.models import ABOUT_LENGTH, Author

from . import reading
from .accounts import tell_renamed
from .members import present


def describe(author: Author, *, about: str | None = None, time_zone: str | None = None) -> Author:
    """Say something else of oneself, or be in another time zone; None leaves it as it is.

    Where their card is open it shows that.
    """
    if about is not None and about.strip():
        about = text.clean_line(about, limit=ABOUT_LENGTH, error=InvalidAbout)
    if time_zone and time_zone not in available_timezones():
        raise InvalidTimeZone
    with log.write():
        author = present(author)
        before = author.about, author.time_zone
        author.about = author.about if about is None else about.strip()
        author.time_zone = author.time_zone if time_zone is None else time_zone
        if (author.about, author.time_zone) != before:
            author.save(update_fields=["about", "time_zone"])
            tell_renamed(author)
    return author


def hide_reading(author: Author, *, hides: bool) -> Author:
    """Tell nobody from now on how far one has read, or tell it again."""
    with log.write():
        author = present(author)
        if author.hides_reading != hides:
            author.hides_reading = hides
            author.save(update_fields=["hides_reading"])
            for state in author.read_states.select_related("author", "room"):
                reading.tell_moved(state)
    return author


def set_picture(author: Author, uploaded: bytes | None) -> Author:
    """Show this picture instead of the initials, or None the initials again.

    Its address changes with it, so browsers may keep it for ever. Everybody who shares a room
    with the author sees it change.
    """
    drawn = pictures.square(uploaded) if uploaded is not None else b""
    picture = hashlib.sha256(drawn).hexdigest()[:16] if drawn else ""
    if drawn and not default_storage.exists(path := picture_path(author.pk, picture)):
        default_storage.save(path, ContentFile(drawn))
    with log.write():
        author = present(author)
        before, author.picture = author.picture, picture
        if before == picture:
            return author
        author.save(update_fields=["picture"])
        tell_renamed(author)
        if before:
            # Once it is sure that nobody is told its address any more.
            old = picture_path(author.pk, before)
            transaction.on_commit(lambda: default_storage.delete(old), robust=True)
    return author


def picture_path(author_id: int, picture: str) -> str:
    """Where in the storage a picture is kept."""
    return f"pictures/{author_id}/{picture}.webp"
