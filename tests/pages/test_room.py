"""The room page, as the server renders it."""

import re

import pytest
from django.test import Client

from hallway.actions import accounts
from hallway.actions.messages import delete_message, edit_message, post_message
from hallway.actions.reactions import add_reaction, remove_reaction
from hallway.actions.rooms import create_room
from hallway.events import log
from hallway.models import Author, Message
from hallway.pages import rows

ROW_ID = re.compile(r'id="message-(\d+)"')
ROW = re.compile(r'class="row ?([a-z ]*)"')
REACTION = 'data-emoji="🎉" data-authors="'


@pytest.fixture(autouse=True)
def nothing_drawn_before():
    """Ids begin anew in every test, drawn rows are kept by id."""
    rows.clear()


def test_home_is_the_default_room_then_the_last_one(browser_of, maya):
    create_room(maya, "Tea")
    client = browser_of(maya)
    assert client.get("/").headers["Location"] == "/rooms/hallway/"
    assert client.get("/rooms/tea/").status_code == 200
    assert client.get("/").headers["Location"] == "/rooms/tea/"
    client.cookies["hallway_room"] = "no-such-room"
    assert client.get("/").headers["Location"] == "/rooms/hallway/"


def test_it_shows_the_newest_messages_oldest_first(browser_of, joe, hallway):
    ids = [post_message(joe, hallway, source=f"m{number}")[0].pk for number in range(42)]
    page = browser_of(joe).get("/rooms/hallway/")
    assert [int(found) for found in ROW_ID.findall(page.content.decode())] == ids[-40:]
    assert page.context["has_more"] is True


def test_it_knows_the_position_at_which_it_was_rendered(browser_of, joe, hallway):
    post_message(joe, hallway, source="hi")
    page = browser_of(joe).get("/rooms/hallway/")
    assert page.context["cursor"] == str(log.span().cursor)
    assert page.context["cursor"] in page.content.decode()


def test_the_text_of_a_message_is_rendered_and_safe(browser_of, joe, hallway):
    post_message(joe, hallway, source="**bold** <script>alert(1)</script>")
    page = browser_of(joe).get("/rooms/hallway/").content.decode()
    assert "<strong>bold</strong>" in page
    assert "<script>alert(1)" not in page


def test_an_edited_message_is_drawn_anew_and_a_deleted_one_is_gone(browser_of, joe, hallway):
    client = browser_of(joe)
    message, _ = post_message(joe, hallway, source="oldwords")
    assert "oldwords" in client.get("/rooms/hallway/").content.decode()
    edit_message(joe, message, source="newwords")
    page = client.get("/rooms/hallway/").content.decode()
    assert "newwords" in page
    assert "oldwords" not in page
    delete_message(joe, message)
    assert "newwords" not in client.get("/rooms/hallway/").content.decode()


def test_the_sidebar_lists_the_rooms_one_may_read(browser_of, joe, zoe, hallway, kitchen):
    def listed(page):
        return [door.room for door in page.context["doors"]]

    assert listed(browser_of(joe).get("/rooms/hallway/")) == [hallway, kitchen]
    page = browser_of(zoe).get("/rooms/hallway/")
    assert listed(page) == [hallway]
    assert "kitchen" not in page.content.decode().lower()


def test_for_zoe_a_private_room_is_like_none(browser_of, joe, zoe, kitchen):
    post_message(joe, kitchen, source="ours")
    client = browser_of(zoe)
    theirs, none = client.get("/rooms/kitchen/"), client.get("/rooms/no-room/")
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert text_of(theirs).replace("kitchen", "no-room") == text_of(none)
    assert "ours" not in theirs.content.decode()
    assert browser_of(joe).get("/rooms/kitchen/").status_code == 200


def test_it_costs_the_same_at_10_and_20_messages(browser_of, joe, hallway, count_queries):
    client = browser_of(joe)
    client.get("/rooms/hallway/")  # the first visit of a day is noted
    for _ in range(10):
        post_message(joe, hallway, source="hi")
    rows.clear()
    ten = count_queries(lambda: client.get("/rooms/hallway/"))
    for _ in range(10):
        post_message(joe, hallway, source="hi")
    rows.clear()
    assert count_queries(lambda: client.get("/rooms/hallway/")) == ten


def test_it_costs_the_same_at_10_and_20_rooms(browser_of, maya, count_queries):
    client = browser_of(maya)
    client.get("/rooms/hallway/")  # the first visit of a day is noted
    for number in range(10):
        create_room(maya, f"Room {number}")
    ten = count_queries(lambda: client.get("/rooms/hallway/"))
    for number in range(10):
        create_room(maya, f"More {number}")
    assert count_queries(lambda: client.get("/rooms/hallway/")) == ten


