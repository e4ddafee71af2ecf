"""Django's database sessions, read with a prepared statement: every request reads one."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from hallway.prepared import Param, Prepared

_data = Prepared(
    lambda: Session.objects.filter(
        session_key=Param("key"), expire_date__gt=Param("now")
    ).values_list("session_data")
)


class SessionStore(DatabaseSessions):
    def load(self) -> dict[str, Any]:
        row = _data.row(key=self.session_key, now=timezone.now())
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session
