"""The environment, read once and checked: a bad value stops the server with one sentence."""

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

import dj_database_url
from dj_database_url import DBConfig

T = TypeVar("T")

YES = {"1", "on", "true", "yes"}
NO = {"0", "off", "false", "no"}
SECRET_LENGTH = 64


class BadSetting(Exception):
    """A variable of the environment has a value that cannot be used."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name} is {value!r}; expected {expected}.")


def read(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    """The variable's value, or `default` when it is not set."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return parse(value)
    except ValueError as error:
        raise BadSetting(name, value, expected) from error


def switch(name: str, default: bool) -> bool:
    return read(name, default, _switch, "on or off")


def number(name: str, default: int, *, least: int = 0) -> int:
    return read(name, default, lambda value: _number(value, least), f"a whole number from {least}")


def choice(name: str, known: list[str]) -> str:
    """One of these; the first unless it is set."""

    def parse(value: str) -> str:
        if value not in known:
            raise ValueError(value)
        return value

    return read(name, known[0], parse, " or ".join(known))


def token(name: str) -> str:
    """A word to be known by, or nothing. What is wrong may be a secret."""
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"[!-~]{16,}", value):
        raise BadSetting(name, "…", "at least 16 visible characters without a blank")
    return value


def words(name: str, default: list[str]) -> list[str]:
    """Several values with commas between them."""
    return read(name, default, lambda value: [word for word in _split(value) if word], "names")


def origin(name: str) -> str:
    """An address like https://chat.example.org, or nothing."""
    return read(name, "", _origin, "an address like https://chat.example.org")


def database(name: str, default: str) -> DBConfig:
    """Where the database is, as Django wants to know it. What is wrong may hold a password."""
    try:
        return dj_database_url.parse(os.environ.get(name) or default)
    except ValueError as error:
        raise BadSetting(name, "…", "an address like postgres://user:password@host/name") from error


def redis(name: str) -> str:
    """Where Redis is, or nothing. What is wrong may hold a password."""
    try:
        return _redis(os.environ.get(name, ""))
    except ValueError as error:
        raise BadSetting(name, "…", "an address like redis://:password@host:6379/0") from error


class Mail(NamedTuple):
    """A server that takes letters; no host: there is none."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    is_starttls: bool = False
    is_tls: bool = False

    def options(self, timeout: int) -> dict[str, Any]:
        """What Django 6.1 and later hand to the backend of a mailer."""
        if not self.host:
            return {}
        return {
            "host": self.host,
            "port": self.port,
            "username": self.user,
            "password": self.password,
            "use_tls": self.is_starttls,
            "use_ssl": self.is_tls,
            "timeout": timeout,
        }


def mail(name: str) -> Mail:
    """Where letters are handed in. What is wrong may hold a password."""
    try:
        return _mail(os.environ.get(name, ""))
    except ValueError as error:
        expected = "an address like smtps://user:password@mail.example.org:465"
        raise BadSetting(name, "…", expected) from error


def folder(name: str, default: str) -> Path:
    return Path(os.environ.get(name) or default).expanduser().absolute()


def secret(name: str, kept_in: Path) -> str:
    """The secret key: given, or made once and kept where only we can read it."""
    given = os.environ.get(name)
    if given is not None:
        if len(given) < 50:
            raise BadSetting(name, "…", "at least 50 random characters")
        return given
    try:
        if not kept_in.exists():
            _make_secret(kept_in)
        return kept_in.read_text()
    except OSError as error:
        wanted = f"a folder that Hallway can read and write ({error.strerror})"
        raise BadSetting("HALLWAY_DATA", str(kept_in.parent), wanted) from error


def _make_secret(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside and linked: of two first starts at once both end up with the same key.
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_LENGTH))
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def _switch(value: str) -> bool:
    word = value.strip().lower()
    if word not in YES | NO:
        raise ValueError(value)
    return word in YES


def _number(value: str, least: int) -> int:
    parsed = int(value)
    if parsed < least:
        raise ValueError(value)
    return parsed


def _split(value: str) -> list[str]:
    return [word.strip() for word in value.split(",")]


def _redis(value: str) -> str:
    parts = urlsplit(value)
    is_host = parts.scheme in ("redis", "rediss") and parts.hostname
    if value and not is_host and not (parts.scheme == "unix" and parts.path):
        raise ValueError(value)
    return value


def _mail(value: str) -> Mail:
    if not value:
        return Mail()
    parts = urlsplit(value)
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError(value)
    return Mail(
        host=parts.hostname,
        port=parts.port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_starttls=parts.scheme == "smtp+tls",
        is_tls=parts.scheme == "smtps",
    )


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(value)
    return f"{parts.scheme}://{parts.netloc}"
