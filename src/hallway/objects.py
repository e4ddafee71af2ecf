"""Objects of the host project that have rooms: what they are called here, and whose they are.

`HALLWAY["OBJECTS"]` names a callable for each model; what it answers is the right. Whatever is
unknown is forbidden: no such object, no such model any more, a callable that fails.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import models
from django.utils.module_loading import import_string

from hallway import conf

logger = logging.getLogger("hallway.objects")

MayRead = Callable[[Any, Any], bool]


def key_of(about: models.Model) -> str:
    """What this object is called in `Room.object_key`, like `shop.order/17`."""
    label = label_of(type(about))
    if label not in _callables():
        raise ImproperlyConfigured(
            f"HALLWAY['OBJECTS'] does not say who may read the room of a {label}."
        )
    if about.pk is None:
        raise ValueError(f"This {label} is not saved yet: it can have a room once it is.")
    return f"{label}/{about.pk}"


def label_of(model: type[models.Model]) -> str:
    concrete = model._meta.concrete_model or model
    return concrete._meta.label_lower


def admitted(account: Any, keys: Collection[str]) -> frozenset[str]:
    """Those of these objects (keys) whose room this account may read; None is a guest.

    One statement for each model, and what the project's callables ask.
    """
    return frozenset(
        key
        for key, about, may_read in _with_callables(keys)
        if _answer(may_read, AnonymousUser() if account is None else account, about)
    )


def models_with_rooms() -> Iterator[type[models.Model]]:
    for label in _callables():
        yield apps.get_model(label)


def _with_callables(keys: Collection[str]) -> Iterator[tuple[str, models.Model, MayRead]]:
    by_label: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        label, _, pk = key.partition("/")
        by_label[label].append(pk)
    for label, pks in by_label.items():
        may_read = _callables().get(label)
        if may_read is not None:
            model = apps.get_model(label)
            for about in model._base_manager.filter(pk__in=pks):
                yield f"{label}/{about.pk}", about, may_read


def _answer(may_read: MayRead, account: Any, about: models.Model) -> bool:
    try:
        # Only True: a queryset or a coroutine would be true whatever it was meant to say.
        return may_read(account, about) is True
    except Exception:
        logger.exception("HALLWAY['OBJECTS'] could not say who may read %r: forbidden.", about)
        return False


@cache
def _callables() -> dict[str, MayRead]:
    """By the model's label. What cannot be found is a system check error, and forbidden."""
    found: dict[str, MayRead] = {}
    for label, path in conf.get().OBJECTS.items():
        try:
            found[label_of(apps.get_model(label))] = import_string(path)
        except (LookupError, ValueError, ImportError):
            logger.exception("HALLWAY['OBJECTS'][%r] cannot be used.", label)
    return found


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HALLWAY":
        _callables.cache_clear()


setting_changed.connect(_forget)
