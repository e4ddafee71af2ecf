"""`hallway owner`: somebody who owns this chat, made by whoever has the machine."""

import sys

import click


class CannotMakeOwner(Exception):
    """Why nobody was made owner; nothing was changed."""


@click.command()
@click.option("--name", required=True, help="The name to be shown.")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--another", is_flag=True, help="Add one although there is an owner already.")
def owner(name: str, email: str, *, password_stdin: bool, another: bool) -> None:
    """Make an account that owns this chat. The server may run."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    from .serve import prepare

    prepare()
    from hallway.actions import people
    from hallway.actions.new_accounts import NewAccount
    from hallway.errors import HallwayError, HasAnOwner

    try:
        new = NewAccount.check(name=name, email=email, password=password)
        author = people.make_another_owner(new) if another else people.make_first_owner(new)
    except HasAnOwner as error:
        raise CannotMakeOwner(f"{error} Add --another to make one more.") from error
    except HallwayError as error:
        raise CannotMakeOwner(str(error)) from error
    click.echo(f"{author.name} owns this chat and signs in as {new.email}.")
