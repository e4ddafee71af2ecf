"""Everything that may be refused, by name. Each error knows its HTTP status, a code for programs
and a title for people; the text of one occurrence is `str(error)`.

Nothing else of Hallway is imported here. What an error looks like on the wire is up to the API.
"""

from datetime import datetime
from typing import ClassVar

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

# A sentence, or one to be translated when it is shown.
Text = str | Promise


class HallwayError(Exception):
    """Something was asked that cannot be done; nothing was changed."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[Text] = _("This request cannot be understood.")
    # What to tell people about one occurrence; `%(name)s` takes the values given when raising.
    detail: Text = ""

    def __init__(self, detail: Text = "", **values: object) -> None:
        super().__init__()
        self.detail = detail or self.detail
        self.values = values

    def __str__(self) -> str:
        # Translated here and not when raising: whoever shows the error knows the language.
        text = str(self.detail or self.title)
        return text % self.values if self.values else text


class TryAgainLater(HallwayError):
    """Base of what waiting cures; `retry_after` seconds go into the Retry-After header."""

    detail = _("Try again in %(retry_after)s s.")

    def __init__(self, detail: Text = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


# --- who is asking -------------------------------------------------------------------------------


class NotSignedIn(HallwayError):
    status = 401
    code = "not-signed-in"
    title = _("Tell us your name first.")


class NotAllowed(HallwayError):
    status = 403
    code = "not-allowed"
    title = _("You may not do this.")


class NotYourMessage(NotAllowed):
    code = "not-your-message"
    title = _("Only its author may change a message.")


class RoomIsArchived(NotAllowed):
    code = "room-archived"
    title = _("This room is archived: it can be read, and nothing changes in it.")


class OnlyManagersPost(NotAllowed):
    code = "only-managers-post"
    title = _("Only those who manage this room post here.")


class RoomIsNeeded(NotAllowed):
    code = "room-is-needed"
    title = _("Everybody starts in this room: it stays open to all.")


class DirectStays(NotAllowed):
    code = "direct-stays"
    title = _("A direct conversation belongs to the people it began with.")


class SiteDecides(NotAllowed):
    code = "site-decides"
    title = _("Who is in this room is decided by the site it belongs to.")


class Banned(NotAllowed):
    code = "banned"
    title = _("You have been banned from here.")

    def __init__(self, *, until: datetime | None = None) -> None:
        super().__init__()
        if until is not None:
            self.detail = _("You have been banned from here until %(until)s.")
            self.values = {"until": date_format(localtime(until), "DATETIME_FORMAT")}


class GuestsNotAllowed(NotAllowed):
    code = "guests-not-allowed"
    title = _("Guests are not allowed here; sign in with an account.")


class GuestsStayInOpenRooms(NotAllowed):
    code = "guests-stay-in-open-rooms"
    title = _("Guests use open rooms only; private and direct ones need an account.")


class WrongCredentials(NotAllowed):
    """Which of the two is wrong is not told: that would tell who has an account."""

    code = "wrong-credentials"
    title = _("This e-mail and password don’t belong together.")


class WrongPassword(NotAllowed):
    code = "wrong-password"
    title = _("This is not your password.")


# --- what is asked for ---------------------------------------------------------------------------


class RoomNotFound(HallwayError):
    """No such room, or none that this author may know of: the two must look the same."""

    status = 404
    code = "room-not-found"
    title = _("There is no such room.")


class MessageNotFound(HallwayError):
    """No such message, or none that this author may read: the two must look the same."""

    status = 404
    code = "message-not-found"
    title = _("There is no such message.")


class AuthorNotFound(HallwayError):
    status = 404
    code = "author-not-found"
    title = _("There is nobody here by that id.")


class MessageGone(HallwayError):
    status = 410
    code = "message-gone"
    title = _("This message was deleted.")


class InvitationNotFound(HallwayError):
    """Unknown, expired, revoked or used up: an outsider learns no more than that."""

    status = 404
    code = "invitation-not-found"
    title = _("This invitation is not valid.")
    detail = _("It may have expired, or been used. Ask whoever invited you for another one.")


# --- what is sent --------------------------------------------------------------------------------


class InvalidParameters(HallwayError):
    code = "invalid-parameters"
    title = _("A part of this request is missing or wrong.")


class InvalidClientId(InvalidParameters):
    code = "invalid-client-id"
    title = _("A client_id is short and made of visible ASCII characters.")


class InvalidEmoji(InvalidParameters):
    code = "invalid-emoji"
    title = _("A reaction is exactly one emoji.")


class ReplyNotFound(InvalidParameters):
    """No such message in this room; one elsewhere looks the same."""

    code = "reply-not-found"
    title = _("The message to reply to is not in this room.")


class TooManyEmoji(HallwayError):
    status = 409
    code = "too-many-emoji"
    title = _("This message has as many different reactions as it can bear.")


class TooManyPins(HallwayError):
    status = 409
    code = "too-many-pins"
    title = _("This room has as many pinned messages as it can bear; unpin one first.")


class InvalidSearch(InvalidParameters):
    code = "invalid-search"
    title = _("This cannot be searched for.")


class EmptyMessage(HallwayError):
    code = "empty-message"
    title = _("A message needs some text.")


class MessageTooLong(HallwayError):
    status = 413
    code = "message-too-long"
    title = _("This message is too long.")
    detail = _("A message has at most %(limit)s characters; this one has %(length)s.")

    def __init__(self, *, limit: int, length: int) -> None:
        super().__init__(limit=limit, length=length)


class ForbiddenCharacters(HallwayError):
    code = "forbidden-characters"
    title = _("This text contains characters that cannot be sent.")
    detail = _("Character %(position)s (%(code_point)s) is a control character or half of one.")

    def __init__(self, *, position: int, code_point: str) -> None:
        super().__init__(position=position, code_point=code_point)


class InvalidName(HallwayError):
    code = "invalid-name"
    title = _("This name cannot be used.")


class InvalidRoomName(InvalidName):
    code = "invalid-room-name"
    title = _("This room name cannot be used.")


class InvalidDescription(HallwayError):
    code = "invalid-description"
    title = _("This description cannot be used.")


class InvalidAbout(HallwayError):
    code = "invalid-about"
    title = _("This cannot be said of oneself here.")


class InvalidReason(HallwayError):
    code = "invalid-reason"
    title = _("This reason cannot be used.")


class InvalidTimeZone(HallwayError):
    code = "invalid-time-zone"
    title = _("There is no time zone of that name.")


class InvalidPicture(HallwayError):
    code = "invalid-picture"
    title = _("This picture cannot be used.")
    detail = _("Use a JPEG, PNG, WebP or GIF of at most 900 KB and 40 megapixels.")


class InvalidEmail(HallwayError):
    code = "invalid-email"
    title = _("This is not an e-mail address.")


class EmailTaken(HallwayError):
    status = 409
    code = "email-taken"
    title = _("There is an account with this e-mail already; sign in with it.")


class SameEmail(HallwayError):
    code = "same-email"
    title = _("This is your e-mail already.")


class WeakPassword(HallwayError):
    """The text says what is wrong with it."""

    code = "weak-password"
    title = _("This password is too easy to guess.")


class InvalidRole(HallwayError):
    code = "invalid-role"
    title = _("This role cannot be given.")


class HasAnOwner(HallwayError):
    status = 409
    code = "has-an-owner"
    title = _("This chat has an owner already.")


class LastOwner(HallwayError):
    status = 409
    code = "last-owner"
    title = _("A chat needs an owner: make somebody else one first.")


class NameTaken(HallwayError):
    status = 409
    code = "name-taken"
    title = _("Somebody here already has this name.")
    detail = _("Somebody here is already called “%(name)s”, or something that looks the same.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class Conflict(HallwayError):
    status = 409
    code = "conflict"
    title = _("Something else was done at the same moment; look and try again.")


# --- what the house can bear ---------------------------------------------------------------------


class TooManyMessages(TryAgainLater):
    status = 429
    code = "too-many-messages"
    title = _("You are writing faster than anybody can read.")


class SlowMode(TryAgainLater):
    status = 429
    code = "slow-mode"
    title = _("This room is in slow mode.")
    detail = _("This room is in slow mode: you can write again in %(retry_after)s s.")


class TooManyReports(TryAgainLater):
    status = 429
    code = "too-many-reports"
    title = _("You have reported a lot in a short time.")


class TooManyReactions(TryAgainLater):
    status = 429
    code = "too-many-reactions"
    title = _("You are reacting faster than anybody can read.")


class TooManySearches(TryAgainLater):
    status = 429
    code = "too-many-searches"
    title = _("You are searching faster than anybody can read.")


class TooManyRooms(TryAgainLater):
    status = 429
    code = "too-many-rooms"
    title = _("You have opened many rooms in a short time.")


class TooManyAttempts(TryAgainLater):
    status = 429
    code = "too-many-attempts"
    title = _("Too many wrong passwords.")


class TooManySignals(TryAgainLater):
    status = 429
    code = "too-many-signals"
    title = _("This was said often enough.")


class TooManyStreams(TryAgainLater):
    status = 429
    code = "too-many-streams"
    title = _("Hallway is open in too many windows.")


class Busy(TryAgainLater):
    status = 503
    code = "busy"
    title = _("Too much is going on right now.")


class StorageFull(HallwayError):
    status = 507
    code = "storage-full"
    title = _("There is no space left to keep this; reading still works.")


class StreamsFull(TryAgainLater):
    status = 503
    code = "streams-full"
    title = _("This server has as many open streams as it can bear.")


# --- what HTTP itself refuses --------------------------------------------------------------------


class BadRequest(HallwayError):
    """What Django refused before any of our code saw it."""


class InvalidBody(HallwayError):
    code = "invalid-body"
    title = _("The body of this request is not what its type says.")


class BadHost(HallwayError):
    code = "bad-host"
    title = _("This server does not go by that name.")


class CsrfFailed(NotAllowed):
    code = "csrf-failed"
    title = _("The CSRF token is missing or wrong.")


class NeedsHttps(HallwayError):
    status = 403
    code = "needs-https"
    title = _("Use https: what was sent went over the line in the open.")


class CrossSite(NotAllowed):
    code = "cross-site"
    title = _("Other sites may not read this.")


class NotFound(HallwayError):
    status = 404
    code = "not-found"
    title = _("There is nothing here.")


class MethodNotAllowed(HallwayError):
    status = 405
    code = "method-not-allowed"
    title = _("This address does not do that.")

    def __init__(self, *, allow: tuple[str, ...]) -> None:
        super().__init__()
        self.allow = allow


class TooLarge(HallwayError):
    status = 413
    code = "too-large"
    title = _("This request is too large.")


class TooSlow(HallwayError):
    status = 408
    code = "too-slow"
    title = _("This request took too long to arrive.")


class UnsupportedMediaType(HallwayError):
    status = 415
    code = "unsupported-media-type"
    title = _("Send JSON or a form.")


class NeedsAsgi(HallwayError):
    status = 501
    code = "needs-asgi"
    title = _("Streams need an ASGI server.")


class Failed(HallwayError):
    status = 500
    code = "failed"
    title = _("Something went wrong on our side.")
