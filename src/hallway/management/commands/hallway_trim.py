"""`manage.py hallway_trim`: drop old events and what deleted rooms have left.

For a daily job in a host project.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hallway.actions import moderation, rooms
from hallway.events import log


class Command(BaseCommand):
    help = "Drop events older than EVENT_DAYS, and what deleted rooms have left. Messages stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, help="Another age than HALLWAY['EVENT_DAYS'].")

    def handle(self, *args: Any, **options: Any) -> None:
        rooms.purge_deleted()
        moderation.lift_run_out()
        dropped = log.trim(days=options["days"])
        self.stdout.write(f"Dropped {dropped} events.")