def test_it_is_never_kept_by_a_cache(browser_of, joe):
    headers = browser_of(joe).get("/rooms/hallway/").headers
    assert "no-store" in headers["Cache-Control"]
    assert "Cookie" in headers["Vary"]


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "", "Nowhere/Land", "../../etc/passwd", "\\", "/"]
)
def test_times_are_those_of_the_readers_zone(browser_of, joe, hallway, zone):
    post_message(joe, hallway, source="hi")
    client = browser_of(joe)
    client.cookies["hallway_zone"] = zone
    page = client.get("/rooms/hallway/")
    assert page.status_code == 200
    context, *_ = [context for context in page.context if "cursor" in context]
    assert context["zone"] == (zone if zone == "Asia/Shanghai" else "")


def test_rows_of_one_author_are_grouped_by_time_and_day(browser_of, joe, zoe, hallway):
    for author in (joe, joe, zoe, joe):
        post_message(author, hallway, source="hi")
    page = browser_of(joe).get("/rooms/hallway/").content.decode()
    drawn = page[page.index('id="rows"') : page.index('id="newer"')]
    assert ROW.findall(drawn) == ["mine", "mine continues", "", "mine"]
    assert drawn.count('class="day"') == 1
    assert drawn.index('class="day"') < drawn.index('class="row')


def test_whose_a_row_is_is_each_readers_own(browser_of, joe, zoe, hallway):
    post_message(joe, hallway, source="hi")
    seen = [browser_of(who).get("/rooms/hallway/").content.decode() for who in (joe, zoe, joe)]
    assert ["row mine" in page for page in seen] == [True, False, True]


def test_what_pages_share_holds_nobodys_name_or_token(browser_of, joe, zoe, hallway):
    def token(page):
        return page.partition('name="csrf-token" content="')[2][:64]

    pages = [browser_of(who).get("/rooms/hallway/").content.decode() for who in (joe, zoe)]
    joes, zoes = pages
    assert token(joes).isalnum()
    assert joes.count(f'value="{token(joes)}"') == joes.count("csrfmiddlewaretoken") > 1
    assert zoes.count(f'value="{token(zoes)}"') == joes.count("csrfmiddlewaretoken")
    assert token(joes) not in zoes
    assert joe.name not in zoes
    assert zoe.name not in joes


def test_a_session_without_an_author_is_nobodys(static_files, first_rows):
    client = Client()
    for value in (0, -1, "1", None):
        session = client.session
        session["hallway_author"] = value
        session.save()
        assert client.get("/rooms/hallway/").status_code == 302
    assert not Author.objects.exists()


def text_of(page):
    """The page without what differs each time: the nonce."""
    return page.content.decode().replace(page.wsgi_request.csp_nonce or "\0", "")


def test_a_restored_database_is_not_shown_with_rows_of_before(browser_of, joe, hallway):
    message, _ = post_message(joe, hallway, source="before the restore")
    assert "before the restore" in browser_of(joe).get("/rooms/hallway/").content.decode()
    Message.objects.filter(pk=message.pk).update(html="<p>as restored</p>")
    log.renew_epoch()
    page = browser_of(joe).get("/rooms/hallway/").content.decode()
    assert "as restored" in page
    assert "before the restore" not in page


def test_a_drawn_row_is_right_after_every_change_of_what_it_shows(browser_of, joe, zoe, hallway):
    client = browser_of(zoe)

    def page():
        return client.get("/rooms/hallway/").content.decode()

    first, _ = post_message(joe, hallway, source="firstwords")
    post_message(zoe, hallway, source="an answer", reply_to=first.pk)
    assert page().count("firstwords") == 2
    add_reaction(zoe, first, "🎉")
    assert REACTION in page()
    remove_reaction(zoe, first, "🎉")
    assert REACTION not in page()
    edit_message(joe, first, source="secondwords")
    assert page().count("secondwords") == 2
    assert "firstwords" not in page()
    accounts.rename(joe, "Joseph")
    assert page().count("Joseph") == 2
    delete_message(joe, first)
    assert "secondwords" not in page()
    assert "is-gone" in page()


def test_reactions_and_quotes_cost_no_query_for_each_row(browser_of, joe, hallway, count_queries):
    client = browser_of(joe)

    def say(number):
        for _ in range(number):
            first, _ = post_message(joe, hallway, source="first")
            add_reaction(joe, first, "👍")
            post_message(joe, hallway, source="second", reply_to=first.pk)

    def look() -> None:
        rows.clear()
        assert client.get("/rooms/hallway/").status_code == 200

    look()
    say(5)
    ten = count_queries(look)
    say(5)
    assert count_queries(look) == ten


def test_a_permalink_leads_to_the_message_in_its_room(browser_of, joe, kitchen, zoe):
    answer = browser_of(joe).get("/rooms/hallway/messages/12/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/rooms/hallway/#message-12")
    hidden = browser_of(zoe).get("/rooms/kitchen/messages/12/", follow=True)
    assert hidden.status_code == 404
    none = browser_of(zoe).get("/rooms/no-room/messages/12/", follow=True)
    assert text_of(hidden).replace("kitchen", "no-room") == text_of(none)
