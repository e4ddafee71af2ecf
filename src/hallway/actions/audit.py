"""The audit log: what was done by those who run the place, for the others of them to see."""

from hallway.models import Act, Author, Room


def note(
    kind: Act.Kind,
    actor: Author,
    *,
    about: Author | None = None,
    room: Room | None = None,
    detail: str = "",
) -> None:
    """Write down an act; inside the `log.write()` of the act itself."""
    Act.objects.create(kind=kind, actor=actor, about=about, room=room, detail=detail)
