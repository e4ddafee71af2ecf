"""The `hallway` command."""

import os
import sys

import click

from hallway import __version__
from hallway_server.environment import BadSetting
from hallway_server.preparing import TooOld

from .backup import CannotBackUp, backup, restore
from .doctor import doctor
from .invite import invite
from .move import CannotMove, move
from .owner import CannotMakeOwner, owner
from .serve import CannotServe, serve, work

COMMANDS = [serve, work, owner, invite, backup, restore, move, doctor]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def hallway() -> None:
    """Instant messaging for a team or a community."""


for command in COMMANDS:
    hallway.add_command(command)


def main() -> None:
    """Run the command; whatever is wrong with its surroundings ends in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hallway_server.settings")
    try:
        hallway(prog_name="hallway")
    except (BadSetting, CannotServe, CannotMakeOwner, CannotBackUp, CannotMove, TooOld) as error:
        sys.exit(f"hallway: {error}")
