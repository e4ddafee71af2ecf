"""From the key press to the acknowledgement: shown at once, never lost, sent once."""

import pytest
from playwright.sync_api import Page, Route, expect

POST = "**/api/rooms/*/messages"


class Gate:
    """Holds posts back until it is opened."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self._is_open = False
        page.route(POST, self._take)

    def open(self) -> None:
        self._is_open = True
        for route in self.held:
            route.continue_()

    def _take(self, route: Route) -> None:
        if self._is_open:
            route.continue_()
        else:
            self.held.append(route)


@pytest.fixture
def gate(maya):
    return Gate(maya.page)


def pass_until(visitor, is_so, *, seconds):
    """Time goes on for the page, slowly enough for the answers that it gets meanwhile."""
    for _ in range(seconds):
        if is_so():
            return
        visitor.page.clock.run_for(1_000)
        visitor.page.request.get(f"{visitor.http.server.url}/up")
    assert is_so()


def texts_in(visitor, room):
    return [message["content"] for message in visitor.http.history(room)]


def test_a_message_shows_at_once_and_its_echo_takes_the_same_row(maya, room, gate):
    maya.visit(room)
    maya.write("quick **fox**")
    row = maya.rows.first
    expect(row).to_have_attribute("data-delivery", "sending")
    maya.sees("quick **fox**")
    expect(maya.box).to_have_value("")
    expect(maya.box).to_be_focused()
    row.evaluate("one => (one.isTheSame = true)")

    gate.open()
    maya.sees("quick fox")
    expect(row).not_to_have_attribute("data-delivery", "sending")
    expect(row.locator(".message")).to_have_attribute("data-version", "1")
    expect(row.locator(".delivery")).to_have_count(0)
    assert row.evaluate("one => one.isTheSame")
    assert (
        maya.page.evaluate("Object.keys(localStorage).filter(key => key.includes('outbox'))") == []
    )


def test_an_echo_that_is_quicker_than_its_answer_changes_nothing(maya, room, gate):
    maya.visit(room)
    maya.write("hello")
    expect(maya.rows).to_have_count(1)
    answer = gate.held[0].fetch()
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    gate.held.pop().fulfill(response=answer)
    gate.open()
    maya.write("again")
    expect(maya.rows).to_have_count(2)
    maya.sees("hello", "again")


def test_what_is_written_while_a_message_is_on_its_way_follows_it_in_order(maya, joe, room, gate):
    maya.visit(room)
    joe.visit(room)
    for text in ("one", "two", "three"):
        maya.write(text)
    maya.sees("one", "two", "three")
    joe.http.say("meanwhile", room=room)
    # What is stored comes before what is only on its way.
    maya.sees("meanwhile", "one", "two", "three")
    assert len(gate.held) == 1
    gate.open()
    for somebody in (maya, joe):
        somebody.sees("meanwhile", "one", "two", "three")
        expect(somebody.rows.locator(".delivery")).to_have_count(0)


def test_a_refused_message_says_why_and_can_be_tried_again_or_discarded(maya, room, watch):
    watch.allow_status(400)
    maya.visit(room)
    maya.write("bell \u0007 rings")
    row = maya.rows.first
    expect(row).to_have_attribute("data-delivery", "failed")
    expect(row.get_by_text("Not sent.")).to_be_visible()
    expect(row.locator(".delivery-detail")).not_to_be_empty()

    row.get_by_role("button", name="Retry").click()
    expect(row).to_have_attribute("data-delivery", "failed")
    maya.reload()
    expect(row).to_have_attribute("data-delivery", "failed")
    expect(row.locator(".body")).to_contain_text("rings")
    row.get_by_role("button", name="Discard").click()
    expect(maya.rows).to_have_count(0)
    maya.reload()
    expect(maya.rows).to_have_count(0)


def test_a_failure_does_not_hold_up_what_is_written_after_it(maya, room, watch):
    watch.allow_status(400)
    maya.visit(room)
    maya.write("bell \u0007")
    maya.write("a good one")
    expect(maya.row("a good one").locator(".delivery")).to_have_count(0)
    assert texts_in(maya, room) == ["a good one"]
    expect(maya.rows.last).to_have_attribute("data-delivery", "failed")


def test_without_an_answer_a_message_waits_and_goes_by_itself_when_there_is_one(
    maya, joe, room, watch
):
    watch.allow_faults()
    maya.take_clock()
    maya.visit(room)
    joe.visit(room)
    maya.page.route(POST, lambda route: route.abort("connectionreset"))
    maya.write("patience")
    maya.write("is a virtue")
    waiting = maya.page.locator("[data-delivery=waiting]")
    expect(waiting).to_have_count(2)
    maya.page.clock.run_for("05:00")
    expect(waiting).to_have_count(2)
    expect(maya.rows.get_by_role("button", name="Retry")).to_be_hidden()

    maya.page.unroute(POST)
    # Half a minute between tries, counted from when the page hears that the one before has failed.
    pass_until(maya, lambda: waiting.count() < 2, seconds=32)
    joe.sees("patience", "is a virtue")
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    assert texts_in(joe, room) == ["patience", "is a virtue"]


def test_a_server_that_goes_on_failing_leaves_it_to_the_author(maya, joe, room, watch):
    watch.allow_status(500)
    maya.take_clock()
    maya.visit(room)
    joe.visit(room)
    maya.page.route(POST, lambda route: route.fulfill(status=500, body="{}"))
    maya.write("again?")
    row = maya.rows.first
    expect(row.get_by_text("The server is busy.")).to_be_visible()
    pass_until(maya, lambda: row.get_attribute("data-delivery") == "failed", seconds=20)

    maya.page.unroute(POST)
    row.get_by_role("button", name="Retry").click()
    joe.sees("again?")
    expect(row.locator(".delivery")).to_have_count(0)


@pytest.mark.parametrize("away", ["00:05", "01:30", "20:00"])
def test_what_is_written_into_a_black_hole_is_sent_once_and_in_order(
    far_maya, joe, room, cable, away
):
    maya = far_maya
    maya.take_clock()
    maya.visit(room)
    joe.visit(room)
    maya.write("before")
    joe.sees("before")
    expect(maya.rows.locator(".delivery")).to_have_count(0)

    cable.black_hole()
    texts = [f"unheard {number}" for number in range(5)]
    for text in texts:
        maya.write(text)
    maya.sees("before", *texts)
    expect(maya.page.locator("[data-delivery=sending]")).to_have_count(5)
    maya.page.clock.run_for(away)
    is_told = away != "00:05"
    if is_told:
        expect(maya.page.get_by_role("alert")).to_contain_text("Connection lost")
        expect(maya.page.locator("[data-delivery=waiting]")).to_have_count(5)
    # Nobody else was cut off.
    joe.write("meanwhile")
    expect(joe.rows.locator(".delivery")).to_have_count(0)
    assert texts_in(joe, room) == ["before", "meanwhile"]

    cable.clear()
    # By itself: the longest pause between two tries is a minute.
    pass_until(maya, lambda: maya.page.locator("[data-delivery]").count() == 0, seconds=61)
    for somebody in (maya, joe):
        somebody.sees("before", "meanwhile", *texts)
        expect(somebody.rows.locator(".delivery")).to_have_count(0)
    expect(maya.notice).to_have_count(0)
    assert texts_in(joe, room) == ["before", "meanwhile", *texts]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_gets_the_message_again_by_itself(maya, room, watch, status):
    watch.allow_status(status)
    busy = {"status": status, "headers": {"Retry-After": "1"}, "body": "{}"}
    maya.visit(room)
    maya.page.route(POST, lambda route: route.fulfill(**busy), times=1)
    maya.write("in a moment")
    why = {429: "You’re writing quickly.", 503: "The server is busy."}
    expect(maya.rows.get_by_text(why[status])).to_be_visible()
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    assert texts_in(maya, room) == ["in a moment"]


def test_an_acknowledgement_lost_on_the_way_does_not_send_twice(far_maya, joe, room, cable):
    maya = far_maya.visit(room)
    joe.visit(room)
    cable.swallow_answers(True)
    maya.write("only once")
    joe.sees("only once")
    expect(maya.rows.first).to_have_attribute("data-delivery", "sending")
    cable.swallow_answers(False)
    cable.cut()
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    maya.sees("only once")
    assert texts_in(joe, room) == ["only once"]


def test_what_is_written_offline_is_sent_once_and_in_order_on_return(far_maya, joe, room, cable):
    maya = far_maya.visit(room)
    joe.visit(room)
    maya.write("before")
    joe.sees("before")

    maya.context.set_offline(True)
    cable.cut()
    maya.write("first")
    expect(maya.page.get_by_role("alert")).to_contain_text("You’re offline")
    texts = ["first", *(f"offline {number}" for number in range(5))]
    for text in texts[1:]:
        maya.write(text)
    expect(maya.page.locator("[data-delivery=waiting]")).to_have_count(6)
    expect(maya.rows.get_by_text("Waiting for the connection.").first).to_be_visible()
    joe.write("meanwhile")

    maya.context.set_offline(False)
    expect(maya.notice).to_have_count(0)
    for somebody in (maya, joe):
        somebody.sees("before", "meanwhile", *texts)
        expect(somebody.rows.locator(".delivery")).to_have_count(0)
    assert texts_in(joe, room) == ["before", "meanwhile", *texts]


def test_unsent_messages_survive_the_end_of_the_page(far_maya, joe, room, cable):
    maya = far_maya.visit(room)
    joe.visit(room)
    maya.context.set_offline(True)
    cable.cut()
    for number in range(3):
        maya.write(f"kept {number}")
    expect(maya.page.locator("[data-delivery]")).to_have_count(3)
    maya.page.close()
    maya.context.set_offline(False)
    later = maya.new_tab(room)
    later.sees("kept 0", "kept 1", "kept 2")
    joe.sees("kept 0", "kept 1", "kept 2")
    expect(later.rows.locator(".delivery")).to_have_count(0)


def test_two_tabs_show_the_same_outbox_and_send_it_once(far_maya, room, cable):
    maya = far_maya.visit(room)
    other = maya.new_tab(room)
    maya.context.set_offline(True)
    cable.cut()
    maya.write("from one tab")
    other.write("from the other")
    for tab in (maya, other):
        tab.sees("from one tab", "from the other")
        expect(tab.page.locator("[data-delivery]")).to_have_count(2)
    maya.context.set_offline(False)
    for tab in (maya, other):
        expect(tab.rows.locator(".delivery")).to_have_count(0)
        tab.sees("from one tab", "from the other")
    assert texts_in(maya, room) == ["from one tab", "from the other"]


def test_a_draft_survives_a_reload_and_belongs_to_its_room(maya, make_room):
    one, other = make_room(), make_room()
    maya.visit(one)
    maya.box.fill("half a thought")
    maya.visit(other)
    expect(maya.box).to_have_value("")
    maya.box.fill("another")
    maya.reload()
    expect(maya.box).to_have_value("another")
    maya.visit(one)
    expect(maya.box).to_have_value("half a thought")
    maya.box.press("Enter")
    maya.sees("half a thought")
    maya.reload()
    expect(maya.box).to_have_value("")


def test_leaving_takes_drafts_and_unsent_messages_along(maya, room):
    maya.visit(room)
    maya.box.fill("a secret")
    maya.page.locator(".me-button").click()
    maya.page.get_by_role("button", name="Leave Hallway").click()
    expect(maya.page).to_have_url(f"{maya.url}/lobby/")
    assert maya.page.evaluate("localStorage.length") == 0
