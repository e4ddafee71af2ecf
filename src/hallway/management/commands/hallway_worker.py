"""`manage.py hallway_worker`: hand the log's events to HALLWAY["CONSUMERS"], until told to stop."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hallway import conf, consumers


class Command(BaseCommand):
    help = "Hand every event of the log to the consumers named in HALLWAY['CONSUMERS']."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when there is no more.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not conf.get().CONSUMERS:
            raise CommandError("HALLWAY['CONSUMERS'] names nobody to hand events to.")
        if options["once"]:
            for name, handle in consumers.handlers().items():
                while consumers.consume(name, handle):
                    pass
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write(f"Consumers: {', '.join(conf.get().CONSUMERS)}")
        consumers.run(stop)
