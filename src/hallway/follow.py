"""Follows what happens in the host project, so that rights end as soon as they end there.

The project's own signals are the only way to hear of it. What comes without one, such as
`QuerySet.update()`, is told by `hallway.host.access_changed()`, and noticed within RECHECK_SECONDS.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from hallway import conf, objects
from hallway.actions import accounts, sign_ins
from hallway.actions import objects as actions
from hallway.models import Author


def connect() -> None:
    """Listen to the models that have rooms, and to the accounts; again changes nothing."""
    user = get_user_model()
    post_save.connect(account_saved, sender=user, dispatch_uid="hallway")
    pre_delete.connect(account_deleted, sender=user, dispatch_uid="hallway")
    user_logged_out.connect(signed_out, dispatch_uid="hallway")
    for field in user._meta.many_to_many:
        m2m_changed.connect(
            account_related, sender=getattr(user, field.name).through, dispatch_uid="hallway"
        )
    for model in objects.models_with_rooms():
        post_save.connect(object_saved, sender=model, dispatch_uid="hallway")
        post_delete.connect(object_deleted, sender=model, dispatch_uid="hallway")
        for field in model._meta.many_to_many:
            m2m_changed.connect(
                object_related, sender=getattr(model, field.name).through, dispatch_uid="hallway"
            )


def object_saved(*, instance: Model, created: bool, raw: bool, **_: Any) -> None:
    if not created and not raw:
        actions.look_again(instance)


def object_deleted(*, instance: Model, **_: Any) -> None:
    actions.let_go(instance)


def object_related(*, instance: Model, action: str, reverse: bool, **_: Any) -> None:
    if action.startswith("post_") and not reverse:
        actions.look_again(instance)


def account_saved(*, instance: Any, created: bool, raw: bool, **about: Any) -> None:
    """Switched off, another password, another role: sessions and rooms are looked at again."""
    if created or raw or set(about.get("update_fields") or ()) == {"last_login"}:
        return
    author = _author_of(instance)
    if author is not None:
        sign_ins.look_again(author)
        actions.look_again_at([author.pk])


def account_related(*, instance: Any, action: str, reverse: bool, **_: Any) -> None:
    """Another group or permission."""
    author = None if reverse or not action.startswith("post_") else _author_of(instance)
    if author is not None:
        actions.look_again_at([author.pk])


def account_deleted(*, instance: Any, **_: Any) -> None:
    """Whoever has no account any more is gone from here too; what was said stays."""
    author = _author_of(instance)
    if author is not None:
        accounts.leave(author)


def signed_out(*, request: Any, user: Any, **_: Any) -> None:
    """By the project's own view: the streams of this session end with it."""
    author = _author_of(user) if isinstance(user, get_user_model()) else None
    session = getattr(request, "session", None)
    if author is not None and session is not None and session.session_key is not None:
        sign_ins.end_session(author, session.session_key)


def _author_of(user: Any) -> Author | None:
    """Nobody where the accounts are Hallway's own: its actions tell the log themselves."""
    if conf.get().ACCOUNTS:
        return None
    return Author.objects.present().filter(user=user).first()
