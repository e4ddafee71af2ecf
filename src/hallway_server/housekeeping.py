"""What must be done now and then while the server runs: old events and old sessions go."""

from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from hallway.actions import moderation, rooms, sign_ins
from hallway.events import log

from .beside import Beside
from .unhurried import unhurried


class Housekeeper(Beside):
    name = "hallway-housekeeper"
    every_seconds = 3600.0

    def round(self) -> None:
        try:
            with unhurried():
                log.trim()
                sign_ins.forget_expired()
                rooms.purge_deleted()
                moderation.lift_run_out()
                with log.write():
                    Session.objects.filter(expire_date__lt=timezone.now()).delete()
        finally:
            connection.close()
