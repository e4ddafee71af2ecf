"""All tabs of a browser share one stream; whichever is closed, the others miss nothing."""

import time

import pytest
from playwright.sync_api import Error, expect

from tests.server import serve

from .visitors import Tab

pytestmark = pytest.mark.whole_browser
MANY = 8


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server that answers 429 to an author's third stream; a browser told so has failed."""
    folder = tmp_path_factory.mktemp("strict")
    with serve(folder, HALLWAY_POST_RATE="0", HALLWAY_STREAMS_PER_AUTHOR="2") as server:
        yield server


class Leaders:
    """Which page has asked for the stream last."""

    def __init__(self, context):
        self.pages = []
        context.on("request", self._note)

    def _note(self, request):
        if "/api/stream" in request.url:
            self.pages.append(request.frame.page)


@pytest.fixture
def maya(visitors, strict):
    return visitors.come(strict, "Maya")


@pytest.fixture
def leaders(maya):
    return Leaders(maya.context)


def test_eight_tabs_share_a_stream_and_all_of_them_live(maya, visitors, strict, leaders):
    joe = visitors.come(strict, "Joe").visit()
    tabs = [maya.visit(), *(maya.new_tab() for _ in range(MANY - 1))]
    joe.http.say("hello, tabs")
    for tab in tabs:
        expect(tab.row("hello, tabs")).to_have_count(1)
    assert leaders.pages == [maya.page]

    # A page in the ninth is not held up by connections that never end.
    begin = time.monotonic()
    ninth = maya.new_tab()
    assert time.monotonic() - begin < 5
    ninth.write("from the ninth")
    for tab in (joe, *tabs):
        expect(tab.row("from the ninth")).to_have_count(1)


@pytest.mark.parametrize("way", ["closed", "frozen", "hung", "crashed"])
def test_a_tab_that_owned_the_stream_hands_over_and_nothing_is_missed(
    maya, visitors, strict, leaders, way
):
    joe = visitors.come(strict, "Joe")
    first = maya.visit()
    others = [maya.new_tab() for _ in range(MANY - 1 if way in ("closed", "frozen") else 3)]
    joe.http.say(f"before it was {way}")
    for tab in others:
        expect(tab.row(f"before it was {way}")).to_have_count(1)
    assert leaders.pages == [first.page]

    gone = time.monotonic()
    if way == "closed":
        first.page.close()
    elif way == "frozen":
        first.hear_that("freeze")
    elif way == "hung":
        hang(first.page, seconds=6)
    else:
        crash(maya.context, first.page)
    said = [f"{way} {number}" for number in range(5)]
    for text in said:
        joe.http.say(text)
    for tab in others:
        expect(tab.row(said[-1])).to_have_count(1, timeout=5_000)
    assert time.monotonic() - gone < 5
    for tab in others:
        assert tab.texts()[-5:] == said
    assert len(leaders.pages) == 2

    if way == "frozen":
        first.hear_that("resume")
        expect(first.row(said[-1])).to_have_count(1)
        assert first.texts()[-5:] == said
        assert len(leaders.pages) == 2


def test_an_owner_that_hung_and_lost_the_stream_follows_when_it_wakes(maya, visitors, strict):
    joe = visitors.come(strict, "Joe")
    first = maya.visit()
    other = maya.new_tab()
    hang(first.page, seconds=4)
    said = [f"while it hung {number}" for number in range(3)]
    for text in said:
        joe.http.say(text)
    expect(other.row(said[-1])).to_have_count(1)
    expect(first.row(said[-1])).to_have_count(1)
    joe.http.say("and on")
    for tab in (first, other):
        expect(tab.row("and on")).to_have_count(1)
        assert tab.texts()[-4:] == [*said, "and on"]


