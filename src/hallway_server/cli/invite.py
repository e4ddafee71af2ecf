"""`hallway invite`: a link by which people become members."""

import click


@click.command()
@click.option("--days", default=7, show_default=True, help="How long it is good for.")
@click.option("--uses", default=10, show_default=True, help="For how many people.")
@click.option("--at", "origin", default="", help="Where people reach this chat, if not set.")
def invite(days: int, uses: int, origin: str) -> None:
    """Print a link by which people become members. The server may run."""
    from .serve import prepare

    prepare()
    from django.conf import settings
    from django.urls import reverse

    from hallway.actions import invitations
    from hallway.errors import HallwayError

    try:
        invitation = invitations.invite(None, days=days, uses=uses)
    except HallwayError as error:
        raise click.UsageError(str(error)) from error
    origin = (origin or settings.ORIGIN or "http://127.0.0.1:8000").rstrip("/")
    click.echo(origin + reverse("hallway:join", args=[invitations.token_of(invitation)]))
