"""The rows: what is always true about them, and querysets that read like English."""

from .authors import ABOUT_LENGTH, NAME_LENGTH, Author
from .events import ConsumerState, Event, LogState
from .invitations import Invitation
from .messages import (
    CLIENT_ID_LENGTH,
    EMOJI_LENGTH,
    Mention,
    Message,
    Reaction,
    Revision,
)
from .moderation import REASON_LENGTH, Act, Ban, Report
from .reading import MOST_UNREAD, ReadState, mentions_of, newest_message, with_reading
from .rooms import (
    DESCRIPTION_LENGTH,
    DIRECT_PEOPLE,
    ROOM_NAME_LENGTH,
    SLOWEST,
    Membership,
    Room,
    RoomQuerySet,
    direct_key,
)
from .search import SearchEntry
from .sign_ins import DEVICE_LENGTH, SignIn

__all__ = [
    "ABOUT_LENGTH",
    "CLIENT_ID_LENGTH",
    "DESCRIPTION_LENGTH",
    "DEVICE_LENGTH",
    "DIRECT_PEOPLE",
    "EMOJI_LENGTH",
    "MOST_UNREAD",
    "NAME_LENGTH",
    "REASON_LENGTH",
    "ROOM_NAME_LENGTH",
    "SLOWEST",
    "Act",
    "Author",
    "Ban",
    "ConsumerState",
    "Event",
    "Invitation",
    "LogState",
    "Membership",
    "Mention",
    "Message",
    "Reaction",
    "ReadState",
    "Report",
    "Revision",
    "Room",
    "RoomQuerySet",
    "SearchEntry",
    "SignIn",
    "direct_key",
    "mentions_of",
    "newest_message",
    "with_reading",
]
