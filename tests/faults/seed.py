"""Fills a data folder before the server starts: people with sessions, rooms, memberships.

    python -m tests.faults.seed people=20 rooms=5 private=1
    python -m tests.faults.seed history=5000

Runs inside Django, in a process of its own, and prints what it made as JSON. It is the only part
of the harness that touches the server's code; the checker never sees what it printed.
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hallway_server.settings")
    import django

    django.setup()
    wish = {key: int(value) for key, value in (pair.split("=") for pair in sys.argv[1:])}
    tasks: dict[str, Any] = {"pragmas": _pragmas, "trim": _trim, "history": _write_history}
    tasks |= {"commits": _commit_slowly, "show_out": _show_out}
    tasks["accounts"], tasks["ends"] = _open_accounts, _end_sessions
    task = next(iter(wish))
    made = tasks[task](**wish) if task in tasks else _furnish(**wish)
    sys.stdout.write(json.dumps(made) + "\n")


def _furnish(*, people: int, rooms: int, private: int) -> Any:
    """A house as it stands before anybody speaks; every other person belongs to what is private."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    from hallway import text
    from hallway.actions.members import join_room
    from hallway.events import log
    from hallway.events.kinds import MemberJoined, RoomCreated
    from hallway.identity import remember_guest
    from hallway.models import Author, Membership, Room
    from hallway_server.preparing import collect_static, migrate

    migrate()
    collect_static()
    cast: list[tuple[int, str, str | None]] = []
    with log.write():
        places = [Room.objects.get(slug="hallway")]
        places += [_room(f"room-{number}", Room.Kind.OPEN) for number in range(1, rooms)]
        hidden = [_room(f"private-{number}", Room.Kind.PRIVATE) for number in range(private)]
        for room in (*places[1:], *hidden):
            log.append(RoomCreated(room), room=room)
        for number in range(people):
            name = f"Person {number}"
            author = Author.objects.create(name=name, name_key=text.name_key(name))
            join_room(author, places[0])
            request = HttpRequest()
            request.session = SessionStore()
            remember_guest(request, author)
            request.session.save()
            if number == 0:
                Membership.objects.filter(room=places[0], author=author).update(
                    role=Membership.Role.MANAGER
                )
            cast.append((author.pk, name, request.session.session_key))
            for room in hidden if number % 2 == 0 else ():
                Membership.objects.create(room=room, author=author)
                log.append(MemberJoined(room, author), room=room)
    return {
        "people": cast,
        "rooms": [room.slug for room in places],
        "private": [room.slug for room in hidden],
    }


def _write_history(*, history: int, size: int = 0) -> Any:
    """So many messages of the first person, each with its event and about `size` characters."""
    from hallway.events import log
    from hallway.events.kinds import MessagePosted
    from hallway.models import Author, Message, Room

    author, room = Author.objects.order_by("id")[0], Room.objects.get(slug="hallway")
    with log.write():
        for number in range(history):
            content = f"history {number}" + " word" * (size // 5)
            message = Message.objects.create(
                room=room, author=author, content=content,
                html=f"<p>{content}</p>", client_id=f"history-{number}",
            )  # fmt: skip
            log.append(MessagePosted(message), room=room)
    return {"history": history}


def _commit_slowly(*, commits: int, seed: int) -> Any:
    """Write so many times beside the server, taking a while each time and giving up one in ten."""
    import random
    from contextlib import suppress
    from time import sleep

    from hallway.events import log
    from hallway.events.kinds import MessagePosted
    from hallway.models import Author, Message, Room

    dice = random.Random(seed)
    author, room = Author.objects.order_by("id")[0], Room.objects.get(slug="hallway")
    for number in range(commits):
        with suppress(_GivenUp), log.write():
            content = f"history {seed} {number}"
            message = Message.objects.create(
                room=room, author=author, content=content,
                html=f"<p>{content}</p>", client_id=f"history-{seed}-{number}",
            )  # fmt: skip
            log.append(MessagePosted(message), room=room)
            sleep(dice.uniform(0, 0.02) if dice.random() < 0.98 else 1.0)
            if dice.random() < 0.1:
                raise _GivenUp
    return {"commits": commits}


class _GivenUp(Exception):
    pass


def _show_out(*, show_out: int, removed: int, banned: int) -> Any:
    """Take one person out of the private room, and ban another."""
    from django.contrib.auth.models import User

    from hallway.actions import accounts, members, moderation
    from hallway.events import log
    from hallway.models import Author, Room

    room = Room.objects.get(slug=f"private-{show_out - 1}")
    with log.write():
        members.take_out(Author.objects.get(pk=removed), room)
    host = accounts.enter_with_account(User.objects.create_superuser("host", "", "correct horse"))
    moderation.ban(host, Author.objects.get(pk=banned))
    return {"host": host.pk}


def _open_accounts(*, accounts: int) -> Any:
    """So many people with accounts, each with two sessions."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    from hallway.actions.new_accounts import NewAccount, open_account
    from hallway.events import log
    from hallway.identity import sign_in
    from hallway.models import Author

    def session_of(author: Author) -> str | None:
        request = RequestFactory().post("/sign-in/")
        request.session = SessionStore()
        sign_in(request, author)
        return request.session.session_key

    made = []
    for number in range(accounts):
        name, address = f"Member {number}", f"member-{number}@example.org"
        new = NewAccount.check(name=name, email=address, password="correct horse")
        with log.write():
            author = open_account(new, role=Author.Role.MEMBER, guest=None)
        made.append((author.pk, name, [session_of(author) for _ in range(2)]))
    return made


def _end_sessions(*, ends: int) -> Any:
    """Let what the first of these people may do end, each in another way, a moment ago the last."""
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from hallway.actions import accounts, moderation, passwords, people, sign_ins
    from hallway.models import Author, SignIn

    host = accounts.enter_with_account(User.objects.create_superuser("host", "", "correct horse"))
    banned, off, deleted, changed, everywhere, expired = Author.objects.filter(
        name__startswith="Member "
    ).order_by("id")[:ends]
    moderation.ban(host, banned)
    people.deactivate(host, off)
    assert deleted.user is not None
    deleted.user.delete()
    sign_ins.look_again(deleted)
    passwords.change_password(changed, "another horse battery", session_key=None)
    sign_ins.end_all(everywhere)
    keys = SignIn.objects.filter(author=expired).values("session_key")
    Session.objects.filter(session_key__in=keys).update(expire_date=timezone.now())
    return {"host": host.pk}


def _room(slug: str, kind: str) -> Any:
    from hallway.models import Room

    return Room.objects.create(slug=slug, name=slug.title(), kind=kind)


def _trim(*, trim: int) -> Any:
    """Make all but the newest `trim` events a month old, then trim as the server does."""
    from django.utils import timezone

    from hallway.events import log
    from hallway.models import Event

    newest = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    with log.write():
        Event.objects.filter(id__lte=newest - trim).update(
            created_at=timezone.now() - timedelta(days=30)
        )
    return {"dropped": log.trim()}


def _pragmas(*, pragmas: int) -> Any:
    """How the server's own connections are set."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout"):
            cursor.execute(f"PRAGMA {name}")
            found[name] = cursor.fetchone()[0]
    return found


if __name__ == "__main__":
    main()
