"""The savepoint of an action inside a transaction does what Django's does."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from hallway.driver import savepoint
from hallway.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


class Refused(Exception):
    pass


def make(slug: str) -> None:
    Room.objects.create(slug=slug, name=slug)


def there() -> set[str]:
    return set(Room.objects.filter(slug__startswith="s-").values_list("slug", flat=True))


def test_what_was_done_inside_stays() -> None:
    with transaction.atomic(), savepoint():
        make("s-one")
    assert there() == {"s-one"}


def test_an_error_undoes_what_was_done_inside_and_nothing_else() -> None:
    with transaction.atomic():
        make("s-before")
        with suppress(Refused), savepoint():
            make("s-inside")
            raise Refused
        make("s-after")
    assert there() == {"s-before", "s-after"}


def test_an_error_of_the_database_leaves_the_transaction_usable() -> None:
    with transaction.atomic():
        make("s-one")
        with pytest.raises(IntegrityError), savepoint():
            make("s-one")
        make("s-two")
    assert there() == {"s-one", "s-two"}


def test_savepoints_lie_in_each_other_and_beside_djangos() -> None:
    with transaction.atomic(), savepoint():
        make("s-1")
        with suppress(Refused), savepoint():
            make("s-2")
            with transaction.atomic():
                make("s-3")
            raise Refused
        with savepoint():
            make("s-4")
            with suppress(Refused), transaction.atomic():
                make("s-5")
                raise Refused
    assert there() == {"s-1", "s-4"}


def test_what_is_undone_is_not_told_after_the_commit() -> None:
    told: list[str] = []

    def tell(what: str) -> Callable[[], None]:
        return lambda: told.append(what)

    with transaction.atomic():
        with savepoint():
            transaction.on_commit(tell("first"))
        with suppress(Refused), savepoint():
            transaction.on_commit(tell("undone"))
            with savepoint():
                transaction.on_commit(tell("undone, further in"))
            raise Refused
        with savepoint():
            transaction.on_commit(tell("last"))
        assert told == []
    assert told == ["first", "last"]


def test_a_part_that_was_given_up_without_an_error_is_undone() -> None:
    with transaction.atomic():
        with savepoint():
            make("s-given-up")
            with suppress(Refused), transaction.atomic(savepoint=False):
                raise Refused
        make("s-kept")
    assert there() == {"s-kept"}


def test_a_transaction_that_is_given_up_takes_no_more() -> None:
    def go_on() -> None:
        with transaction.atomic():
            transaction.set_rollback(True)
            with savepoint():
                make("s-late")

    with pytest.raises(transaction.TransactionManagementError):
        go_on()
    assert there() == set()


def test_a_savepoint_that_is_gone_ends_the_transaction() -> None:
    # As SQLite does by itself when the disk fails.
    def lose() -> None:
        with transaction.atomic():
            make("s-lost")
            with savepoint():
                connection.connection.execute("ROLLBACK")

    with pytest.raises(DatabaseError):
        lose()
    assert there() == set()
