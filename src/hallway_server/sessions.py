"""Django's database sessions, read with a prepared statement: every request reads one."""

from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils import timezone

from hallway.prepared import Param, Prepared

_data = Prepared(
    lambda: Session.objects.filter(
        session_key=Param("key"), expire_date__gt=Param("now")
    ).values_list("session_data")
)


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
        row = _data.row(key=self.session_key, now=timezone.now())
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

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
