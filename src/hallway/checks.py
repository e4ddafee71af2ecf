"""System checks: mistakes are told at start-up, not at midnight."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register
from django.utils.module_loading import import_string

from hallway import conf


@register("hallway")
def settings_are_right(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    return [
        checks.Error(fault.text, hint=fault.hint, id=f"hallway.{fault.number}")
        for fault in conf.faults()
    ]


@register("hallway")
def callables_are_there(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    """What HALLWAY names by its path exists, and can be called."""
    if any(conf.faults()):
        return []
    found: list[CheckMessage] = []
    for label in conf.get().OBJECTS:
        try:
            apps.get_model(label)
        except (LookupError, ValueError):
            hint = "Name it as app_label.Model, of an app in INSTALLED_APPS."
            told = f"HALLWAY['OBJECTS'] names {label!r}, which is no model."
            found.append(checks.Error(told, hint=hint, id="hallway.E005"))
    for name in ("OBJECTS", "CONSUMERS"):
        for key, path in getattr(conf.get(), name).items():
            try:
                is_right = callable(import_string(path))
            except ImportError:
                is_right = False
            if not is_right:
                hint = "Name a function by its full path, like shop.chat.may_read."
                told = f"HALLWAY[{name!r}][{key!r}] is {path!r}, which cannot be called."
                found.append(checks.Error(told, hint=hint, id="hallway.E006"))
    return found


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


@register("hallway")
def policy_lets_scripts_run(app_configs: object, **_: Any) -> Sequence[CheckMessage]:
    """Hallway's import map stands in the page, so a policy without a nonce stops every script."""
    policies = {
        "SECURE_CSP": getattr(settings, "SECURE_CSP", None) or {},
        "CONTENT_SECURITY_POLICY": (getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}).get(
            "DIRECTIVES", {}
        ),
    }
    found: list[CheckMessage] = []
    for name, directives in policies.items():
        sources = directives.get("script-src", directives.get("default-src"))
        if sources is not None and not any("nonce" in str(source).lower() for source in sources):
            found.append(
                checks.Warning(
                    f"{name} lets no script with a nonce run, and Hallway's pages need one.",
                    hint="Add NONCE (CSP.NONCE of django.utils.csp, or csp.constants.NONCE) to "
                    "its script-src.",
                    id="hallway.W002",
                )
            )
    return found
