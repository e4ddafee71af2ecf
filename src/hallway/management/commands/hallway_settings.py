"""`manage.py hallway_settings`: every setting with its value here; `--markdown` makes the docs."""

from argparse import ArgumentParser
from dataclasses import MISSING, Field, fields
from typing import Any

from django.core.management.base import BaseCommand

from hallway import conf

HEAD = """\
# Settings

In a host project these are keys of one setting, `HALLWAY = {"MESSAGE_LIMIT": 4000}`; none has to
be set. A value that makes no sense is a system check error. The standalone product sets some of
them from [the environment](../../README.md). Made by `manage.py hallway_settings --markdown`.

| setting | default | meaning |
|---|---|---|
"""


class Command(BaseCommand):
    help = "Show every HALLWAY setting with its value, or the page of the docs about them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="Write docs/reference/.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = fields(conf.Settings)
        if options["markdown"]:
            self.stdout.write(HEAD + "\n".join(map(_row, known)))
        else:
            for setting in known:
                self.stdout.write(f"{setting.name} = {getattr(conf.get(), setting.name)!r}")


def _row(setting: Field[Any]) -> str:
    default = {} if setting.default is MISSING else setting.default
    return f"| `{setting.name}` | `{default!r}` | {setting.metadata['help']} |"
