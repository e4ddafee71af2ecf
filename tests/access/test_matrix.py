"""Who may call what: every address, every method, everybody.

`matrix.txt` has a line for each call that there is. A new route without a line fails here, and the
failure prints the line to put there; read it before you believe it. What is refused must change
nothing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hallway.actions import (
    accounts,
    invitations,
    members,
    messages,
    moderation,
    people,
    rooms,
    sign_ins,
)
from hallway.api.site import api
from hallway.events import log
from hallway.models import (
    Act,
    Author,
    Ban,
    Event,
    Invitation,
    LogState,
    Membership,
    Message,
    Report,
    Room,
    SignIn,
)
from tests.people import make_member, make_owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]

MATRIX = Path(__file__).with_name("matrix.txt")
ROLES = ("nobody", "guest", "member", "admin", "owner", "left", "off", "banned")
OUTSIDE = ("nobody", "left", "off", "banned")
# Streams need a real server: tests/live asks who may open them.
ELSEWHERE = ("/api/stream", "/stream-chat-messages/", "/admin/")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What makes a call more than an empty body; the others are sent `{}` or an empty form. A word with
# a dollar stands for one of `House.samples`.
BODIES: dict[str, dict[str, Any]] = {
    "POST /lobby/": {"username": "Somebody new"},
    "POST /name/": {"username": "Somebody new"},
    "POST /create-message/": {"content": "hello"},
    "POST /invitations/": {"days": "1", "uses": "1"},
    "POST /people/<int:author_id>/": {"active": "off"},
    "POST /people/<int:author_id>/ban/": {"hours": "1"},
    "POST /moderation/reports/<int:message_id>/": {"verdict": "delete"},
    "POST /account/": {"name": "Somebody new"},
    "POST /api/rooms": {"name": "Tea", "kind": "private"},
    "POST /api/rooms/{slug}/messages": {"content": "hello"},
    "PATCH /api/messages/{message_id}": {"content": "forged"},
    "PATCH /api/people/{author_id}": {"role": "admin"},
    "PATCH /api/me": {"name": "Somebody new"},
    "PATCH /api/rooms/{slug}": {"name": "Forged"},
    "PATCH /api/rooms/{slug}/members/{author_id}": {"role": "manager"},
    "PATCH /api/rooms/{slug}/membership": {"level": "nothing"},
    "PUT /api/rooms/{slug}/read": {"message": "$message_id"},
    "PUT /api/rooms/{slug}/unread": {"message": "$message_id"},
    "POST /api/direct": {"authors": ["$author_id"]},
}


class Call(NamedTuple):
    method: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def calls() -> list[Call]:
    """Every call that there is, from the resolver and from the API's own contract."""
    found = [
        Call(method.upper(), path)
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method in operations
    ]
    for route, pattern in patterns(get_resolver().url_patterns, "/"):
        if route.startswith("/api/") and route != "/api/docs":
            continue
        view = getattr(pattern.callback, "view_class", None)
        names = view.http_method_names if view else ["get"]
        found += [
            Call(name.upper(), route)
            for name in names
            if name.upper() in METHODS and (view is None or hasattr(view, name))
        ]
    return sorted({call for call in found if not call.route.startswith(ELSEWHERE)})


def patterns(listed: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
    for one in listed:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, route)
        else:
            yield route, one


def table() -> dict[str, dict[str, str]]:
    """Call → role → answer: the status, or `lobby` for who is led there."""
    rows = {}
    for line in MATRIX.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        method, route, *statuses = line.split()
        rows[f"{method} {route}"] = dict(zip(ROLES, statuses, strict=True))
    return rows


