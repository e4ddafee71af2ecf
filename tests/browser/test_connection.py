"""The stream ends, hangs, or is refused; the page comes back by itself and nothing is missed."""

import time

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.sizes import IS_LONG
from tests.server import Server
from tests.wire import until

from .faults import Cable

STREAM = "**/api/stream*"
CRASHES = 10 if IS_LONG else 3
HEARTBEAT = 20  # Seconds; the server's setting.
WAKE = 3
BLACKOUT = 8  # Seconds; the server's start is not counted.


def top_of(row):
    return row.evaluate("one => one.getBoundingClientRect().top")


def says_what_a_fresh_page_says(visitor, room):
    """Equal to the page somebody opens now, to the last attribute."""
    fresh = visitor.new_tab(room)
    assert visitor.markup() == fresh.markup()
    fresh.page.close()


def refuse_once(page, **answer):
    page.route(STREAM, lambda route: route.fulfill(**answer), times=1)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403},
        {"status": 404},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 500},
        {"status": 502, "content_type": "text/html", "body": "<h1>Bad Gateway</h1>"},
        {"status": 503, "headers": {"Retry-After": "1"}},
        {"status": 200, "content_type": "text/html", "body": "<h1>Log in to the Wi-Fi</h1>"},
    ],
    ids=["403", "404", "429", "500", "502-html", "503", "wrong-type"],
)
def test_a_stream_answered_wrongly_once_is_live_a_moment_later(maya, joe, room, watch, answer):
    watch.allow_status(answer["status"])
    refuse_once(maya.page, **answer)
    maya.visit(room)
    joe.http.say("are you there?", room=room)
    maya.sees("are you there?")
    expect(maya.notice).to_have_count(0)


def test_a_stream_led_astray_to_a_login_page_comes_back(maya, joe, room, watch):
    # What it found there is thrown away half read.
    watch.allow("^failed: GET .*/lobby/ net::ERR_ABORTED$")

    def lead_astray(route: Route) -> None:
        route.fulfill(status=302, headers={"Location": f"{maya.url}/lobby/"})

    maya.page.route(STREAM, lead_astray, times=1)
    maya.visit(room)
    joe.http.say("are you there?", room=room)
    maya.sees("are you there?")


def test_who_is_nobody_any_more_is_led_to_the_lobby(maya, room, watch):
    watch.allow_status(401)
    refuse_once(maya.page, status=401, body="{}")
    maya.page.goto(f"{maya.url}/rooms/{room}/")
    expect(maya.page).to_have_url(f"{maya.url}/lobby/")


def test_a_server_that_says_no_content_is_not_asked_again(maya, room):
    asked = []

    def note(request: Request) -> None:
        if "/api/stream" in request.url:
            asked.append(request)

    maya.page.on("request", note)
    maya.take_clock()
    refuse_once(maya.page, status=204)
    maya.visit(room)
    expect(maya.page.get_by_role("alert")).to_contain_text("stopped sending")
    maya.page.clock.fast_forward("10:00")
    expect(maya.page.get_by_role("alert")).to_be_visible()
    assert len(asked) == 1
    maya.page.get_by_role("button", name="Reload").click()
    expect(maya.notice).to_have_count(0)


def test_a_cut_connection_is_back_before_anybody_is_told(far_maya, joe, room, cable):
    maya = far_maya.visit(room)
    for number in range(3):
        cable.cut()
        joe.http.say(f"after cut {number}", room=room)
        expect(maya.row(f"after cut {number}")).to_have_count(1)
    maya.sees("after cut 0", "after cut 1", "after cut 2")
    expect(maya.notice).to_have_count(0)


@pytest.mark.timeout(90)
def test_crashes_find_draft_focus_and_the_readers_place_as_they_were(visitors, tmp_path, watch):
    watch.allow_faults()
    watch.allow_status(503)

    def start():
        return Server(tmp_path / "data", {"HALLWAY_POST_RATE": "0"}).start()

    server = start()
    try:
        with Cable(server) as cable:
            maya = visitors.come(server, "Maya", url=cable.url)
            maya.say(*(f"early {number}" for number in range(39)), room="hallway")
            maya.visit()
            maya.scroll_up(300)
            seen = maya.row("early 20")
            place = top_of(seen)
            maya.box.focus()
            typed = ""
            for number in range(CRASHES):
                maya.box.press_sequentially(f"{number} ")
                server.kill()
                # Short: a second line in the box would lift the rows.
                maya.box.press_sequentially("on ")
                typed += f"{number} on "
                server = start()
                cable.lead_to(server)
                back = time.monotonic()
                joe = server.person(f"Joe {number}")
                joe.say(f"after crash {number}")
                joe.close()
                expect(maya.row(f"after crash {number}")).to_have_count(1)
                assert time.monotonic() - back < BLACKOUT
                expect(maya.box).to_have_value(typed)
                expect(maya.box).to_be_focused()
                assert abs(top_of(seen) - place) <= 1
            assert maya.texts()[-CRASHES:] == [f"after crash {n}" for n in range(CRASHES)]
            maya.box.press("Enter")
            expect(maya.row(typed.strip()).locator(".delivery")).to_have_count(0)
            maya.page.close()
    finally:
        server.kill()


