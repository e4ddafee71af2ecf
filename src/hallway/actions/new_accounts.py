"""Accounts of Hallway's own: what somebody gives to have one, and the author that comes of it.

Used inside other actions; a host project has accounts already.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from hallway import text
from hallway.errors import EmailTaken, InvalidEmail, WeakPassword
from hallway.models import Author, newest_message

from .accounts import claim_name, join_default_room
from .members import present

# Django's username holds so much, and an address is one's username here.
EMAIL_LENGTH = 150
# Hashing a megabyte keeps a core busy; nobody types so much.
PASSWORD_LENGTH = 1000


@dataclass(frozen=True)
class NewAccount:
    """Checked, and the password hashed, which takes half a second: before any lock is held."""

    name: str
    email: str
    password_hash: str

    @classmethod
    def check(cls, *, name: str, email: str, password: str) -> "NewAccount":
        """Raises `InvalidName`, `InvalidEmail` or `WeakPassword` with the reason."""
        name, email = text.clean_name(name), clean_email(email)
        check_password_strength(password, get_user_model()(username=email, email=email))
        return cls(name, email, make_password(password))


def clean_email(email: str) -> str:
    """An address as it is kept: in small letters, so that nobody has two accounts with one."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidEmail from error
    if len(email) > EMAIL_LENGTH:
        raise InvalidEmail
    return email


def check_password_strength(password: str, user: Any) -> None:
    if len(password) > PASSWORD_LENGTH:
        raise WeakPassword(f"Use at most {PASSWORD_LENGTH} characters.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error


def open_account(new: NewAccount, *, role: Author.Role, guest: Author | None) -> Author:
    """A new account and its author, inside `log.write()`.

    A guest keeps being the same author: messages, rooms and history are theirs as before.
    """
    users = get_user_model()._default_manager
    if users.filter(username=new.email).exists() or users.filter(email__iexact=new.email).exists():
        raise EmailTaken
    if guest is not None:
        guest = present(guest)
    claim_name(new.name, by=guest)
    user = users.create(username=new.email, email=new.email, password=new.password_hash)
    give_site_rights(user, role)
    author = guest or Author(came_after=newest_message())
    author.name, author.name_key = new.name, text.name_key(new.name)
    author.role, author.user = role, user
    author.save()
    join_default_room(author)
    return author


def give_site_rights(user: Any, role: Author.Role) -> None:
    """Django's admin is for owners."""
    user.is_staff = user.is_superuser = role == Author.Role.OWNER
    user.save()
