"""Old snapshot + events = fresh snapshot: what a client holds of its rooms after every action."""

from typing import Any

import pytest

from hallway import access
from hallway.actions import accounts, members, messages, moderation, reactions, reading, rooms
from hallway.api.shapes import door_shape
from hallway.models import Author, Message, Report, Room
from hallway.queries.sidebar import doors_of
from hallway.queries.timeline import pins as pins_of
from tests.live.inside import away, join, read, running_hub
from tests.snapshots import apply, page_of

pytestmark = pytest.mark.django_db(transaction=True)


class Client:
    """A client as docs/protocol.md tells to write it; keeps what `GET /api/rooms` gives."""

    def __init__(self, me: Author) -> None:
        self.me = me.pk
        self.rooms: dict[str, dict[str, Any]] = {}
        self.roles: dict[str, str] = {}
        # It got to know a room with a past, and asks for what that holds.
        self.asks = False

    def load(self, shapes: list[dict[str, Any]]) -> None:
        self.rooms = {shape["slug"]: shape for shape in shapes}

    def apply(self, kind: str, payload: dict[str, Any]) -> None:  # noqa: C901  a case a kind
        match kind:
            case "room.created" | "room.changed":
                self._put(kind, payload)
            case "room.deleted":
                self.rooms.pop(payload["slug"], None)
            case "member.joined" | "member.changed" if payload["author"]["id"] == self.me:
                self.roles[payload["room"]] = payload["role"]
                if payload["room"] in self.rooms:
                    self.rooms[payload["room"]]["role"] = payload["role"]
            case "member.left" if payload["author"]["id"] == self.me:
                self.roles.pop(payload["room"], None)
                if payload["kind"] != "open":
                    self.rooms.pop(payload["room"], None)
                else:
                    self.rooms[payload["room"]] |= {"role": None, "level": "everything"}
            case "level.changed":
                self.rooms[payload["room"]]["level"] = payload["level"]
            case "room.read":
                room = self.rooms[payload["room"]]
                room |= {"unread": payload["unread"], "read_up_to": payload["message"]}
                room["mentions"] = payload["mentions"]
            case "message.posted":
                room = self.rooms[payload["room"]]
                room["newest"] = payload["id"]
                if payload["author"]["id"] != self.me:
                    room["unread"] += 1
                    room["mentions"] += self.me in payload["mentions"]

    def _put(self, kind: str, shape: dict[str, Any]) -> None:
        slug = shape["slug"]
        self.asks = self.asks or (kind == "room.changed" and slug not in self.rooms)
        if shape["kind"] != "open" and slug not in self.roles:
            self.rooms.pop(slug, None)
            return
        new = {"role": self.roles.get(slug), "level": "everything", "unread": 0, "newest": 0}
        new |= {"mentions": 0}
        names = [one["name"] for one in shape["people"] if one["id"] != self.me]
        name = {"name": ", ".join(names)} if names else {}
        self.rooms[slug] = new | self.rooms.get(slug, {}) | shape | name


def snapshot(author: Author) -> list[dict[str, Any]]:
    return [door_shape(door) for door in doors_of(Author.objects.get(pk=author.pk))]


def steps(maya: Author, joe: Author, zoe: Author, lea: Author) -> Any:
    """Every action on rooms and read state, one at a time."""

    def room(name: str) -> Room:
        return Room.objects.get(name=name)

    def direct() -> Room:
        return Room.objects.get(kind=Room.Kind.DIRECT)

    def last(of: Room) -> int:
        return of.messages.latest("pk").pk

    def say(author: Author, of: Room) -> Message:
        return messages.post_message(author, of, source="hi")[0]

    return [
        lambda: rooms.create_room(lea, "Tea"),
        lambda: rooms.create_room(lea, "Den", kind=Room.Kind.PRIVATE, description="Hush"),
        lambda: members.add_member(lea, room("Den"), joe),
        lambda: members.add_member(lea, room("Den"), zoe),
        lambda: say(joe, room("Den")),
        lambda: say(zoe, room("Den")),
        lambda: say(zoe, room("Tea")),
        lambda: members.change_role(lea, room("Den"), joe, "manager"),
        lambda: members.change_level(joe, room("Den"), "mentions"),
        lambda: rooms.change_room(joe, room("Den"), description="Loud", posting="managers"),
        lambda: reading.mark_read(joe, room("Den"), last(room("Den"))),
        lambda: reading.mark_unread(joe, room("Den"), last(room("Den"))),
        lambda: reading.mark_read(joe, room("Tea"), last(room("Tea"))),
        lambda: messages.post_message(lea, room("Tea"), source="@Joe and @Zoe, tea?"),
        lambda: reading.mark_read(zoe, room("Tea"), last(room("Tea"))),
        lambda: members.join_room(joe, room("Tea")),
        lambda: say(lea, room("Tea")),
        lambda: members.leave_room(joe, room("Tea")),
        lambda: members.join_room(zoe, room("Tea")),
        lambda: rooms.change_room(lea, room("Tea"), kind=Room.Kind.PRIVATE),
        lambda: say(zoe, room("Tea")),
        lambda: rooms.start_direct(zoe, [joe]),
        lambda: say(zoe, direct()),
        lambda: say(joe, direct()),
        lambda: members.remove_member(joe, room("Den"), zoe),
        lambda: say(lea, room("Den")),
        lambda: members.leave_room(lea, room("Den")),
        lambda: rooms.change_room(joe, room("Den"), archived=True),
        lambda: rooms.change_room(joe, room("Den"), archived=False, kind=Room.Kind.OPEN),
        lambda: rooms.change_room(maya, room("Den"), name="Hall"),
        lambda: members.leave_room(joe, room("Hall")),
        lambda: rooms.delete_room(maya, room("Hall")),
        lambda: accounts.leave(lea),
    ]


