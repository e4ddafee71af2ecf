"""Every page and dialog, for everybody: assistive technology, keyboards, narrow and enlarged."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.server import serve

from .scenes import SCENES, Lived, open_scene
from .sizes import IS_LONG
from .test_everybody import LOOKS, NARROW, ZOOMED, serious_problems
from .visitors import Visitors

# What the Tab key has to reach: of radio buttons one in each group, and nothing that has another
# way to it (rows and toolbars by arrow keys, options from their box).
STOPS = """() => {
  const open = [...document.querySelectorAll("dialog:modal, [popover]:popover-open")].at(-1);
  const groups = new Set();
  const stops = [...(open ?? document).querySelectorAll(
    "a[href], button, input, select, textarea, summary"
  )].filter((one) => {
    if (one.disabled || one.tabIndex < 0 || !one.checkVisibility({ visibilityProperty: true }))
      return false;
    if (one.closest("[inert], .message-actions, #message-menu")) return false;
    if (one.type !== "radio") return true;
    const isFirst = !groups.has(one.name);
    groups.add(one.name);
    return isFirst;
  });
  window.stops = stops;
  window.reached = new Set();
  const isHere = (stop, here) =>
    stop === here || (here.type === "radio" && stop.name === here.name);
  const note = (here) =>
    stops.filter((stop) => isHere(stop, here)).forEach((stop) => window.reached.add(stop));
  document.addEventListener("focusin", (event) => note(event.target));
  note(document.activeElement);
  return stops.length;
}"""
MISSED = "() => window.stops.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML)"
# The room and little more: one of these is enough for the Tab key.
ALIKE = {"room", "sidebar", "mention", "reactors"}
SIDEWAYS = """() =>
  [document.scrollingElement, ...document.querySelectorAll("dialog:modal, [popover]:popover-open")]
    .filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => `${one.id || one.localName}: ${one.scrollWidth} in ${one.clientWidth}`)
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("lived")) as server:
        yield Lived(server)


def walk(
    visitors: Visitors, lived: Lived, options: dict[str, Any], look_at: Callable[[Page, str], Any]
) -> list[str]:
    """What there is to complain about in each scene; outside first, then signed in."""
    page = visitors.stranger(lived.server, **options)
    found = []
    for scene in sorted(SCENES, key=lambda scene: not scene.is_outside):
        if not scene.is_outside:
            lived.sign_in(page)
        open_scene(page, scene, lived)
        found += [f"{scene.name}: {problem}" for problem in look_at(page, scene.name)]
    return found


def unreached(page: Page) -> list[str]:
    """What can be used with a pointer and not with the Tab key."""
    # Some stops are none of these: regions that scroll, the toolbar of each message on the way.
    most = page.evaluate(STOPS) + 120
    missed: list[str] = []
    for _ in range(0, most, 20):
        for _ in range(20):
            page.keyboard.press("Tab")
        missed = page.evaluate(MISSED)
        if not missed:
            break
    return missed


@pytest.mark.timeout(180)
def test_axe_finds_nothing_serious_anywhere_and_the_tab_key_reaches_everything(
    visitors, lived, watch
):
    watch.allow_status(404)

    def complaints(page: Page, scene: str) -> list[str]:
        found: list[str] = serious_problems(page)
        return found if scene in ALIKE else found + unreached(page)

    found = walk(visitors, lived, LOOKS["light"], complaints)
    assert not found, "\n".join(found)


@pytest.mark.timeout(180)
def test_axe_finds_nothing_serious_anywhere_on_a_phone_in_the_dark(visitors, lived, watch):
    watch.allow_status(404)
    look = LOOKS["phone-dark"]
    assert walk(visitors, lived, look, lambda page, _: serious_problems(page)) == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("size", [NARROW, ZOOMED] if IS_LONG else [NARROW])
def test_nothing_anywhere_has_to_be_scrolled_sideways(visitors, lived, size, watch):
    watch.allow_status(404)
    assert walk(visitors, lived, size, lambda page, _: page.evaluate(SIDEWAYS)) == []
