"""Everybody can use it: assistive technology, phones, enlarged text, dark rooms, slow lines."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from .visitors import PHONE

KINDS = [
    "plain text with a [link](https://example.org/) and `code`",
    "```python\ndef greet(name: str) -> str:  # says hello\n    return f'Hello, {name}'\n```",
    "> quoted\n\n1. one\n2. two\n\n- a\n- b\n\n**bold** *italic* ~~gone~~",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "🎉",
    "你好，世界。 שלום עולם",
    "a-very-long-word-" * 30,
    "```\n" + "one long line of code " * 30 + "\n```",
]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {**PHONE, "color_scheme": "light"},
    "phone-dark": {**PHONE, "color_scheme": "dark"},
}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
# What a browser shows of 1280 x 800 at 200 %.
ZOOMED: dict[str, Any] = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def lively(product, staff):
    """A room with every kind of message in it."""
    slug = staff.send("POST", "/api/rooms", json={"name": "Lively"}).json()["slug"]
    for name in ("Beatrice", "Benedick"):
        person = product.person(name)
        for kind in KINDS:
            person.say(kind, room=slug)
        person.send("POST", "/leave/")
    return slug


def serious_problems(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_in_the_room(come, lively, look, watch):
    maya = come("Maya", **LOOKS[look]).visit(lively)
    page = maya.page
    # Somebody who uses the keyboard: code that scrolls is made a stop only then.
    page.keyboard.press("Tab")
    assert serious_problems(page) == []

    maya.box.fill("x" * 8_010)
    assert serious_problems(page) == []
    maya.box.fill("bell \u0007")
    watch.allow_status(400)
    maya.send_button.click()
    expect(maya.rows.last).to_have_attribute("data-delivery", "failed")
    assert serious_problems(page) == []
    maya.write("mine")
    maya.rows.last.get_by_role("button", name="Discard").click()


def test_axe_finds_nothing_serious_in_a_refusal(visitors, product, maya, watch):
    watch.allow_status(409)
    page = visitors.stranger(product)
    page.goto("/lobby/")
    page.get_by_label("Your name").fill(maya.name)
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious_problems(page) == []


@pytest.mark.parametrize("size", [NARROW, ZOOMED], ids=["320-px", "200-percent"])
def test_nothing_has_to_be_scrolled_sideways(come, lively, size, watch):
    watch.allow_status(404)
    maya = come("Maya", **size).visit(lively)
    page = maya.page
    for path in ("", "/lobby/", "/no-such-page/", "/api/docs"):
        if path:
            page.goto(path)
        wide = page.evaluate(
            "[document.scrollingElement, document.querySelector('#timeline')].filter(Boolean)"
            ".map(one => one.scrollWidth - one.clientWidth)"
        )
        assert max(wide) <= 0, path
    page.goto(f"/rooms/{lively}/")
    expect(maya.awake().box).to_be_in_viewport()
    expect(maya.send_button).to_be_in_viewport()
    # Enough of the conversation is left to read.
    assert page.locator("#timeline").bounding_box()["height"] > 150


def test_a_phone_shows_the_rooms_when_asked(come, lively, room):
    maya = come("Maya", **PHONE).visit(lively)
    here = maya.page.locator(f".door[data-room={lively}]")
    expect(here).not_to_be_in_viewport()
    maya.page.get_by_role("button", name="Rooms").tap()
    expect(here).to_be_in_viewport()
    maya.page.locator(f".door[data-room={room}]").tap()
    expect(maya.page).to_have_url(f"{maya.url}/rooms/{room}/")


def test_among_many_rooms_ones_own_is_in_view_and_so_is_oneself(come, make_room):
    last = [make_room() for _ in range(40)][-1]
    maya = come("Maya").visit(last)
    expect(maya.page.locator(f".door[data-room={last}]")).to_be_in_viewport()
    expect(maya.page.locator(".me-button")).to_be_in_viewport()
    expect(maya.page.locator(".brand")).to_be_in_viewport()


def test_who_wants_no_motion_sees_none(come, lively):
    maya = come("Maya", reduced_motion="reduce").visit(lively)
    maya.write("hello")
    expect(maya.rows.last.locator(".delivery")).to_have_count(0)
    running = maya.page.evaluate(
        "document.getAnimations()"
        ".filter(one => one.effect.getComputedTiming().duration > 10).length"
    )
    assert running == 0
    moving = maya.page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => {"
        "  const style = getComputedStyle(one);"
        "  return [style.animationDuration, style.transitionDuration].join()"
        "    .split(',').some(time => parseFloat(time) > 0.01);"
        "}).map(one => one.className)"
    )
    assert moving == []


def test_the_appearance_chosen_stays_and_comes_with_the_first_paint(come, room):
    maya = come("Maya", color_scheme="light").visit(room)
    paper = "getComputedStyle(document.querySelector('#timeline')).backgroundColor"
    light = maya.page.evaluate(paper)
    maya.page.locator(".me-button").click()
    maya.page.get_by_role("radio", name="Dark").check()
    expect(maya.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = maya.page.evaluate(paper)
    assert dark != light
    assert 'data-theme="dark"' in maya.context.request.get(f"{maya.url}/rooms/{room}/").text()
    maya.reload()
    assert maya.page.evaluate(paper) == dark


def test_the_first_visit_to_a_room_weighs_less_than_120_kilobytes(come, lively):
    maya = come("Maya")
    network = maya.context.new_cdp_session(maya.page)
    network.send("Network.enable")
    network.send("Network.clearBrowserCache")  # whoever had this profile before was here too
    weights: dict[str, float] = {}
    names: dict[str, str] = {}

    def ask(event):
        names[event["requestId"]] = event["request"]["url"]

    def weigh(event):
        weights[event["requestId"]] = event["encodedDataLength"]

    network.on("Network.requestWillBeSent", ask)
    network.on("Network.loadingFinished", weigh)
    maya.visit(lively)
    maya.page.wait_for_load_state("load")
    told = "\n".join(f"{weight:8.0f} {names.get(key)}" for key, weight in weights.items())
    assert len(weights) > 20, told
    assert sum(weights.values()) <= 120_000, told
