"""The log: one order for everybody, and nothing that was taken back."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hallway.actions import accounts, messages
from hallway.errors import NotAllowed
from hallway.events import log
from hallway.events.kinds import RoomCreated
from hallway.models import Event
from tests.people import make_staff
from tests.wire import until


def test_it_is_appended_to_inside_write_only(transactional_db, hallway):
    with pytest.raises(transaction.TransactionManagementError):
        log.append(RoomCreated(hallway), room=hallway)
    assert not Event.objects.exists()


def test_what_is_rolled_back_was_never_told(transactional_db, hallway):
    def tell_and_refuse() -> None:
        log.append(RoomCreated(hallway), room=hallway)
        raise NotAllowed

    with pytest.raises(NotAllowed), log.write():
        tell_and_refuse()
    assert log.read_after(0, limit=10) == []


def test_events_are_read_after_a_position_in_their_order(maya, hallway):
    position = log.span().newest
    for number in range(5):
        messages.post_message(maya, hallway, source=f"{number}")
    told = log.read_after(position, limit=3)
    assert [entry.kind for entry in told] == ["message.posted"] * 3
    assert [entry.id for entry in told] == sorted(entry.id for entry in told)
    rest = log.read_after(told[-1].id, limit=10)
    assert len(rest) == 2
    assert log.read_after(rest[-1].id, limit=10) == []
    assert log.read_after(position, limit=10, up_to=told[1].id) == told[:2]


def test_an_event_carries_its_message_as_one_line_of_json(maya, hallway):
    messages.post_message(maya, hallway, source="one\ntwo\u2028three")
    [entry] = log.read_after(log.span().newest - 1, limit=1)
    assert "\n" not in entry.payload
    assert "\r" not in entry.payload


def test_ids_become_visible_in_their_order_whoever_writes(transactional_db, maya, hallway):
    """Eight threads write; a ninth that follows the log never meets a number behind it."""
    start = Barrier(9)
    seen: list[int] = []
    position = log.span().newest

    def write(number: int) -> None:
        start.wait()
        for turn in range(10):
            messages.post_message(maya, hallway, source="x", client_id=f"{number}-{turn}")
        connection.close()

    def follow() -> None:
        last = position
        start.wait()
        while len(seen) < 80:
            for entry in log.read_after(last, limit=100):
                seen.append(entry.id)
                last = entry.id
        connection.close()

    threads = [Thread(target=write, args=[number]) for number in range(8)]
    threads.append(Thread(target=follow))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == sorted(Event.objects.filter(id__gt=position).values_list("id", flat=True))
    assert len(seen) == 80


def test_message_ids_follow_the_order_of_their_events(transactional_db, maya, hallway):

    def post() -> None:
        messages.post_message(maya, hallway, source="x")
        connection.close()

    threads = [Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    told = log.read_after(0, limit=100)
    posted = [entry.message_id or 0 for entry in told if entry.kind == "message.posted"]
    assert len(posted) == 8
    assert posted == sorted(posted)


def test_it_knows_where_it_begins_and_ends(hallway, maya):
    before = log.span()
    messages.post_message(maya, hallway, source="one more")
    after = log.span()
    assert after.newest == before.newest + 1
    assert (after.epoch, after.oldest) == (before.epoch, before.oldest)
    assert after.cursor == log.Cursor(after.epoch, after.newest)


def test_an_empty_log_stands_at_zero(first_rows):
    assert log.span()[1:] == (0, 0)


def test_a_restored_database_gets_another_epoch(first_rows):
    before = log.span().epoch
    fresh = log.renew_epoch()
    assert fresh != before
    assert log.span().epoch == fresh
    assert log.Cursor.parse(f"{fresh}-0") is not None


def test_trimming_drops_what_is_old_and_keeps_the_newest(maya, hallway):
    for number in range(4):
        messages.post_message(maya, hallway, source=f"{number}")
    newest = log.span().newest
    Event.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert log.trim() > 0
    assert list(Event.objects.values_list("id", flat=True)) == [newest]
    assert log.trim() == 0


def test_somebody_posts_between_two_pieces_of_what_is_trimmed(
    transactional_db, hallway, monkeypatch
):
    author = accounts.enter_as_guest("Maya")
    for number in range(7):
        messages.post_message(author, hallway, source=f"{number}")
    Event.objects.update(created_at=timezone.now() - timedelta(days=8))
    old = Event.objects.count()
    posted = []

    def post():
        try:
            posted.append(messages.post_message(author, hallway, source="in between"))
        finally:
            connection.close()

    def let_in():
        # Within the pause: whoever trims holds nothing that a post waits for.
        other = Thread(target=post)
        other.start()
        other.join(5)
        assert not other.is_alive()

    monkeypatch.setattr(log, "TRIM_AT_ONCE", 3)
    monkeypatch.setattr(log, "_pause", let_in)
    dropped = log.trim()
    # What was the newest is old, too, once something newer is there.
    assert dropped == old
    assert len(posted) == old // 3
    assert list(Event.objects.filter(created_at__lt=timezone.now() - timedelta(days=7))) == []
    assert Event.objects.filter(kind="message.posted").count() == len(posted)


def test_trimming_leaves_what_is_young(maya, hallway):
    messages.post_message(maya, hallway, source="young")
    assert log.trim() == 0
    assert log.trim(days=0) > 0


def test_the_position_survives_a_trimmed_log(maya, hallway):
    """The newest event stays, so the next id is a larger one and no cursor is used twice."""
    newest = log.span().newest
    log.trim(days=0)
    messages.post_message(maya, hallway, source="after")
    assert log.span().newest == newest + 1


def test_deleted_text_leaves_the_log_at_once(maya, hallway):
    message, _ = messages.post_message(maya, hallway, source="my secret")
    messages.edit_message(maya, message, source="my second secret")
    messages.delete_message(maya, message)
    told = log.read_after(0, limit=100)
    assert "secret" not in "".join(entry.payload for entry in told)
    about = [entry for entry in told if entry.message_id == message.pk]
    assert {entry.kind for entry in about} == {"message.deleted"}


def test_edited_text_leaves_the_log_at_once(maya, hallway):
    message, _ = messages.post_message(maya, hallway, source="the old words")
    messages.edit_message(maya, message, source="the new words")
    told = log.read_after(0, limit=100)
    assert "old words" not in "".join(entry.payload for entry in told)
    about = [entry for entry in told if entry.message_id == message.pk]
    assert [entry.kind for entry in about] == ["message.posted", "message.edited"]
    assert all("new words" in entry.payload for entry in about)


def test_removing_for_the_staff_takes_the_text_out_too(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="spam spam")
    messages.remove_message(message)
    told = log.read_after(0, limit=100)
    assert "spam" not in "".join(entry.payload for entry in told)


def test_a_page_and_its_position_are_of_one_moment(transactional_db, maya, hallway):
    """What is committed while the page is read belongs to the stream, not to the page."""

    def post() -> None:
        messages.post_message(maya, hallway, source="in between")
        connection.close()

    with log.snapshot():
        before = log.span()
        thread = Thread(target=post)
        thread.start()
        thread.join(10)
        assert not hallway.messages.exists()
        assert log.span() == before
    assert hallway.messages.count() == 1
    assert log.span().newest > before.newest


def test_writing_inside_an_outer_transaction_waits_for_nobody(transactional_db, hallway):
    """The admin opens a transaction before it calls an action: SQLite's lock is its own already.

    Had it to wait for the turn of a thread that itself waits for that lock, both would stand
    still until one gives up.
    """
    staff, entered = make_staff("maya"), []

    def enter() -> None:
        entered.append(accounts.enter_as_guest("Joe"))
        connection.close()

    with transaction.atomic():
        other = Thread(target=enter)
        other.start()
        # PostgreSQL has nothing that the other would have to wait for yet.
        waits = log._sqlite_turn.locked
        until(lambda: waits() or not other.is_alive(), what="the other to take its turn")
        accounts.enter_with_account(staff)
    other.join(20)
    assert [author.name for author in entered] == ["Joe"]
