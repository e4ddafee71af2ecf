"""`hallway doctor`: look at everything between a browser and the log, and name what is wrong."""

import sys

import click


@click.command()
@click.option("--url", default="", help="Where people reach it; HALLWAY_ORIGIN unless given.")
@click.option("--quick", is_flag=True, help="Do not wait for the stream's next heartbeat.")
def doctor(url: str, quick: bool) -> None:
    """Look at this machine and at the way from outside; takes half a minute."""
    import django

    django.setup()
    from django.conf import settings

    from hallway_server import doctor

    url = (url or settings.ORIGIN or "http://127.0.0.1:8000").rstrip("/")
    ill = 0
    for look in (
        doctor.look_at_machine(),
        doctor.look_from_outside(url, waits_for_heartbeat=not quick),
    ):
        for finding in look:
            click.echo(f"{'ok  ' if finding.is_well else 'ILL '} {finding.what}")
            if not finding.is_well:
                ill += 1
                click.echo(f"     {finding.cure}")
    if ill:
        sys.exit(1)
