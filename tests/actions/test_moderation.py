"""Reports, bans, taking away what somebody said, slow mode, and the log of it all."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from hallway.actions import accounts, messages, moderation, people, rooms
from hallway.errors import (
    Banned,
    InvalidParameters,
    MessageNotFound,
    NotAllowed,
    NotSignedIn,
    NotYourMessage,
    SlowMode,
    TooManyReports,
)
from hallway.events import log
from hallway.models import Act, Author, Ban, Event, Message, Report, Room, SearchEntry
from hallway.queries import moderation as queries
from tests.people import make_member, make_owner, make_private_room

pytestmark = pytest.mark.usefixtures("hallway")
AWAY = "203.0.113.9"


@pytest.fixture
def ada():
    return make_owner("Ada")


@pytest.fixture
def cleo(ada):
    return people.give_role(ada, make_member("Cleo"), "admin")


@pytest.fixture
def troll():
    return accounts.enter_as_guest("Troll", network=AWAY)


def say(author, room, text="nonsense"):
    return messages.post_message(author, room, source=text)[0]


def kinds():
    return list(Act.objects.order_by("pk").values_list("kind", flat=True))


# --- reports -------------------------------------------------------------------------------------


def test_a_report_waits_for_those_who_run_the_place_and_is_told_to_each(
    ada, cleo, joe, troll, hallway
):
    message = say(troll, hallway)
    assert moderation.report_message(joe, message, reason=" rude ")
    assert not moderation.report_message(joe, message, reason="again")
    (one,) = queries.reported()
    assert one.message == message
    assert [(report.reporter, report.reason) for report in one.reports] == [(joe, "rude")]
    told = Event.objects.filter(kind="report.changed")
    assert set(told.values_list("author_id", flat=True)) == {ada.pk, cleo.pk}
    assert set(told.values_list("payload", flat=True)) == {'{"open":1}'}


def test_nobody_reports_what_they_wrote_or_may_not_read(maya, joe, zoe, kitchen):
    message = say(joe, kitchen)
    with pytest.raises(MessageNotFound):
        moderation.report_message(zoe, message)
    with pytest.raises(NotAllowed):
        moderation.report_message(joe, message)
    assert not Report.objects.exists()


def test_reports_are_limited(joe, troll, hallway):
    for number in range(moderation.REPORTS_AT_ONCE):
        moderation.report_message(joe, say(troll, hallway, f"{number}"))
    with pytest.raises(TooManyReports):
        moderation.report_message(joe, say(troll, hallway))


def test_a_reported_message_is_deleted_or_left_by_those_who_run_the_place(ada, joe, troll, hallway):
    bad, fine = say(troll, hallway, "bad"), say(troll, hallway, "fine")
    for message in (bad, fine):
        moderation.report_message(joe, message)
        with pytest.raises(NotAllowed):
            moderation.delete_reported(joe, message.pk)
        with pytest.raises(NotAllowed):
            moderation.dismiss_reports(joe, message.pk)
    moderation.delete_reported(ada, bad.pk)
    moderation.dismiss_reports(ada, fine.pk)
    assert queries.reported() == []
    assert Report.objects.waiting() == 0
    bad.refresh_from_db()
    fine.refresh_from_db()
    assert (bad.content, fine.content) == ("", "fine")
    assert kinds()[-2:] == ["message-deleted", "reports-dismissed"]
    with pytest.raises(MessageNotFound):
        moderation.delete_reported(ada, fine.pk)


def test_a_reported_message_of_a_room_one_may_not_read_can_be_deleted_and_no_other(ada, maya, joe):
    lea = make_member("Lea")
    den = make_private_room("den", lea, joe)
    reported, other = say(joe, den), say(joe, den)
    moderation.report_message(lea, reported)
    moderation.delete_reported(ada, reported.pk)
    with pytest.raises(MessageNotFound):
        messages.delete_message(ada, other)
    # The log names the room to those alone who may know of it.
    (mine,), _ = queries.acts(lea)
    (hers,), _ = queries.acts(ada)
    assert (mine.room, hers.room) == (den, None)


def test_a_message_that_its_author_takes_back_waits_no_more(ada, joe, troll, hallway):
    message = say(troll, hallway)
    moderation.report_message(joe, message)
    messages.delete_message(troll, message)
    assert queries.reported() == []
    assert Event.objects.filter(kind="report.changed").latest("pk").payload == '{"open":0}'


def test_what_waits_is_read_with_as_many_statements_for_twenty_as_for_ten(
    count_queries, joe, troll, hallway
):
    counts = []
    for _ in range(2):
        for number in range(10):
            moderation.report_message(joe, say(troll, hallway, f"{number}"))
        counts.append(count_queries(queries.reported))
    assert counts[0] == counts[1] <= 2


# --- deleting what others wrote ------------------------------------------------------------------


def test_who_manages_a_room_takes_away_what_others_wrote_there(ada, joe, troll, hallway):
    lea = make_member("Lea")
    tea = rooms.create_room(lea, "Tea")
    message = say(troll, tea)
    with pytest.raises(NotYourMessage):
        messages.delete_message(joe, message)
    messages.delete_message(lea, message)
    elsewhere = say(troll, hallway)
    with pytest.raises(NotYourMessage):
        messages.delete_message(lea, elsewhere)
    messages.delete_message(ada, elsewhere)
    assert kinds().count("message-deleted") == 2
    assert not Message.objects.exclude(content="").filter(author=troll).exists()


def test_nobody_takes_away_what_the_other_wrote_in_a_direct_room(ada, joe):
    direct, _ = rooms.start_direct(ada, [joe])
    with pytest.raises(NotYourMessage):
        messages.delete_message(ada, say(joe, direct))


def test_nobody_edits_what_others_wrote(ada, joe, hallway):
    with pytest.raises(NotYourMessage):
        messages.edit_message(ada, say(joe, hallway), source="something else")


def test_all_that_somebody_said_goes_from_table_log_and_search(
    monkeypatch, ada, joe, troll, hallway
):
    monkeypatch.setattr(moderation, "WIPE_AT_ONCE", 3)
    for number in range(7):
        say(troll, hallway, f"unmistakable {number}")
    kept = say(joe, hallway, "kept")
    with pytest.raises(NotAllowed):
        moderation.delete_all_messages(joe, troll)
    assert moderation.delete_all_messages(ada, troll) == (7, 0)
    assert [m.content for m in Message.objects.filter(deleted_at=None)] == ["kept"]
    assert not Event.objects.filter(payload__contains="unmistakable").exists()
    assert SearchEntry.objects.count() == 1
    assert Act.objects.get().detail == "7"
    assert kept.pk in set(Message.objects.filter(deleted_at=None).values_list("pk", flat=True))


def test_one_call_takes_no_more_than_it_should_and_says_what_is_left(
    monkeypatch, ada, troll, hallway
):
    monkeypatch.setattr(moderation, "WIPE_AT_ONCE", 2)
    monkeypatch.setattr(moderation, "MOST_WIPED", 4)
    for number in range(5):
        say(troll, hallway, f"{number}")
    assert moderation.delete_all_messages(ada, troll) == (4, 1)
    assert moderation.delete_all_messages(ada, troll) == (1, 0)


# --- bans ----------------------------------------------------------------------------------------


def test_a_banned_guest_is_out_with_their_network(ada, troll, hallway):
    moderation.ban(ada, troll)
    with pytest.raises(NotSignedIn):
        say(troll, hallway)
    assert Event.objects.filter(kind="session.ended", author_id=troll.pk).exists()
    with pytest.raises(Banned):
        accounts.enter_as_guest("Another name", network=AWAY)
    with pytest.raises(Banned):
        accounts.check_not_banned(guest=troll.pk)
    # Everybody else is as welcome as before.
    accounts.enter_as_guest("Somebody else", network="203.0.113.10")
    accounts.enter_as_guest("From here")
    moderation.unban(ada, troll)
    say(troll, hallway)
    accounts.enter_as_guest("Another name", network=AWAY)
    assert kinds() == ["banned", "unbanned"]


def test_a_guest_behind_an_unnamed_proxy_is_banned_alone(ada):
    troll = accounts.enter_as_guest("Troll", network="")
    moderation.ban(ada, troll)
    accounts.enter_as_guest("Somebody else", network="")


def test_a_banned_member_cannot_sign_in_and_their_colleagues_can(ada):
    bob = make_member("Bob")
    moderation.ban(ada, bob)
    assert not User.objects.get(hallway_author=bob).is_active
    assert not Ban.objects.exclude(network="").exists()
    moderation.unban(ada, bob)
    assert User.objects.get(hallway_author=bob).is_active


def test_a_ban_for_a_while_ends_by_itself(ada, troll, hallway):
    moderation.ban(ada, troll, until=timezone.now() + timedelta(hours=1))
    moderation.lift_run_out()
    with pytest.raises(NotSignedIn):
        say(troll, hallway)
    Ban.objects.update(until=timezone.now() - timedelta(seconds=1))
    accounts.check_not_banned(guest=troll.pk, network=AWAY)
    moderation.lift_run_out()
    say(troll, hallway)
    # And may be made anew.
    moderation.ban(ada, troll)
    with pytest.raises(NotSignedIn):
        say(troll, hallway)


def test_a_second_ban_takes_the_place_of_the_first(ada, troll):
    moderation.ban(ada, troll, until=timezone.now() + timedelta(hours=1))
    moderation.ban(ada, troll)
    (only,) = queries.bans()
    assert only.until is None


def test_a_ban_does_not_end_before_it_begins(ada, troll):
    with pytest.raises(InvalidParameters):
        moderation.ban(ada, troll, until=timezone.now() - timedelta(hours=1))
    assert not Ban.objects.exists()


def test_nobody_bans_without_the_right_to_nor_themselves_nor_an_owner(ada, cleo, joe, troll):
    bob = make_member("Bob")
    for actor, author in (
        (joe, troll),
        (bob, troll),
        (troll, joe),
        (cleo, ada),
        (ada, ada),
        (ada, make_owner("Eve")),
    ):
        with pytest.raises(NotAllowed):
            moderation.ban(actor, author)
        with pytest.raises(NotAllowed):
            moderation.unban(actor, author)
        with pytest.raises(NotAllowed):
            moderation.delete_all_messages(actor, author)
    assert not Ban.objects.exists()
    assert Author.objects.filter(deactivated_at=None).count() == Author.objects.count()


def test_who_has_left_is_kept_out_with_their_network_and_what_they_said_goes(ada, troll, hallway):
    say(troll, hallway)
    accounts.leave(troll)
    moderation.ban(ada, troll)
    with pytest.raises(Banned):
        accounts.enter_as_guest("Another name", network=AWAY)
    assert moderation.delete_all_messages(ada, troll) == (1, 0)
    moderation.unban(ada, troll)
    accounts.enter_as_guest("Another name", network=AWAY)


def test_switching_on_lifts_a_ban(ada, troll):
    moderation.ban(ada, troll)
    people.reactivate(ada, troll)
    assert queries.bans() == []
    accounts.enter_as_guest("Another name", network=AWAY)


def test_all_of_somebodys_reported_messages_are_told_of_once(ada, joe, troll, hallway):
    for number in range(3):
        moderation.report_message(joe, say(troll, hallway, f"{number}"))
    position = log.span().newest
    moderation.delete_all_messages(ada, troll)
    told = [entry for entry in log.read_after(position, limit=99) if entry.kind == "report.changed"]
    running = Author.objects.running_the_place().count()
    assert [entry.payload for entry in told] == ['{"open":0}'] * running


def test_who_runs_the_place_no_longer_is_told_of_no_more_reports(ada, joe, troll, hallway):
    cleo = people.give_role(ada, make_member("Cleo"), "admin")
    moderation.report_message(joe, say(troll, hallway, "one"))
    people.give_role(ada, cleo, "member")
    moderation.report_message(joe, say(troll, hallway, "two"))
    told = Event.objects.filter(kind="report.changed")
    assert [event.payload for event in told.filter(author_id=cleo.pk)] == ['{"open":1}']
    assert told.filter(author_id=ada.pk).count() == 2


# --- slow mode -----------------------------------------------------------------------------------


@pytest.fixture
def slow():
    lea = make_member("Lea")
    return rooms.change_room(lea, rooms.create_room(lea, "Tea"), slow_mode=30)


def test_in_slow_mode_one_waits_between_two_messages(slow, joe, zoe, hallway):
    first = say(joe, slow)
    with pytest.raises(SlowMode) as refused:
        say(joe, slow)
    assert 28 <= refused.value.retry_after <= 30
    say(zoe, slow)
    say(joe, hallway)
    # To take it back does not help; only time does.
    messages.delete_message(joe, first)
    with pytest.raises(SlowMode):
        say(joe, slow)
    Message.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(seconds=31))
    say(joe, slow)


def test_a_repeated_send_is_no_second_message_in_slow_mode(slow, joe):
    first, _ = messages.post_message(joe, slow, source="once", client_id="a")
    again, is_new = messages.post_message(joe, slow, source="once", client_id="a")
    assert (again.pk, is_new) == (first.pk, False)


def test_who_manages_the_room_need_not_wait(slow, ada):
    for author in (slow.created_by, ada):
        say(author, slow)
        say(author, slow)


def test_slow_mode_is_for_who_manages_the_room_to_set(slow, joe):
    with pytest.raises(NotAllowed):
        rooms.change_room(joe, slow, slow_mode=0)
    for odd in (-1, 10**6):
        with pytest.raises(InvalidParameters):
            rooms.change_room(slow.created_by, slow, slow_mode=odd)
    assert Room.objects.get(pk=slow.pk).slow_mode == 30
    assert kinds() == ["room-slowed"]


def test_a_post_costs_no_statement_more_where_there_is_no_slow_mode(
    count_queries, slow, joe, hallway
):
    say(joe, hallway)
    usual = count_queries(lambda: say(joe, hallway))
    say(joe, slow)
    Message.objects.filter(room=slow).update(created_at=timezone.now() - timedelta(minutes=1))
    assert count_queries(lambda: say(joe, slow)) == usual + 1


# --- the log of it all ---------------------------------------------------------------------------


def test_what_those_who_run_the_place_do_is_written_down_without_a_word_of_anybody(
    ada, cleo, troll, hallway
):
    bob = make_member("Bob")
    people.give_role(ada, bob, "admin")
    people.deactivate(ada, bob)
    people.reactivate(ada, bob)
    say(troll, hallway, "a secret")
    moderation.delete_all_messages(cleo, troll)
    moderation.ban(cleo, troll)
    assert kinds() == [
        "role-given",
        "role-given",
        "switched-off",
        "switched-on",
        "messages-deleted",
        "banned",
    ]
    lines = [str(act) + act.detail for act in Act.objects.all()]
    assert not any("secret" in line for line in lines)


def test_the_log_comes_a_page_at_a_time(monkeypatch, ada, troll):
    monkeypatch.setattr(queries, "ACTS_PAGE", 2)
    for _ in range(3):
        moderation.ban(ada, troll)
    newest, has_more = queries.acts(ada)
    assert (len(newest), has_more) == (2, True)
    oldest, has_more = queries.acts(ada, before=newest[-1].pk)
    assert (len(oldest), has_more) == (1, False)
