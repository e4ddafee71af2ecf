"""What is worth a line in the log, and what a line looks like.

A line is a line: whatever somebody put into a name or an address, no line break and no escape
sequence of a terminal comes out of it.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from hallway import asking

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# In a traceback line breaks are ours.
_CONTROL_BUT_BREAKS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class NotACutStream(logging.Filter):
    """uvicorn takes a response that was not finished for a fault of the application. A stream whose
    reader takes no bytes cannot be finished; it is cut on purpose, and its reader resumes."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "ASGI callable returned without completing response."


class NotToldAlready(logging.Filter):
    """Django tells of every answer from 400 on, with its address. Ours are told by name already,
    and an address may be a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is None:
            return True
        status = getattr(record, "status_code", 500)
        if status < 500 or status == 503:
            return False
        path = getattr(request, "path", "")
        record.args = tuple(
            asking.beginning(path) if argument == path else argument
            for argument in (record.args if isinstance(record.args, tuple) else ())
        )
        return True


class Lines(logging.Formatter):
    """For people: one line, and a traceback below it where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        message = _CONTROL.sub(_escaped, record.getMessage())
        about = "".join(f" {name}={_word(value)}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {message}{about}"
        if record.exc_info:
            traceback = self.formatException(record.exc_info)
            line += "\n" + _CONTROL_BUT_BREAKS.sub(_escaped, traceback)
        return line


class Json(logging.Formatter):
    """For programs: an object a line, tracebacks and all."""

    def format(self, record: logging.LogRecord) -> str:
        shape: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | _fields(record)
        if record.exc_info:
            shape["exception"] = self.formatException(record.exc_info)
        # ASCII alone: every control character is escaped, of whatever alphabet.
        return json.dumps(shape, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = dict(getattr(record, "fields", {}))
    one = asking.current.get()
    if one is not None:
        fields |= {"request": one.request_id, "address": one.address, "about": one.about}
        if one.author is not None:
            fields.setdefault("author", one.author)
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _word(value: object) -> str:
    text = _CONTROL.sub(_escaped, str(value))
    return json.dumps(text, ensure_ascii=False) if re.search(r'[\s="]', text) else text


def _escaped(found: "re.Match[str]") -> str:
    return f"\\x{ord(found[0]):02x}" if ord(found[0]) < 256 else f"\\u{ord(found[0]):04x}"
