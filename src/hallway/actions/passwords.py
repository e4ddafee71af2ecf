"""Another password, by the one who knows the old one or by a letter."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from hallway.errors import NotFound
from hallway.events import log
from hallway.events.kinds import AccessChanged
from hallway.models import Author, SignIn

from .new_accounts import check_password_strength
from .sign_ins import end_all, end_others


def change_password(author: Author, password: str, *, session_key: str | None) -> None:
    """Set it; every session but this one ends. The caller has asked for the old one."""
    user: Any = author.user
    check_password_strength(password, user)
    user.password = make_password(password)
    with log.write():
        user.save(update_fields=["password"])
        end_others(author, session_key or "")


def move_sign_in(author: Author, old_key: str | None, new_key: str | None) -> None:
    """The same session under another key."""
    with log.write():
        SignIn.objects.filter(author=author, session_key=old_key).update(session_key=new_key)
        log.append(AccessChanged(), author=author)


def reset_link(email: str) -> tuple[Any, str, str] | None:
    """The account with this address and what its link is made of, or None."""
    users = list(get_user_model()._default_manager.filter(email__iexact=email, is_active=True)[:2])
    if len(users) != 1:
        return None
    user: Any = users[0]
    number = urlsafe_base64_encode(force_bytes(user.pk))
    return user, number, default_token_generator.make_token(user)


def check_reset(number: str, token: str) -> Any:
    """The account that may take another password by this link, else `NotFound`."""
    try:
        pk = urlsafe_base64_decode(number).decode()
        user = get_user_model()._default_manager.filter(pk=pk, is_active=True).first()
    except (ValueError, OverflowError) as error:
        raise NotFound from error
    if user is None or not default_token_generator.check_token(user, token):
        raise NotFound
    return user


def reset_password(number: str, token: str, password: str) -> Any:
    """Set it, once; every session of the account ends. Of many at once exactly one does."""
    check_password_strength(password, check_reset(number, token))
    hashed = make_password(password)
    with log.write():
        user = check_reset(number, token)
        user.password = hashed
        user.save(update_fields=["password"])
        author = Author.objects.filter(user=user).first()
        if author is not None:
            end_all(author)
    return user
