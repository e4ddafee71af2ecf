"""Another e-mail address for an account of Hallway's own, proved by a letter to it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from hallway.errors import EmailTaken, NotFound, SameEmail
from hallway.events import log
from hallway.models import Author

from .new_accounts import clean_email

# As long as the link for another password.
GOOD_SECONDS = 3600
_SALT = "hallway.address"


def address_token(author: Author, email: str) -> tuple[str, str]:
    """The address as it would be kept, and what the link ends in that proves it.

    The caller has asked for the password. Whether somebody has the address already is told only to
    who can read its letters. Raises `InvalidEmail` or `SameEmail`.
    """
    user: Any = author.user
    email = clean_email(email)
    if email == user.email.lower():
        raise SameEmail
    # Signed with what using it changes, and another password as well: it works once.
    return email, signing.dumps([user.pk, email, _state_of(user)], salt=_SALT)


def check_address(token: str) -> tuple[Any, str]:
    """The account and the address that this link is about, else `NotFound`."""
    try:
        pk, email, state = signing.loads(token, salt=_SALT, max_age=GOOD_SECONDS)
    except signing.BadSignature as error:
        raise NotFound from error
    user = get_user_model()._default_manager.filter(pk=pk, is_active=True).first()
    if user is None or not constant_time_compare(state, _state_of(user)):
        raise NotFound
    return user, email


def change_address(token: str) -> tuple[str, str]:
    """Take the address, once: the one before, and the new one. Raises `EmailTaken`."""
    with log.write():
        user, email = check_address(token)
        others = get_user_model()._default_manager.exclude(pk=user.pk)
        if others.filter(username=email).exists() or others.filter(email__iexact=email).exists():
            raise EmailTaken
        before: str = user.email
        # Ours are named by their address; those made with Django's commands may differ.
        if user.get_username().lower() == before.lower():
            user.username = email
        user.email = email
        user.save(update_fields=["username", "email"])
    return before, email


def _state_of(user: Any) -> str:
    return salted_hmac(_SALT, f"{user.password} {user.email}", algorithm="sha256").hexdigest()[:32]
