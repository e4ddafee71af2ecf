"""How far the consumers of the log have come."""

from hallway.models import ConsumerState


def note(name: str, epoch: str, position: int) -> None:
    """This consumer has seen everything up to `position`."""
    ConsumerState.objects.update_or_create(
        name=name, defaults={"epoch": epoch, "position": position}
    )
