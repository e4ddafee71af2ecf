"""The pages of those who keep the peace, and what the banned get to see."""

import pytest
from django.test import Client

from hallway.actions import accounts, messages, moderation
from hallway.models import Author, Ban, Message
from tests.people import make_member, make_owner, make_private_room

pytestmark = pytest.mark.usefixtures("hallway", "static_files")
AWAY = "203.0.113.9"


@pytest.fixture
def ada():
    return make_owner("Ada")


@pytest.fixture
def troll():
    return accounts.enter_as_guest("Troll", network=AWAY)


def test_a_reported_message_is_shown_as_text_with_who_reported_it_and_why(
    browser_of, ada, joe, troll, hallway
):
    message, _ = messages.post_message(troll, hallway, source="<b>bold</b> words")
    moderation.report_message(joe, message, reason="<i>rude</i>")
    page = browser_of(ada).get("/moderation/").content.decode()
    assert "&lt;b&gt;bold&lt;/b&gt; words" in page
    assert "<bdi>Joe</bdi> reported it: <q>&lt;i&gt;rude&lt;/i&gt;</q>" in page
    assert f'href="/rooms/hallway/messages/{message.pk}/"' in page


def test_a_room_that_one_may_not_read_is_not_named_there(browser_of, ada, joe):
    lea = make_member("Lea")
    den = make_private_room("den", lea, joe)
    message, _ = messages.post_message(joe, den, source="in the den")
    moderation.report_message(lea, message)
    page = browser_of(ada).get("/moderation/").content.decode()
    assert "in the den" in page
    assert "/rooms/den/" not in page


def test_a_verdict_deletes_the_message_or_leaves_it(browser_of, ada, joe, troll, hallway):
    bad, _ = messages.post_message(troll, hallway, source="bad")
    fine, _ = messages.post_message(troll, hallway, source="fine")
    for message in (bad, fine):
        moderation.report_message(joe, message)
    browser = browser_of(ada)
    browser.post(f"/moderation/reports/{bad.pk}/", {"verdict": "delete"})
    browser.post(f"/moderation/reports/{fine.pk}/", {"verdict": "dismiss"})
    again = browser.post(f"/moderation/reports/{bad.pk}/", {"verdict": "delete"})
    assert again.status_code == 404
    assert "Nothing waits for you." in again.content.decode()
    assert list(Message.objects.filter(deleted_at=None)) == [fine]


def test_a_ban_by_the_form_takes_the_messages_too_if_asked(browser_of, ada, troll, hallway):
    messages.post_message(troll, hallway, source="nonsense")
    browser = browser_of(ada)
    assert "for a week" in browser.get(f"/people/{troll.pk}/ban/").content.decode()
    browser.post(f"/people/{troll.pk}/ban/", {"hours": "168", "messages": "yes"})
    ban = Ban.objects.get()
    assert ban.until is not None
    assert not Message.objects.filter(deleted_at=None).exists()
    page = browser.get("/moderation/").content.decode()
    assert "Troll" in page
    browser.post(f"/people/{troll.pk}/ban/", {"lift": "yes"})
    assert not Ban.objects.in_force().exists()


def test_an_odd_term_bans_nobody(browser_of, ada, troll):
    browser_of(ada).post(f"/people/{troll.pk}/ban/", {"hours": "9" * 9})
    assert not Ban.objects.exists()


def test_a_banned_guest_reads_so_in_the_lobby_and_gets_no_new_name(browser_of, ada, troll):
    browser = browser_of(troll)
    moderation.ban(ada, troll)
    assert "You have been banned from here." in browser.get("/lobby/").content.decode()
    refused = browser.post("/lobby/", {"username": "Saint"})
    assert refused.status_code == 403
    assert "You have been banned from here." in refused.content.decode()
    moderation.unban(ada, troll)
    assert browser.get("/rooms/hallway/").status_code == 200


def test_without_their_cookie_the_network_is_known_again_and_another_is_not(ada, troll):
    moderation.ban(ada, troll)
    near, far = Client(REMOTE_ADDR=AWAY), Client(REMOTE_ADDR="203.0.113.10")
    assert near.post("/lobby/", {"username": "Saint"}).status_code == 403
    assert far.post("/lobby/", {"username": "Saint"}).status_code == 302


def test_guests_from_a_network_are_remembered_by_it_only_where_it_tells_them_apart():
    Client(REMOTE_ADDR="2001:db8::17").post("/lobby/", {"username": "Six"})
    Client(REMOTE_ADDR="127.0.0.1").post("/lobby/", {"username": "Near"})
    networks = {
        author.name: author.network for author in Author.objects.filter(name__in=["Six", "Near"])
    }
    assert networks == {"Six": "2001:db8::", "Near": ""}


def test_the_badge_of_waiting_reports_is_for_those_who_run_the_place(
    browser_of, ada, joe, troll, hallway
):
    message, _ = messages.post_message(troll, hallway, source="bad")
    moderation.report_message(joe, message)
    assert "reports-waiting" in browser_of(ada).get("/rooms/hallway/").content.decode()
    assert "reports-waiting" not in browser_of(joe).get("/rooms/hallway/").content.decode()
