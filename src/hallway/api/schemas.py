"""What the API takes and gives, for validation and for the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Path, Schema
from pydantic import BaseModel

from hallway.models import DIRECT_PEOPLE, SLOWEST

# Ids are 64-bit in every database; a larger number is nobody's.
Id = Annotated[int, Field(ge=1, lt=2**63)]
PathId = Annotated[int, Path(ge=1, lt=2**63)]


class AuthorOut(Schema):
    id: int
    name: str
    kind: Literal["guest", "member", "bot"]
    picture: str = Field(
        description="Names the picture at /pictures/<id>/<picture>.webp; empty: there is none."
    )


class DescribedOut(AuthorOut):
    role: Literal["owner", "admin", "member", "guest", "bot"]
    about: str
    time_zone: str = Field(description="An IANA name; empty: as the browser says.")


class MeOut(DescribedOut):
    hides_reading: bool = Field(description="Tells nobody how far you have read.")


class PersonOut(DescribedOut):
    active: bool = Field(description="False for whom an admin has switched off.")
    online: bool = Field(description="Has a stream open; false, too, where you may not know.")
    last_seen_at: datetime | None = Field(
        description="To within some minutes. Null unless you may read a room they belong to."
    )


class PersonIn(Schema):
    role: Literal["owner", "admin", "member", "guest"] | None = Field(
        None, description="Guest: held to open rooms, for who has an account."
    )
    active: bool | None = None


class BanIn(Schema):
    until: datetime | None = Field(None, description="When it ends; without: for good.")


class BanOut(Schema):
    author: AuthorOut
    made_at: datetime
    made_by: AuthorOut | None
    until: datetime | None


class BansOut(Schema):
    bans: list[BanOut] = Field(description="Those in force, the newest first.")


class ReportIn(Schema):
    reason: str = Field("", description="What is wrong with it, in a line.")


class ActOut(Schema):
    id: int
    kind: str
    at: datetime
    actor: AuthorOut | None
    about: AuthorOut | None = Field(description="To whom it was done.")
    room: str | None = Field(description="The slug of the room it was done in.")
    detail: str


class ActsOut(Schema):
    acts: list[ActOut] = Field(description="The newest first.")
    has_more: bool


class ActsIn(Schema):
    before: Id | None = Field(None, description="Older than this one.")


class DeletedOut(Schema):
    deleted: int
    left: int = Field(description="More than one call takes; ask again.")


class InvitationIn(Schema):
    days: int = Field(7, description="How long it is good for: 1 to 90.")
    uses: int = Field(10, description="For how many people: 1 to 1000.")


class InvitationOut(Schema):
    id: int
    url: str = Field(description="Whoever opens it can become a member.")
    expires_at: datetime
    uses_left: int


class InvitationsOut(Schema):
    invitations: list[InvitationOut]


class SessionOut(Schema):
    id: int
    device: str = Field(description="As the browser calls itself.")
    address: str | None
    created_at: datetime
    current: bool = Field(description="Whether it is the one that asks.")


class SessionsOut(Schema):
    sessions: list[SessionOut] = Field(description="The newest first.")


class MeIn(Schema):
    name: str | None = Field(None, description="The name to take; unique among those present.")
    about: str | None = Field(None, description="A line about yourself.")
    time_zone: str | None = Field(None, description="An IANA name, such as Europe/Vienna.")
    hides_reading: bool | None = Field(None, description="Tell nobody how far you have read.")


class ReaderOut(Schema):
    author: AuthorOut
    message: int = Field(description="Id of the newest message they have read.")


class ReadersOut(Schema):
    readers: list[ReaderOut]


class PeopleOut(Schema):
    people: list[AuthorOut]


RoomKind = Literal["open", "private"]
Posting = Literal["everyone", "managers"]
Role = Literal["manager", "member"]
Level = Literal["everything", "mentions", "nothing"]


class RoomIn(Schema):
    name: str
    kind: RoomKind = "open"
    description: str = ""


class RoomEdit(Schema):
    """What is left out stays as it is."""

    name: str | None = None
    description: str | None = None
    kind: RoomKind | None = None
    posting: Posting | None = Field(None, description="Who may post.")
    archived: bool | None = Field(None, description="An archived room can only be read.")
    slow_mode: int | None = Field(
        None, ge=0, le=SLOWEST, description="Seconds between two messages of one author; 0: none."
    )
    shows_readers: bool | None = Field(None, description="Whether members see who has read.")


class DirectIn(Schema):
    authors: list[Id] = Field(
        max_length=DIRECT_PEOPLE, description="Ids of the others; you are always among them."
    )


class RoomOut(Schema):
    slug: str
    name: str
    kind: Literal["open", "private", "direct"]
    description: str
    posting: Posting
    archived: bool
    slow_mode: int = Field(description="Seconds between two messages of one author; 0: none.")
    shows_readers: bool = Field(description="Whether members see who has read; direct rooms do.")
    people: list[AuthorOut] = Field(description="Who talks in a direct room; else empty.")


class DoorOut(RoomOut):
    role: Role | None = Field(description="Yours; null where you are no member.")
    level: Level = Field(description="What you want to be told of the room.")
    unread: int = Field(description="Messages of others after `read_up_to`; 100 means more.")
    mentions: int = Field(description="Those among them that name you.")
    read_up_to: int = Field(description="Id of the newest message you have read, or 0.")
    newest: int = Field(description="Id of the newest message, or 0.")


class RoomsOut(Schema):
    rooms: list[DoorOut]


class MembershipEdit(Schema):
    level: Level


class MemberEdit(Schema):
    role: Role


class MemberOut(Schema):
    author: AuthorOut
    role: Role
    online: bool = Field(description="Has a stream open.")


class MembersOut(Schema):
    members: list[MemberOut] = Field(description="Managers first, then by name.")


class ReadIn(Schema):
    message: Id = Field(description="Id of a message of this room.")


class MessageIn(BaseModel):  # not a Schema: those are made to read Django's objects, and cost it
    content: str = Field(description="Markdown.")
    client_id: str = Field(
        "", description="Chosen by you; sending it again gives back the first message."
    )
    reply_to: Id | None = Field(None, description="Id of a message of this room to reply to.")


class MessageEdit(Schema):
    content: str = Field(description="Markdown.")


class QuoteOut(Schema):
    id: int
    author: AuthorOut | None
    excerpt: str = Field(description="How it begins, without markup; blank when deleted.")
    deleted: bool


class ReactionOut(Schema):
    emoji: str
    count: int
    authors: list[int] = Field(description="Ids of the first 50 who reacted so.")


class MessageOut(Schema):
    id: int
    room: str = Field(description="Slug of the room.")
    author: AuthorOut
    content: str = Field(description="What was typed: Markdown.")
    html: str = Field(description="The same, as safe HTML.")
    emoji_only: bool
    created_at: datetime
    edited_at: datetime | None
    client_id: str
    version: int = Field(description="Grows with every edit, reaction and pin.")
    reply_to: QuoteOut | None = Field(description="The message this one replies to, as it is now.")
    reactions: list[ReactionOut] = Field(description="In the order in which they began.")
    mentions: list[int] = Field(description="Ids of the authors who are called by name.")
    pinned_at: datetime | None


class ReportOut(Schema):
    author: AuthorOut
    reason: str
    made_at: datetime


class ReportedMessageOut(Schema):
    message: MessageOut
    reports: list[ReportOut]


class ReportedOut(Schema):
    reported: list[ReportedMessageOut] = Field(description="Those reported first at first.")


class MessagesOut(Schema):
    messages: list[MessageOut] = Field(description="Oldest first.")
    has_more: bool = Field(description="Whether there are more in the direction asked for.")
    has_newer: bool | None = Field(
        None, description="With `around`: whether there are newer ones; `has_more` is about older."
    )


class PageIn(Schema):
    """Without any of these: the newest page."""

    before: Id | None = Field(None, description="Messages before the one with this id.")
    after: Id | None = Field(None, description="Messages after it.")
    around: Id | None = Field(None, description="Half a page before it, it, and those after it.")
    limit: int | None = Field(None, ge=1, le=100)


class PinsOut(Schema):
    messages: list[MessageOut] = Field(description="The newest pin first.")


class ReactorsOut(Schema):
    emoji: str
    count: int
    authors: list[AuthorOut] = Field(description="The first 50 who reacted so.")


class ReactionsOut(Schema):
    reactions: list[ReactorsOut]


class RevisionOut(Schema):
    content: str
    html: str
    written_at: datetime
    replaced_at: datetime


class RevisionsOut(Schema):
    revisions: list[RevisionOut] = Field(description="Earlier texts, oldest first.")


class SearchIn(Schema):
    q: str = Field(
        description="Words or how they begin (three letters or more), phrases in quotes, "
        "`from:name`, `in:room`, `before:2026-11-22`, `after:2026-11-22`, `has:link`."
    )
    room: str = Field("", description="Slug of a room to look in.")
    author: Id | None = None
    before: Id | None = Field(None, description="Only messages before the one with this id.")
    limit: int = Field(20, ge=1, le=100)
    zone: str = Field("UTC", description="Where days begin, like `Europe/Paris`.")


class PartOut(Schema):
    text: str
    is_match: bool


class HitOut(MessageOut):
    excerpt: list[PartOut] = Field(
        description="The text around what was found, without markup, in pieces."
    )


class SearchOut(Schema):
    messages: list[HitOut] = Field(description="Newest first.")
    has_more: bool = Field(description="Whether there are older ones.")


class ProblemOut(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
