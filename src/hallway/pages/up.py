"""Whether this server is ready, for whatever watches over it."""

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views import View

from hallway.events import log
from hallway.live import hub
from hallway.models import LogState


class UpView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        """200 when the database answers, has our tables, and the log is followed; 503 else."""
        try:
            log.span()
        except (DatabaseError, LogState.DoesNotExist):
            return _plain("not ready\n", 503)
        return _plain("ready\n", 200) if hub.are_well() else _plain("not ready\n", 503)


def _plain(content: str, status: int) -> HttpResponse:
    return HttpResponse(
        content, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"}
    )