class House:
    """Everybody who may call, and somebody else to whom things belong."""

    def __init__(self) -> None:
        self.owner = make_owner("Ada")
        self.admin = people.give_role(self.owner, make_member("Cleo"), "admin")
        self.member = make_member("Bob")
        self.guest = accounts.enter_as_guest("Gil")
        self.max = make_member("Max")
        self.left = accounts.enter_as_guest("Lee")
        self.off = make_member("Otto")
        self.banned = accounts.enter_as_guest("Troll")
        self.sessions = {role: self._session(role) for role in ROLES}
        accounts.leave(self.left)
        people.deactivate(self.owner, self.off)
        moderation.ban(self.owner, self.banned)
        hallway = Room.objects.get(slug="hallway")
        self.cellar = rooms.create_room(self.max, "Cellar", kind=Room.Kind.PRIVATE)
        message, _ = messages.post_message(self.max, hallway, source="mine")
        moderation.report_message(self.owner, message)
        invitation = invitations.invite(self.owner)
        sign_in = sign_ins.note_sign_in(self.max, "k" * 32, device="", address=None)
        self.samples = {
            "slug": "hallway",
            "author_id": self.max.pk,
            "message_id": message.pk,
            "sign_in_id": sign_in.pk,
            "session_id": sign_in.pk,
            "invitation_id": invitation.pk,
            "number": invitation.pk,
            "emoji": "👍",
        }
        self.as_it_was = state()

    @contextmanager
    def changed(self) -> Iterator[None]:
        """What is done in here is undone afterwards."""
        before = self.as_it_was
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.as_it_was = before

    def _session(self, role: str) -> str:
        """The cookie of somebody's browser; each call is made with a fresh one of it."""
        client = Client()
        author: Author | None = getattr(self, role, None)
        if author is not None and author.user is not None:
            client.force_login(author.user)
        elif author is not None:
            session = client.session
            session["hallway_author"] = author.pk
            session.save()
        cookie = client.cookies.get("sessionid")
        return cookie.value if cookie else ""

    def ask(self, role: str, call: Call, **samples: Any) -> str:
        """The answer; everything is as it was before."""
        known = self.samples | samples
        path = re.sub(
            r"<(?:\w+:)?(\w+)>|\{(\w+)\}",
            lambda part: str(known.get(part[1] or part[2], "x")),
            call.route,
        )
        body = {name: _filled(value, known) for name, value in BODIES.get(str(call), {}).items()}
        kind = "application/json" if path.startswith("/api/") else None
        client = Client()
        client.cookies["sessionid"] = self.sessions[role]
        with transaction.atomic():
            send = getattr(client, call.method.lower())
            if call.method == "GET":
                answer = send(path)
            else:
                answer = send(path, body, content_type=kind) if kind else send(path, body)
            is_led = answer.headers.get("Location", "").startswith("/lobby/")
            refused = answer.status_code >= 400 or (is_led and role in OUTSIDE)
            if refused or call.method == "GET":
                said = "was refused and" if refused else "only reads and"
                assert state() == self.as_it_was, f"{call} by {role} {said} changed something"
            transaction.set_rollback(True)
        return "lobby" if is_led else str(answer.status_code)


def _filled(value: Any, samples: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(one, samples) for one in value]
    is_sample = isinstance(value, str) and value.startswith("$")
    return samples[value[1:]] if is_sample else value


def state() -> list[Any]:
    """Whatever a refused call must leave as it is."""
    rows = (Author, Membership, Message, Room, Invitation, Ban, Report, Act)
    tables = chain.from_iterable(model._default_manager.order_by("pk").values() for model in rows)
    return [*tables, Event.objects.count(), SignIn.objects.count(), log.span().newest]


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """One for all calls, because building it takes longer than asking: each call is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        LogState.objects.get_or_create(pk=1, defaults={"epoch": "abcdef012345"})
        Room.objects.get_or_create(slug="hallway", defaults={"name": "Hallway"})
        yield House()
        transaction.set_rollback(True)


def test_every_call_has_a_line(house: House) -> None:
    listed = table()
    missing = [call for call in calls() if str(call) not in listed]
    lines = [
        " ".join([f"{call!s:60}", *(f"{house.ask(role, call):5}" for role in ROLES)])
        for call in missing
    ]
    told = "\n".join(lines)
    assert not missing, f"Add to {MATRIX.name}, if this is what you mean:\n{told}"
    gone = listed.keys() - {str(call) for call in calls()}
    assert not gone, f"Take out of {MATRIX.name}, they are not there any more: {gone}"


@pytest.mark.parametrize("call", calls(), ids=str)
def test_everybody_gets_what_the_matrix_says(house: House, call: Call) -> None:
    expected = table().get(str(call))
    if expected is None:
        pytest.skip("told by test_every_call_has_a_line")
    assert {role: house.ask(role, call) for role in ROLES} == expected


# Leads to the room, whatever there is: the room itself refuses.
PERMALINK = "GET /rooms/<slug:slug>/messages/<int:message_id>/"
OF_ROOMS = [call for call in calls() if "slug" in call.route and str(call) != PERMALINK]


@pytest.mark.parametrize("call", OF_ROOMS, ids=str)
def test_a_room_of_others_is_as_unknown_as_one_that_is_not(house: House, call: Call) -> None:
    for role in ("guest", "member", "admin", "owner"):
        forbidden = house.ask(role, call, slug=house.cellar.slug)
        assert forbidden == house.ask(role, call, slug="nowhere") == "404", (role, call)
    for role in OUTSIDE:
        assert house.ask(role, call, slug=house.cellar.slug) in ("lobby", "401"), (role, call)


def test_who_was_taken_out_of_a_room_knows_it_no_more(house: House) -> None:
    read = Call("GET", "/api/rooms/{slug}/messages")
    with house.changed():
        members.add_member(house.max, house.cellar, house.member)
        house.as_it_was = state()
        assert house.ask("member", read, slug=house.cellar.slug) == "200"
        members.remove_member(house.max, house.cellar, house.member)
        house.as_it_was = state()
        for call in OF_ROOMS:
            assert house.ask("member", call, slug=house.cellar.slug) == "404", call
