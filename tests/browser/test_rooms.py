"""Several rooms: they appear, light up, and are reached by keyboard."""

from playwright.sync_api import expect


def test_a_room_opened_elsewhere_appears_in_the_sidebar(maya, room, make_room):
    maya.visit(room)
    before = maya.rooms.count()
    slug = make_room("The <b>Kitchen</b> & more")
    door = maya.rooms.nth(before)
    expect(door.locator(".door-name")).to_have_text("The <b>Kitchen</b> & more")
    live = door.evaluate("one => one.closest('li').outerHTML")
    door.click()
    expect(maya.page).to_have_url(f"{maya.url}/rooms/{slug}/")
    expect(maya.page.get_by_role("heading", level=1)).to_have_text("The <b>Kitchen</b> & more")
    # As the server draws it, but that one is inside now.
    painted = door.evaluate("one => one.closest('li').outerHTML")
    assert painted.replace(' aria-current="page"', "") == live


def test_a_room_where_something_is_said_lights_up_until_it_is_visited(maya, joe, room, make_room):
    other = make_room()
    maya.visit(room)
    door = maya.page.locator(f".door[data-room={other}]")
    expect(door.locator(".door-news")).to_be_hidden()
    joe.http.say("over here", room=other)
    expect(door.locator(".door-news")).to_be_visible()
    expect(maya.bodies).to_have_count(0)
    door.click()
    maya.awake().sees("over here")
    expect(door.locator(".door-news")).to_be_hidden()


def test_ctrl_k_finds_a_room_by_part_of_its_name(maya, room, make_room):
    slug = make_room("Zephyr's observatory")
    maya.visit(room)
    maya.page.keyboard.press("Control+k")
    dialog = maya.page.get_by_role("dialog", name="Jump to a room")
    field = dialog.get_by_role("combobox")
    expect(field).to_be_focused()
    field.fill("observ")
    expect(dialog.get_by_role("option")).to_have_text(["Zephyr's observatory"])
    field.press("Enter")
    expect(maya.page).to_have_url(f"{maya.url}/rooms/{slug}/")


def test_the_switcher_goes_up_and_down_says_when_nothing_fits_and_closes(maya, room):
    maya.visit(room)
    maya.page.keyboard.press("Control+k")
    dialog = maya.page.get_by_role("dialog", name="Jump to a room")
    options = dialog.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    maya.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    maya.page.keyboard.press("ArrowUp")
    maya.page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    dialog.get_by_role("combobox").fill("no such room at all")
    expect(dialog.get_by_role("status")).to_have_text("No room by that name.")
    maya.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(maya.box).to_be_focused()


def test_the_home_page_leads_to_the_room_one_was_in_last(maya, room):
    maya.visit(room)
    maya.page.goto("/")
    expect(maya.page).to_have_url(f"{maya.url}/rooms/{room}/")


def test_a_tab_nobody_looks_at_counts_in_its_title(maya, joe, room):
    maya.visit(room)
    title = maya.page.title()
    hide(maya.page, True)
    for number in range(3):
        joe.http.say(f"psst {number}", room=room)
    expect(maya.page).to_have_title(f"(3) {title}")
    hide(maya.page, False)
    expect(maya.page).to_have_title(title)
    maya.sees("psst 0", "psst 1", "psst 2")


def hide(page, is_hidden):
    """Playwright's tabs are always in view; this tells the page otherwise."""
    state = "hidden" if is_hidden else "visible"
    page.evaluate(
        "state => {"
        "  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});"
        "  document.dispatchEvent(new Event('visibilitychange'));"
        "}",
        state,
    )
