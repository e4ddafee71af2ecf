"""Posting, editing and deleting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from hallway.actions import accounts, messages, people
from hallway.actions.members import join_room, leave_room
from hallway.errors import (
    EmptyMessage,
    ForbiddenCharacters,
    InvalidClientId,
    MessageGone,
    MessageNotFound,
    MessageTooLong,
    NotSignedIn,
    NotYourMessage,
    RoomNotFound,
    TooManyMessages,
)
from hallway.events import log
from hallway.models import Event, Membership, Message


def test_a_message_is_stored_rendered_and_told(joe, hallway):
    position = log.span().newest
    message, is_new = messages.post_message(joe, hallway, source="**hi**", client_id="c1")
    assert is_new
    message = Message.objects.get(pk=message.pk)
    assert (message.content, message.html) == ("**hi**", "<p><strong>hi</strong></p>")
    assert (message.client_id, message.version, message.edited_at) == ("c1", 1, None)
    [told] = log.read_after(position, limit=10)
    assert (told.kind, told.message_id, told.room_id) == ("message.posted", message.pk, hallway.pk)


def test_the_same_client_id_gives_back_the_first_message(joe, hallway):
    first, _ = messages.post_message(joe, hallway, source="once", client_id="c1")
    position = log.span().newest
    again, is_new = messages.post_message(joe, hallway, source="twice", client_id="c1")
    assert (again, again.content, is_new) == (first, "once", False)
    assert log.span().newest == position


def test_the_same_client_id_of_another_author_is_another_message(joe, zoe, hallway):
    first, _ = messages.post_message(joe, hallway, source="mine", client_id="c1")
    second, is_new = messages.post_message(zoe, hallway, source="mine", client_id="c1")
    assert is_new
    assert first != second


def test_without_a_client_id_every_message_is_new(joe, hallway):
    messages.post_message(joe, hallway, source="hi")
    messages.post_message(joe, hallway, source="hi")
    assert Message.objects.count() == 2


def test_twenty_repeats_at_once_are_one_message(transactional_db, joe, hallway):
    start = Barrier(20)

    def post() -> tuple[int, bool]:
        start.wait()
        message, is_new = messages.post_message(joe, hallway, source="once", client_id="c1")
        connection.close()
        return message.pk, is_new

    with ThreadPoolExecutor(20) as pool:
        results = [future.result(20) for future in [pool.submit(post) for _ in range(20)]]
    assert Message.objects.count() == 1
    assert {number for number, _ in results} == {Message.objects.get().pk}
    assert sorted(is_new for _, is_new in results) == [False] * 19 + [True]
    assert Event.objects.filter(kind="message.posted").count() == 1


def test_what_was_deleted_is_not_sent_again_by_a_late_repeat(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="oops", client_id="c1")
    messages.delete_message(joe, message)
    with pytest.raises(MessageGone):
        messages.post_message(joe, hallway, source="oops", client_id="c1")
    assert not Message.objects.filter(content="oops").exists()


@pytest.mark.parametrize("client_id", ["a b", "é", "x" * 65, "a\nb", "\0", "\ud800"])
def test_a_client_id_of_other_than_visible_ascii_is_refused(joe, hallway, client_id):
    with pytest.raises(InvalidClientId):
        messages.post_message(joe, hallway, source="hi", client_id=client_id)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("", EmptyMessage),
        (" \n\t\r\n ", EmptyMessage),
        ("\u200b", EmptyMessage),
        ("a\0b", ForbiddenCharacters),
        ("\ud800", ForbiddenCharacters),
        ("x" * 8001, MessageTooLong),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(joe, hallway, source, error):
    position = log.span().newest
    with pytest.raises(error):
        messages.post_message(joe, hallway, source=source)
    assert not Message.objects.exists()
    assert log.span().newest == position


def test_the_limit_counts_characters(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="😀" * 8000)
    assert len(message.content) == 8000


@pytest.mark.parametrize(
    "source", ["\u2028", "e\u0301", "\u202eabc", "👩‍👩‍👧‍👦", "\ufeffx", "a\u0300" * 99]
)
def test_text_is_kept_exactly(joe, hallway, source):
    message, _ = messages.post_message(joe, hallway, source=f"x{source}x")
    assert Message.objects.get(pk=message.pk).content == f"x{source}x"


def test_posting_to_an_open_room_joins_it(joe, hallway):
    leave_room(joe, hallway)
    position = log.span().newest
    messages.post_message(joe, hallway, source="back")
    kinds = [entry.kind for entry in log.read_after(position, limit=10)]
    assert kinds == ["member.joined", "message.posted"]
    assert Membership.objects.filter(author=joe, room=hallway).exists()


def test_zoe_posts_nothing_to_a_private_room(zoe, kitchen):
    position = log.span().newest
    with pytest.raises(RoomNotFound):
        messages.post_message(zoe, kitchen, source="knock knock")
    assert not Message.objects.exists()
    assert log.span().newest == position


def test_who_was_removed_gets_no_last_word_in(joe, kitchen):
    leave_room(joe, kitchen)
    with pytest.raises(RoomNotFound):
        messages.post_message(joe, kitchen, source="one more thing")
    assert not Message.objects.exists()


def test_who_has_left_says_nothing_more(joe, hallway):
    accounts.leave(joe)
    with pytest.raises(NotSignedIn):
        messages.post_message(joe, hallway, source="one more thing")
    assert not Message.objects.exists()


def test_who_has_left_joins_nothing(joe, hallway):
    accounts.leave(joe)
    with pytest.raises(NotSignedIn):
        join_room(joe, hallway)
    assert not Membership.objects.filter(author=joe).exists()


def test_writing_too_fast_is_refused_until_the_window_has_passed(joe, zoe, hallway, setting):
    setting(POST_RATE=3)
    for _ in range(3):
        messages.post_message(joe, hallway, source="spam")
    with pytest.raises(TooManyMessages) as refusal:
        messages.post_message(joe, hallway, source="spam")
    assert 55 <= refusal.value.retry_after <= 60
    assert Message.objects.count() == 3
    messages.post_message(zoe, hallway, source="others write on")
    oldest = Message.objects.filter(author=joe).earliest("id")
    Message.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(seconds=61))
    messages.post_message(joe, hallway, source="patient now")
    with pytest.raises(TooManyMessages):
        messages.post_message(joe, hallway, source="and at once again")


def test_a_repeat_is_never_too_fast(joe, hallway, setting):
    setting(POST_RATE=1)
    first, _ = messages.post_message(joe, hallway, source="hi", client_id="c1")
    assert messages.post_message(joe, hallway, source="hi", client_id="c1") == (first, False)


def test_a_rate_of_zero_is_no_limit(joe, hallway, setting):
    setting(POST_RATE=0)
    for _ in range(130):
        messages.post_message(joe, hallway, source="hi")
    assert Message.objects.count() == 130


def test_editing_replaces_the_text_and_is_told(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="teh")
    position = log.span().newest
    edited = messages.edit_message(joe, message, source="the")
    message = Message.objects.get(pk=message.pk)
    assert (message.content, message.html, message.version) == ("the", "<p>the</p>", 2)
    assert message.edited_at == edited.edited_at is not None
    assert [entry.kind for entry in log.read_after(position, limit=9)] == ["message.edited"]


def test_editing_to_the_same_text_is_no_edit(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="same")
    position = log.span().newest
    assert messages.edit_message(joe, message, source="same").version == 1
    assert log.span().newest == position


def test_deleting_leaves_nothing_of_the_text(joe, hallway):
    message, _ = messages.post_message(joe, hallway, source="secret")
    messages.delete_message(joe, message)
    message = Message.objects.get(pk=message.pk)
    assert (message.content, message.html) == ("", "")
    assert message.deleted_at is not None
    with pytest.raises(MessageNotFound):
        messages.delete_message(joe, message)
    with pytest.raises(MessageNotFound):
        messages.edit_message(joe, message, source="back")


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_zoe_changes_nobodys_message(joe, zoe, hallway, act):
    message, _ = messages.post_message(joe, hallway, source="mine")
    with pytest.raises(NotYourMessage):
        change(zoe, message, act)
    assert Message.objects.get().content == "mine"


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_a_message_in_a_private_room_does_not_exist_for_zoe(joe, zoe, kitchen, act):
    message, _ = messages.post_message(joe, kitchen, source="ours")
    with pytest.raises(MessageNotFound):
        change(zoe, message, act)
    assert Message.objects.get().content == "ours"


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_one_changes_nothing_in_a_room_one_was_removed_from(joe, kitchen, act):
    message, _ = messages.post_message(joe, kitchen, source="ours")
    leave_room(joe, kitchen)
    with pytest.raises(MessageNotFound):
        change(joe, message, act)
    assert Message.objects.get().content == "ours"


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_who_has_left_changes_nothing(joe, hallway, act):
    message, _ = messages.post_message(joe, hallway, source="mine")
    accounts.leave(joe)
    # Joe as the request found him, a moment before he left.
    with pytest.raises(NotSignedIn):
        change(joe, message, act)
    assert Message.objects.get().content == "mine"


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_who_was_switched_off_meanwhile_changes_nothing(maya, joe, hallway, act):
    message, _ = messages.post_message(joe, hallway, source="mine")
    people.deactivate(maya, joe)
    with pytest.raises(NotSignedIn):
        change(joe, message, act)
    assert Message.objects.get().content == "mine"


def change(author, message, act):
    if act == "edit":
        messages.edit_message(author, message, source="theirs")
    else:
        messages.delete_message(author, message)


def test_the_same_client_id_in_another_room_is_another_message(maya, hallway, kitchen):
    first, _ = messages.post_message(maya, hallway, source="here", client_id="c1")
    second, is_new = messages.post_message(maya, kitchen, source="there", client_id="c1")
    assert is_new
    assert (first.content, second.content) == ("here", "there")