def test_while_the_server_is_away_the_page_says_so_and_keeps_what_is_written(
    visitors, start, watch
):
    watch.allow_faults()
    watch.allow_status(503)
    server = start()
    with Cable(server) as cable:
        maya = visitors.come(server, "Maya", url=cable.url).visit()
        server.stop()
        maya.write("is anybody there?")
        expect(maya.page.get_by_role("alert")).to_contain_text("Connection lost")
        expect(maya.rows.first).to_have_attribute("data-delivery", "waiting")
        server = start()
        cable.lead_to(server)
        maya.page.get_by_role("button", name="Try now").click()
        expect(maya.rows.locator(".delivery")).to_have_count(0)
        expect(maya.notice).to_have_count(0)
        zoe = server.person("Zoe")
        assert [message["content"] for message in zoe.history()] == ["is anybody there?"]


def test_a_restored_backup_reloads_the_rows_and_keeps_the_draft(visitors, start, watch):
    watch.allow_faults()
    watch.allow_status(503)
    server = start()
    with Cable(server) as cable:
        maya = visitors.come(server, "Maya", url=cable.url).visit()
        maya.http.say("kept")
        maya.http.say("not in the backup")
        maya.sees("kept", "not in the backup")
        maya.box.fill("half a thought")
        maya.page.evaluate("window.isTheSamePage = true")
        server.stop()
        server.shell(
            "from hallway.models import Event, LogState, Message\n"
            "Message.objects.get(content='not in the backup').delete()\n"
            "Event.objects.all().delete()\n"
            "LogState.objects.update(epoch='0123456789ab')"
        )
        server = start()
        cable.lead_to(server)
        maya.sees("kept")
        expect(maya.box).to_have_value("half a thought")
        assert maya.page.evaluate("window.isTheSamePage")
        server.person("Joe").say("and on we go")
        maya.sees("kept", "and on we go")


@pytest.mark.timeout(120)
def test_a_connection_that_died_in_silence_is_noticed_and_replaced(far_maya, joe, room, cable):
    maya = far_maya
    if not IS_LONG:
        maya.take_clock()
    maya.visit(room)
    joe.http.say("before", room=room)
    maya.sees("before")
    cable.black_hole()
    silent = time.monotonic()
    joe.http.say("into the void", room=room)
    with maya.page.expect_request(STREAM, timeout=60_000):
        if not IS_LONG:
            maya.page.clock.run_for(2.5 * HEARTBEAT * 1_000)
    # Two and a half heartbeats, no more.
    assert time.monotonic() - silent < 2.5 * HEARTBEAT
    expect(maya.page.get_by_role("alert")).to_contain_text("Connection lost")
    maya.write("is this on?")
    expect(maya.rows.last).to_have_attribute("data-delivery", "waiting")
    cable.clear()
    maya.sees("before", "into the void", "is this on?")
    expect(maya.notice).to_have_count(0)
    expect(maya.rows.locator(".delivery")).to_have_count(0)


def test_after_two_hours_of_sleep_the_page_is_fresh_within_seconds(far_maya, joe, room, cable):
    maya = far_maya
    maya.take_clock()
    maya.visit(room)
    gone = joe.http.say("to be deleted", room=room)
    kept = joe.http.say("to be edited", room=room)
    maya.sees("to be deleted", "to be edited")
    # What was open when the lid closed is dead when it opens, and nobody says so. Connections that
    # nobody uses are closed by then; a browser drops those by itself when its computer wakes up.
    until(lambda: cable.connections == 1, seconds=20, what="only the stream to be open")
    cable.strand()
    joe.http.send("DELETE", f"/api/messages/{gone['id']}")
    joe.http.send("PATCH", f"/api/messages/{kept['id']}", json={"content": "edited"})
    joe.http.say("good morning", room=room)
    maya.page.clock.fast_forward("02:00:00")
    awake = time.monotonic()
    maya.sees("edited", "good morning")
    assert time.monotonic() - awake < WAKE
    expect(maya.notice).to_have_count(0)
    says_what_a_fresh_page_says(maya, room)


def test_a_dead_connection_is_replaced_by_the_page_without_anybody_waking_it(
    far_maya, joe, room, cable
):
    maya = far_maya
    maya.take_clock()
    maya.visit(room)
    joe.http.say("before", room=room)
    maya.sees("before")
    cable.strand()
    joe.http.say("into the void", room=room)
    with maya.page.expect_request(STREAM):
        maya.page.clock.run_for(2.5 * HEARTBEAT * 1_000)
    maya.sees("before", "into the void")
    expect(maya.notice).to_have_count(0)
    says_what_a_fresh_page_says(maya, room)


def test_a_tab_frozen_for_ten_minutes_is_fresh_when_it_wakes(maya, joe, room):
    maya.take_clock()
    maya.visit(room)
    joe.http.say("before", room=room)
    maya.sees("before")
    maya.hear_that("freeze")
    maya.say("while it was frozen", "and again", room=room)
    maya.sees("before")
    maya.page.clock.fast_forward("10:00")
    maya.hear_that("resume")
    awake = time.monotonic()
    maya.sees("before", "while it was frozen", "and again")
    assert time.monotonic() - awake < WAKE
    expect(maya.notice).to_have_count(0)
    says_what_a_fresh_page_says(maya, room)
    joe.http.say("and on", room=room)
    expect(maya.row("and on")).to_have_count(1)
