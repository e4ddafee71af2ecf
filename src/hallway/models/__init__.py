"""The rows: what is always true about them, and querysets that read like English."""

from .authors import NAME_LENGTH, Author
from .events import Event, LogState
from .messages import CLIENT_ID_LENGTH, Message
from .rooms import Membership, Room
from .search import SearchEntry

__all__ = [
    "CLIENT_ID_LENGTH",
    "NAME_LENGTH",
    "Author",
    "Event",
    "LogState",
    "Membership",
    "Message",
    "Room",
    "SearchEntry",
]
