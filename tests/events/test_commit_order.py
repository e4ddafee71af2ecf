"""PostgreSQL: events become visible in the order of their ids, whoever would commit first."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from threading import Thread

import pytest
from django.db import connection, transaction

from hallway.events import log
from hallway.events.kinds import RoomCreated
from hallway.models import Event, Room
from tests.wire import until

ROUNDS = 300


class GivenUp(Exception):
    """Rolls a transaction back."""


def in_thread(function: Callable[[], None]) -> Thread:
    def run() -> None:
        try:
            function()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "inside an outer transaction"])
def test_no_cursor_steps_over_who_commits_later(transactional_db, hallway: Room, nested):
    """A takes its number, then B would commit; every tenth time A takes everything back."""
    position = log.span().newest
    seen: list[int] = []

    def follow() -> None:
        after = seen[-1] if seen else position
        seen.extend(entry.id for entry in log.read_after(after, limit=100))

    def write() -> None:
        with log.write():
            log.append(RoomCreated(hallway), room=hallway)

    def first(other: list[Thread], give_up: bool) -> None:
        with transaction.atomic() if nested else nullcontext(), log.write():
            log.append(RoomCreated(hallway), room=hallway)
            other.append(in_thread(write))
            until(
                lambda: somebody_waits() or not other[0].is_alive(),
                what="B to wait for its turn, or to have committed",
            )
            reader = in_thread(follow)
            reader.join(20)
            if give_up:
                raise GivenUp

    for number in range(ROUNDS):
        other: list[Thread] = []
        with suppress(GivenUp):
            first(other, give_up=number % 10 == 0)
        other[0].join(20)
        follow()

    kept = list(Event.objects.filter(id__gt=position).order_by("id").values_list("id", flat=True))
    assert seen == kept
    assert len(kept) == ROUNDS * 2 - ROUNDS // 10
