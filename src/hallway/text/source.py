"""What somebody typed, checked before it is kept."""

from hallway.errors import EmptyMessage, ForbiddenCharacters, MessageTooLong

from .characters import CONTROL, VISIBLE


def clean_source(source: str, *, limit: int) -> str:
    """The text to keep: line ends become `\\n`, blank lines around it go, the rest stays exact.

    No Unicode normalisation: what was sent is what is stored, searched, shown and sent back.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if found := CONTROL.search(source):
        raise ForbiddenCharacters(
            position=found.start() + 1, code_point=f"U+{ord(found.group()):04X}"
        )
    if not VISIBLE.search(source):
        raise EmptyMessage
    source = _without_blank_lines_around(source)
    if len(source) > limit:
        raise MessageTooLong(limit=limit, length=len(source))
    return source


def _without_blank_lines_around(source: str) -> str:
    # Spaces on the lines that stay are kept: an indented first line may be code.
    first = len(source) - len(source.lstrip())
    last = len(source.rstrip())
    end = source.find("\n", last)
    return source[source.rfind("\n", 0, first) + 1 : end if end >= 0 else None]
