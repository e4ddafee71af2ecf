"""The rows: history, following, grouping, days and times, and how many there are at most."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

MANY = 420
PAGE = 40
MOST_ROWS = 320

WRITE_AT = """
import json
from datetime import datetime
from hallway.actions import accounts, messages
from hallway.models import Author, Message, Room
people = {}
for room, name, moment, content in json.loads(%r):
    author = people.get(name)
    if author is None:
        known = Author.objects.present().named(name).first()
        author = people[name] = known or accounts.enter_as_guest(name)
    message, _ = messages.post_message(author, Room.objects.get(slug=room), source=content)
    if moment:
        Message.objects.filter(pk=message.pk).update(created_at=datetime.fromisoformat(moment))
"""


def write_at(server, *lines):
    """History: (room, name, moment, content). Nobody may have seen the room yet."""
    server.shell(WRITE_AT % json.dumps(lines))


@pytest.fixture(scope="module")
def long_room(product, staff):
    slug = staff.send("POST", "/api/rooms", json={"name": "Long room"}).json()["slug"]
    names = ("Hermia", "Helena", "Lysander")
    lines = [(slug, names[number // 3 % 3], "", f"line {number}") for number in range(MANY)]
    write_at(product, *lines)
    return slug


class Held:
    """One request that matches, on its way until released."""

    def __init__(self, page, pattern):
        self.page = page
        self.routes: list[Route] = []
        page.route(pattern, self._hold, times=1)

    def wait(self):
        while not self.routes:
            self.page.evaluate("new Promise(requestAnimationFrame)")

    def release(self):
        self.routes[0].continue_()

    def _hold(self, route):
        self.routes.append(route)


def top_of(row):
    return row.evaluate("one => one.getBoundingClientRect().top")


def scroll_to_top(tab):
    tab.page.locator("#timeline").evaluate("one => (one.scrollTop = -one.scrollHeight)")


def test_history_loads_above_while_the_reader_looks_at_the_same_line(maya, long_room):
    maya.visit(long_room)
    assert maya.scrolled == 0
    maya.scroll_up(300)
    expect(maya.bodies).to_have_count(2 * PAGE)
    for pages in (3, 4, 5):
        page = Held(maya.page, "**/messages?before=*")
        seen = maya.bodies.nth(2)
        seen.evaluate("one => one.scrollIntoView({block: 'start'})")
        page.wait()
        # Where it is before the page comes is where it must be after it.
        place = top_of(seen)
        text = seen.inner_text()
        page.release()
        expect(maya.bodies).to_have_count(pages * PAGE)
        assert abs(top_of(maya.row(text).locator(".body")) - place) <= 1
    numbers = [int(text.removeprefix("line ")) for text in maya.texts()]
    assert numbers == list(range(MANY - 5 * PAGE, MANY))


def test_the_page_never_holds_more_rows_than_it_needs_and_loses_none(maya, joe, long_room):
    maya.visit(long_room)
    beginning = maya.page.get_by_role("heading", name="Welcome to Long room")
    seen = set()
    while not beginning.is_visible():
        before = maya.texts()
        scroll_to_top(maya)
        expect(maya.bodies.first).not_to_have_text(before[0])
        shown = maya.texts()
        seen.update(shown)
        assert len(shown) <= MOST_ROWS
        assert len(shown) == len(set(shown))
    assert len(seen) >= MANY
    expect(maya.bodies.first).to_have_text("line 0")

    # The newest were let go meanwhile; what is said now is one of them.
    joe.http.say("the newest of all", room=long_room)
    expect(maya.to_end).to_be_visible()
    expect(maya.row("the newest of all")).to_have_count(0)
    maya.to_end.click()
    expect(maya.row("the newest of all")).to_be_in_viewport()
    assert maya.scrolled == 0
    assert maya.texts()[-2] == f"line {MANY - 1}"


def test_a_busy_room_makes_the_page_no_larger(maya, joe, room):
    maya.visit(room)
    session = maya.context.new_cdp_session(maya.page)
    session.send("Performance.enable")

    def nodes():
        """All that are alive, in the page or only in somebody's memory."""
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "Nodes")

    sizes = []
    for part in range(3):
        maya.box.press_sequentially("still typing ")
        texts = [f"part {part} line {number}" for number in range(MOST_ROWS - 20)]
        maya.say(*texts, room=room)
        expect(maya.row(texts[-1])).to_have_count(1)
        assert maya.rows.count() <= MOST_ROWS
        assert maya.texts()[-200:] == texts[-200:]
        sizes.append(nodes())
    assert sizes[2] < sizes[1] * 1.1
    expect(maya.box).to_have_value("still typing " * 3)
    assert maya.scrolled == 0


