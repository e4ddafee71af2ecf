"""System checks: mistakes are told at start-up, not at midnight."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured

from hallway import conf


@register("hallway")
def settings_are_right(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    conf.get.cache_clear()
    try:
        conf.get()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="hallway.E001")]
    return []


@register("hallway")
def sqlite_waits_its_turn(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    """Without IMMEDIATE what reads first and then writes fails if another wrote between."""
    found: list[CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        options = database.get("OPTIONS", {})
        if "sqlite" in database["ENGINE"] and options.get("transaction_mode") != "IMMEDIATE":
            found.append(
                checks.Warning(
                    f"DATABASES[{alias!r}] is SQLite without transaction_mode IMMEDIATE: "
                    "posting may fail with “database is locked”.",
                    hint='Set OPTIONS["transaction_mode"] = "IMMEDIATE".',
                    id="hallway.W001",
                )
            )
    return found
