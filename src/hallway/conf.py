"""Every HALLWAY setting: name, default and one line of help.

A host project writes `HALLWAY = {"MESSAGE_LIMIT": 4000}` in its settings; the standalone product
fills the same keys from the environment. `docs/reference/settings.md` is made from this file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed


def _setting(default: Any, help: str, *, least: float = 0) -> Any:
    metadata = {"help": help, "least": least}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be set, with its default."""

    DEFAULT_ROOM: str = _setting("hallway", "Slug of the room everybody starts in.")
    GUESTS: bool = _setting(True, "Whether people may chat under a name alone, without an account.")
    ACCOUNTS: bool = _setting(
        False,
        "Whether Hallway has sign-in, invitations and passwords of its own. "
        "Off in a project that has them already.",
    )
    OBJECTS: Mapping[str, str] = _setting(
        {},
        "Models whose objects may have rooms, and what decides who is in one: "
        '`{"shop.Order": "shop.chat.may_read"}`, called with account and object.',
    )
    CONSUMERS: Mapping[str, str] = _setting(
        {},
        "What is handed every event of the log, by a name that stays the same: "
        '`{"receipts": "shop.chat.on_event"}`; `manage.py hallway_worker` runs them.',
    )
    GUEST_DAYS: int = _setting(
        14, "Days after which a guest who was not seen has left and the name is free.", least=1
    )
    MESSAGE_LIMIT: int = _setting(8000, "Characters in one message at most.", least=1)
    PAGE_SIZE: int = _setting(40, "Messages in one page of history.", least=1)
    POST_RATE: int = _setting(120, "Messages a minute for one author; 0 = no limit.")
    EVENT_DAYS: int = _setting(
        7, "Days an event stays in the log; who was away longer reloads the page.", least=1
    )
    MEMORY_EVENTS: int = _setting(
        5000, "Newest events a process keeps in memory for streams that resume.", least=1
    )
    MAILBOX_EVENTS: int = _setting(
        5000, "Events that may wait for one stream before it is closed, to resume later.", least=1
    )
    MAILBOX_BYTES: int = _setting(
        8_000_000, "Bytes that may wait for one stream before it is closed.", least=1000
    )
    STREAMS: int = _setting(
        10_000, "Streams one process serves; the next gets 503 with Retry-After.", least=1
    )
    STREAMS_PER_AUTHOR: int = _setting(
        30, "Streams one author may hold open; the next gets 429. 0 = no limit."
    )
    STALL_SECONDS: float = _setting(
        20.0, "Seconds a stream may refuse to take its bytes before it is cut.", least=0.1
    )
    HEARTBEAT_SECONDS: float = _setting(20.0, "Seconds between two heartbeats.", least=0.1)
    POLL_SECONDS: float = _setting(
        0.5, "Seconds between two looks for writes of other processes.", least=0.01
    )
    REDIS_URL: str = _setting(
        "",
        "Redis that carries the bell, who types and who is here between processes, "
        "as redis://host:6379/0.",
    )
    RECHECK_SECONDS: float = _setting(
        60.0, "Seconds between two checks that the sessions of open streams still live.", least=0.1
    )


class Fault(NamedTuple):
    """What is wrong with one key of HALLWAY, and what would be right."""

    # The last part of the system check's id.
    number: str
    text: str
    hint: str


@cache
def get() -> Settings:
    """The settings in force. Raises `ImproperlyConfigured` with name, value and expectation."""
    given = _given()
    fault = next(faults(), None)
    if fault is not None:
        raise ImproperlyConfigured(f"{fault.text} {fault.hint}")
    return Settings(**given)


def faults() -> Iterator[Fault]:
    """Everything that is wrong with HALLWAY: the system checks tell all of it at once."""
    given = _given()
    if not isinstance(given, dict):
        yield Fault("E004", f"HALLWAY is {given!r}; expected a dictionary.", _EXAMPLE)
        return
    known = {setting.name: setting for setting in fields(Settings)}
    for name, value in given.items():
        setting = known.get(name)
        if setting is None:
            alike = get_close_matches(str(name).upper(), known, n=1)
            hint = f"Did you mean {alike[0]!r}?" if alike else f"It knows: {', '.join(known)}."
            yield Fault("E001", f"HALLWAY has no setting {name!r}.", hint)
        else:
            yield from _faults_of(name, value, setting.type, setting.metadata)


_EXAMPLE = 'Write it as HALLWAY = {"MESSAGE_LIMIT": 4000}.'


def _given() -> Any:
    return getattr(django_settings, "HALLWAY", {})


def _faults_of(name: str, value: Any, expected: Any, about: Mapping[str, Any]) -> Iterator[Fault]:
    told, hint = f"HALLWAY[{name!r}] is {value!r}", about["help"]
    if expected not in (bool, int, float, str):
        is_right = isinstance(value, dict) and all(
            isinstance(word, str) for pair in value.items() for word in pair
        )
        if not is_right:
            expectation = "expected a dictionary of strings."
            yield Fault("E002", f"{told}; {expectation}", hint)
        return
    allowed: Any = (int, float) if expected is float else expected
    if not isinstance(value, allowed) or (expected is not bool and isinstance(value, bool)):
        yield Fault("E002", f"{told}; expected {expected.__name__}.", hint)
    elif expected in (int, float) and value < about["least"]:
        yield Fault("E003", f"{told}; expected at least {about['least']}.", hint)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HALLWAY":
        get.cache_clear()


setting_changed.connect(_forget)