def test_who_is_at_the_end_follows_and_who_reads_above_is_asked(maya, joe, long_room):
    maya.visit(long_room)
    joe.http.say("follow me", room=long_room)
    expect(maya.row("follow me")).to_be_in_viewport()
    assert maya.scrolled == 0
    expect(maya.to_end).to_be_hidden()

    maya.scroll_up(900)
    expect(maya.bodies).not_to_have_count(PAGE + 1)
    seen = maya.bodies.nth(60)
    place = top_of(seen)
    joe.http.say("one", room=long_room)
    expect(maya.page.get_by_role("button", name="1 new message", exact=True)).to_be_visible()
    joe.http.say("two", room=long_room)
    expect(maya.page.get_by_role("button", name="2 new messages", exact=True)).to_be_visible()
    assert abs(top_of(seen) - place) <= 1
    maya.to_end.click()
    expect(maya.row("two")).to_be_in_viewport()
    expect(maya.to_end).to_be_hidden()

    maya.scroll_up(900)
    maya.write("my own goes to the end")
    expect(maya.row("my own goes to the end")).to_be_in_viewport()
    expect(maya.to_end).to_be_hidden()


def test_an_edit_above_does_not_move_the_reader(maya, joe, room):
    first = joe.http.say("short", room=room)
    maya.say(*(f"filler {number}" for number in range(38)), room=room)
    maya.visit(room)
    maya.scroll_up(300)
    seen = maya.row("filler 20")
    place = top_of(seen)
    joe.http.send("PATCH", f"/api/messages/{first['id']}", json={"content": "long\n\n" * 30})
    expect(maya.bodies.first).to_contain_text("long")
    assert abs(top_of(seen) - place) <= 1


def test_a_name_is_not_repeated_within_five_minutes_of_one_day(come, product, room):
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0) - timedelta(days=3)
    midnight = noon.replace(hour=23, minute=58)
    write_at(
        product,
        (room, "Hermia", noon.isoformat(), "begins"),
        (room, "Hermia", (noon + timedelta(minutes=4)).isoformat(), "goes on"),
        (room, "Hermia", (noon + timedelta(minutes=9)).isoformat(), "late"),
        (room, "Helena", (noon + timedelta(minutes=10)).isoformat(), "answers"),
        (room, "Helena", midnight.isoformat(), "good night"),
        (room, "Helena", (midnight + timedelta(minutes=4)).isoformat(), "good morning"),
    )
    maya = come("Maya").visit(room)
    groups = maya.rows.evaluate_all("all => all.map(one => one.classList.contains('continues'))")
    assert groups == [False, True, False, False, False, False]
    hidden = maya.row("goes on").locator(".author")
    expect(maya.row("begins").locator(".author")).to_be_in_viewport()
    assert hidden.bounding_box() is None or hidden.bounding_box()["width"] <= 1
    expect(maya.days).to_have_count(2)


def test_days_and_clocks_are_those_of_the_reader(come, product, room):
    day = datetime.now(UTC).replace(hour=14, minute=59, second=0) - timedelta(days=9)
    write_at(
        product,
        (room, "Hermia", day.isoformat(), "before midnight in Tokyo"),
        (room, "Hermia", (day + timedelta(minutes=2)).isoformat(), "after it"),
        (room, "Hermia", "", "now"),
    )
    london = come("Maya", locale="en-GB", timezone_id="UTC").visit(room)
    expect(london.days).to_have_count(2)
    # The comma comes and goes with the editions of Unicode's locale data.
    expect(london.days.first).to_have_text(re.compile(day.strftime("%A,? %-d %B")))
    expect(london.days.last).to_have_text("Today")
    expect(london.row("after it").locator(".sent")).to_have_text("15:01")

    tokyo = come("Joe", locale="en-US", timezone_id="Asia/Tokyo").visit(room)
    expect(tokyo.days).to_have_count(3)
    next_day = day + timedelta(days=1)
    expect(tokyo.days.nth(1)).to_have_text(re.compile(next_day.strftime("%A, %B %-d")))
    sent = tokyo.row("after it").locator(".sent")
    expect(sent).to_have_text("12:01 AM")
    expect(sent).to_have_attribute("title", next_day.strftime("%A, %B %-d, %Y at 12:01:00 AM"))

    # The second visit is drawn in the reader's zone by the server already.
    html = tokyo.context.request.get(f"{tokyo.url}/rooms/{room}/").text()
    assert ">00:01</time>" in html
    assert html.count('class="day"') == 3 + 1  # and the template


def test_yesterday_is_called_so(come, product, room):
    moment = datetime.now(UTC) - timedelta(days=1)
    write_at(product, (room, "Hermia", moment.isoformat(), "then"))
    expect(come("Maya").visit(room).days).to_have_text(["Yesterday"])
    chinese = come("Joe", locale="zh-CN").visit(room)
    expect(chinese.days).to_have_text(["昨天"])


def test_a_message_that_arrives_tells_a_screen_reader_once_and_history_does_not(
    maya, joe, long_room
):
    maya.visit(long_room)
    log = maya.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    joe.http.say("spoken", room=long_room)
    row = maya.row("spoken")
    expect(row).to_have_count(1)
    assert row.get_attribute("aria-live") is None
    maya.write("I know what I said")
    expect(maya.row("I know what I said")).to_have_attribute("aria-live", "off")
    # Off only as long as history comes in, which may be over before anybody looks.
    log.evaluate(
        """log => {
            window.stillnesses = 0;
            new MutationObserver(() => {
                if (log.getAttribute("aria-live") === "off") window.stillnesses += 1;
            }).observe(log, {attributeFilter: ["aria-live"]});
        }"""
    )
    maya.scroll_up(600)
    maya.page.wait_for_function("() => window.stillnesses > 0")
    expect(log).to_have_attribute("aria-live", "polite")