def test_back_and_forward_come_to_a_live_page_with_one_stream(maya, visitors, strict, leaders):
    joe = visitors.come(strict, "Joe")
    maya.visit()
    maya.page.goto(f"{maya.url}/lobby/")
    joe.http.say("while in the lobby")
    maya.page.go_back()
    maya.awake()
    expect(maya.row("while in the lobby")).to_have_count(1)
    joe.http.say("after going back")
    expect(maya.row("after going back")).to_have_count(1)
    maya.page.go_back()
    maya.page.go_forward()
    maya.awake()
    joe.http.say("after going forward")
    expect(maya.row("after going forward")).to_have_count(1)
    maya.reload()
    joe.http.say("after a reload")
    expect(maya.row("after a reload")).to_have_count(1)
    assert leaders.pages[-1] == maya.page


def test_a_page_kept_for_going_back_lets_another_lead_and_asks_again(
    maya, visitors, strict, leaders
):
    """What a browser with a back/forward cache tells the page; ours keeps no such page."""
    joe = visitors.come(strict, "Joe")
    first = maya.visit()
    other = maya.new_tab()
    assert leaders.pages == [first.page]
    first.page.evaluate(TURN, ["pagehide"])
    for number in range(3):
        joe.http.say(f"kept away {number}")
        expect(other.row(f"kept away {number}")).to_have_count(1)
    assert leaders.pages == [first.page, other.page]
    expect(first.row("kept away 0")).to_have_count(0)

    first.page.evaluate(TURN, ["pageshow"])
    joe.http.say("and back")
    for tab in (first, other):
        expect(tab.row("and back")).to_have_count(1)
        assert tab.texts()[-4:] == [*(f"kept away {number}" for number in range(3)), "and back"]
    assert leaders.pages == [first.page, other.page]


def test_a_duplicated_tab_and_a_restored_session_show_the_same(maya, visitors, strict, leaders):
    joe = visitors.come(strict, "Joe")
    first = maya.visit()
    joe.http.say("before duplicating")
    expect(first.row("before duplicating")).to_have_count(1)
    with maya.context.expect_page() as opened:
        first.page.evaluate("open(location.href)")
    twin = Tab(opened.value).awake()
    joe.http.say("for twins")
    for tab in (first, twin):
        expect(tab.row("for twins")).to_have_count(1)
    assert first.markup() == twin.markup()
    assert leaders.pages == [first.page]

    # All tabs are gone, and come back together.
    twin.page.close()
    first.page.close()
    joe.http.say("while it was closed")
    restored = [maya.new_tab() for _ in range(3)]
    joe.http.say("after the restart")
    for tab in restored:
        expect(tab.row("while it was closed")).to_have_count(1)
        expect(tab.row("after the restart")).to_have_count(1)
        assert tab.markup() == restored[0].markup()
    assert len(leaders.pages) == 2


TURN = "([name]) => dispatchEvent(new PageTransitionEvent(name, { persisted: true }))"


def test_leaving_in_one_tab_leads_all_of_them_to_the_lobby(maya, watch):
    # The others ask whether they are still somebody, and are told that they are not.
    watch.allow_status(401)
    tabs = [maya.visit(), maya.new_tab(), maya.new_tab()]
    maya.page.locator(".me-button").click()
    maya.page.get_by_role("button", name="Leave Hallway").click()
    for tab in tabs:
        expect(tab.page).to_have_url(f"{maya.url}/lobby/")


def hang(page, *, seconds):
    """Its script runs in circles: nothing on this page moves for so long."""
    page.evaluate(
        "milliseconds => setTimeout(() => {"
        "  const end = performance.now() + milliseconds;"
        "  while (performance.now() < end);"
        "})",
        seconds * 1_000,
    )


def crash(context, page):
    """As when memory runs out: the process is gone, no handler runs."""
    session = context.new_cdp_session(page)
    # Whom it asked cannot answer any more.
    with page.expect_event("crash"), pytest.raises(Error):
        session.send("Page.crash", timeout=1_000)
    page.close()
