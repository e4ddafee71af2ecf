"""Django's database sessions, read with a prepared statement: every request reads one.

Those of accounts end after some time without a request, and after some more in any case. A row's
own `expire_date` says when, so that whoever looks after open streams need not know of it.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import DatabaseError
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone

from hallway.events import log
from hallway.identity import SIGNED_IN_KEY
from hallway.prepared import Param, Prepared

_data = Prepared(
    lambda: Session.objects.filter(
        session_key=Param("key"), expire_date__gt=Param("now")
    ).values_list(
        "session_data",
        ExpressionWrapper(Q(expire_date__lt=Param("soon")), output_field=BooleanField()),
    )
)
# The end moves no more often than this, or every request would write.
MOVES_EVERY = timedelta(days=1)


class _AsItIs:
    """A serializer that leaves what was signed as it is."""

    def loads(self, data: bytes) -> bytes:
        return data


# What was signed stays signed: to compute it again costs 5 % of a post. 1 to 2 MB when full.
@lru_cache(maxsize=4096)
def _signed_text(session_data: str, salt: str) -> bytes:
    text: bytes = signing.loads(session_data, salt=salt, serializer=_AsItIs)  # type: ignore[arg-type]
    return text


class SessionStore(DatabaseSessions):
    def load(self) -> dict[str, Any]:
        now = timezone.now()
        soon = now + timedelta(seconds=settings.SESSION_IDLE_SECONDS) - MOVES_EVERY
        row = _data.row(key=self.session_key, now=now, soon=soon)
        if row is None:
            self._session_key = None
            return {}
        session = self.decode(row[0])
        if row[1] and SIGNED_IN_KEY in session:
            self._move_end(_end(session, now))
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        if SIGNED_IN_KEY in data and SESSION_KEY in data:
            row.expire_date = _end(data, timezone.now())
        return row

    def _move_end(self, end: datetime) -> None:
        """Somebody is there: the session lasts on."""
        rows = Session.objects.filter(session_key=self.session_key)
        if not rows.filter(expire_date__lt=end - MOVES_EVERY).exists():
            return
        # Busy or full, the next request does it.
        with suppress(DatabaseError), log.write():
            rows.update(expire_date=end)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            text = _signed_text(str(session_data), self.key_salt)
        except signing.BadSignature:
            return super().decode(session_data)
        session: dict[str, Any] = self.serializer().loads(text)
        return session

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session


def _end(session: dict[str, Any], now: datetime) -> datetime:
    most = session[SIGNED_IN_KEY] + settings.SESSION_MOST_SECONDS
    idle = now + timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    return min(idle, datetime.fromtimestamp(most, UTC))