async def test_a_client_that_follows_holds_what_a_fresh_one_loads(maya, joe, zoe, lea, hallway):
    async with running_hub() as hub:
        watchers = {}
        for author in (joe, zoe, maya):
            client = Client(author)
            stream = await join(hub, author)
            client.load(await away(snapshot, author))
            watchers[author] = (client, stream)
        for number, step in enumerate(steps(maya, joe, zoe, lea)):
            await away(step)
            await hub.catch_up()
            for author, (client, stream) in watchers.items():
                for frame in read(stream):
                    client.apply(frame.kind, frame.data)
                if client.asks:
                    client.load(await away(snapshot, author))
                    client.asks = False
                fresh = {shape["slug"]: shape for shape in await away(snapshot, author)}
                for shape in (*fresh.values(), *client.rooms.values()):
                    # Known from the first telling on: a room without one is read from one's coming.
                    shape.setdefault("read_up_to", author.came_after)
                assert client.rooms == fresh, f"{author} after step {number}"


class Reader:
    """A client in a room: what `GET …/messages` and `…/pins` give, and what waits for admins."""

    def __init__(self, messages: dict[int, dict[str, Any]], pins: list[int], waiting: int) -> None:
        self.messages = messages
        self.pins = pins
        self.waiting = waiting

    def apply(self, kind: str, payload: dict[str, Any]) -> None:
        apply(self.messages, kind, dict(payload))
        match kind:
            case "message.pinned":
                self.pins = [payload["message"], *self.pins]
            case "message.unpinned":
                self.pins = [pin for pin in self.pins if pin != payload["message"]]
            case "message.deleted":
                self.pins = [pin for pin in self.pins if pin != payload["id"]]
            case "report.changed":
                self.waiting = payload["open"]


def reader_of(author: Author, room: Room) -> Reader:
    pins = [message.pk for message in pins_of(room)]
    author = Author.objects.get(pk=author.pk)
    waiting = Report.objects.waiting() if access.can_moderate(author) else 0
    return Reader(page_of(room), pins, waiting)


async def test_pins_and_reports_follow_as_a_fresh_page_has_them(maya, joe, zoe, hallway):
    def said(which: int) -> Message:
        found: Message = hallway.messages.order_by("pk")[which]
        return found

    def say(author: Author) -> Message:
        return messages.post_message(author, hallway, source="hi")[0]

    steps = [
        *[lambda author=author: say(author) for author in (joe, zoe, joe, zoe, zoe)],
        lambda: reactions.pin_message(maya, said(0)),
        lambda: reactions.pin_message(maya, said(1)),
        lambda: reactions.pin_message(maya, said(3)),
        lambda: messages.edit_message(joe, said(0), source="hello"),
        lambda: reactions.unpin_message(maya, said(1)),
        lambda: reactions.pin_message(maya, said(1)),
        lambda: messages.delete_message(joe, said(0)),
        lambda: moderation.report_message(joe, said(1), reason="rude"),
        lambda: moderation.report_message(joe, said(3)),
        lambda: moderation.report_message(joe, said(4)),
        lambda: moderation.dismiss_reports(maya, said(3).pk),
        lambda: moderation.delete_reported(maya, said(1).pk),
        lambda: moderation.delete_all_messages(maya, zoe),
    ]
    async with running_hub() as hub:
        watchers = {
            author: (await away(reader_of, author, hallway), await join(hub, author))
            for author in (maya, joe)
        }
        for number, step in enumerate(steps):
            await away(step)
            await hub.catch_up()
            for author, (reader, stream) in watchers.items():
                for frame in read(stream):
                    reader.apply(frame.kind, frame.data)
                fresh = await away(reader_of, author, hallway)
                assert vars(reader) == vars(fresh), f"{author} after step {number}"
