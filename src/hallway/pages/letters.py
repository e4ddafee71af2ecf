"""Letters: written in the reader's language, and sent out of the request's way."""

import logging
import threading
from collections.abc import Callable
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import DatabaseError, connection
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

logger = logging.getLogger("hallway.mail")

# Writes a letter, or finds that there is none to write.
Writer = Callable[[], EmailMessage | None]


def letter(template: str, subject: str, *, to: str, **values: object) -> Writer:
    """One with these words, from `mail/<template>`."""
    body = render_to_string(f"hallway/mail/{template}", values)
    return lambda: EmailMessage(subject, body, to=[to])


def later(write: Writer) -> None:
    """Write and send it without waiting: how long that takes would tell who has an account."""
    _begin(write, get_language())


def _begin(write: Writer, language: str | None) -> None:
    threading.Thread(target=_in_thread, args=[write, language], daemon=True).start()


def _in_thread(write: Writer, language: str | None) -> None:
    try:
        send(write, language)
    finally:
        connection.close()


def send(write: Writer, language: str | None) -> None:
    try:
        with override(language):
            written = write()
        if written is not None:
            written.send()
    except (OSError, SMTPException, DatabaseError) as error:
        logger.warning("A letter could not be sent: %s", error)
