"""What one does with messages every day, with two people at two screens."""

import re

import pytest
from playwright.sync_api import expect

from .test_everybody import serious_problems
from .visitors import PHONE

THUMB = "👍"


def options(tab):
    return tab.page.get_by_role("listbox", name="People to mention").get_by_role("option")


def names(tab):
    return options(tab).locator(".mention-name")


def menu_of(tab, text):
    tab.row(text).hover()
    tab.page.get_by_role("toolbar").get_by_role("button", name="More actions").click()
    return tab.page.get_by_role("menu", name="More actions")


def choose(tab, text, item):
    menu_of(tab, text).get_by_role("menuitem", name=item, exact=True).click()


def test_names_are_completed_behind_an_at(come, room):
    # The third is who opened the room.
    maya, zoe, joe = come("Maya"), come("小明 Zhang"), come("Joe Miller")
    for one in (zoe, joe):
        one.http.say("here", room=room)
    maya.visit(room)
    maya.box.press_sequentially("mail a@jo")
    expect(options(maya)).to_have_count(0)
    maya.box.fill("")
    maya.box.press_sequentially("hello @")
    expect(options(maya)).to_have_count(3)
    assert serious_problems(maya.page) == []
    maya.box.press_sequentially("mil")
    expect(names(maya)).to_have_text(["Joe Miller"])
    active = options(maya).first
    expect(active).to_have_attribute("aria-selected", "true")
    expect(maya.box).to_have_attribute("aria-activedescendant", active.get_attribute("id"))
    # The list goes first, then the reply: Escape closes it and keeps the text.
    maya.box.press("Escape")
    expect(options(maya)).to_have_count(0)
    expect(maya.box).to_have_value("hello @mil")
    maya.box.fill("")
    maya.box.press_sequentially("@")
    expect(options(maya)).to_have_count(3)
    first = names(maya).first.inner_text()
    maya.box.press("ArrowUp")
    last = names(maya).last.inner_text()
    maya.box.press("Enter")
    assert first != last
    expect(maya.box).to_have_value(f"@{last} ")
    # Right behind Chinese text, where nobody types a blank.
    maya.box.fill("")
    maya.box.press_sequentially("你好@小")
    expect(names(maya)).to_have_text([zoe.name])
    maya.box.press("Tab")
    expect(maya.box).to_have_value(f"你好@{zoe.name} ")
    expect(maya.box).to_be_focused()
    maya.box.press("Enter")
    expect(maya.rows.last.locator(".mention")).to_have_text(f"@{zoe.name}")


def test_an_input_method_keeps_its_enter(come, room):
    maya, joe = come("Maya"), come("Joe")
    joe.http.say("here", room=room)
    maya.visit(room)
    maya.box.press_sequentially("@j")
    expect(names(maya)).to_have_text([joe.name])
    enter = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    maya.box.dispatch_event("keydown", enter)
    expect(maya.box).to_have_value("@j")
    options(maya).first.click()
    expect(maya.box).to_have_value(f"@{joe.name} ")


@pytest.mark.whole_browser
def test_the_menu_of_a_message_by_mouse_and_keyboard(maya, joe, room):
    first = joe.http.say("**one** word", room=room)
    joe.http.say("two", room=room)
    maya.context.grant_permissions(["clipboard-read", "clipboard-write"])
    maya.visit(room)
    joe.visit(room)
    choose(maya, "one word", "Copy text")
    expect(maya.page.locator("#toast")).to_have_text("Copied")
    assert maya.page.evaluate("navigator.clipboard.readText()") == "one word"
    choose(maya, "one word", "Copy link")
    link = f"/rooms/{room}/messages/{first['id']}/"
    maya.page.wait_for_function(
        "link => navigator.clipboard.readText().then(text => text.endsWith(link))", arg=link
    )
    choose(maya, "two", "Mark unread from here")
    expect(maya.row("two").locator(".unread-line")).to_be_visible()
    # No right to pin, nothing edited: not offered.
    items = menu_of(maya, "two").get_by_role("menuitem")
    expect(items).to_have_text(["Who is this?", "Copy text", "Copy link", "Mark unread from here"])
    expect(items.first).to_be_focused()
    assert serious_problems(maya.page) == []
    maya.page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    maya.page.keyboard.press("Escape")
    expect(items.first).to_be_hidden()
    expect(maya.page.get_by_role("button", name="More actions")).to_be_focused()


def test_pins_show_on_every_screen_and_lead_to_their_message(maya, joe, staff, room):
    text = "the door code is **1234**"
    pinned = joe.http.say(text, room=room)
    me = maya.http.say("me too", room=room)["author"]["id"]
    staff.send("PATCH", f"/api/rooms/{room}/members/{me}", json={"role": "manager"})
    maya.say(*(f"line {number}" for number in range(60)), room=room)
    maya.visit(room)
    joe.visit(room)
    maya.page.evaluate("id => (location.hash = `message-${id}`)", pinned["id"])
    choose(maya, "the door code is 1234", "Pin")
    expect(maya.row("the door code is 1234").locator(".pinned")).to_be_visible()

    joe.page.get_by_role("button", name="Pinned messages").click()
    note = joe.page.get_by_role("dialog", name="Pinned messages").locator(".note")
    expect(note).to_have_count(1)
    expect(note.locator(".body strong")).to_have_text("1234")
    expect(note.get_by_role("button", name="Unpin")).to_be_hidden()
    assert serious_problems(joe.page) == []
    note.get_by_role("button", name="Go to message").click()
    expect(joe.row("the door code is 1234")).to_be_in_viewport()
    live = joe.row("the door code is 1234").locator(".message").evaluate("one => one.outerHTML")

    joe.page.get_by_role("button", name="Pinned messages").click()
    choose(maya, "the door code is 1234", "Unpin")
    expect(joe.page.get_by_text("Nothing is pinned here.")).to_be_visible()
    joe.page.keyboard.press("Escape")
    expect(joe.row("the door code is 1234").locator(".pinned")).to_be_hidden()
    assert "hidden" in live


def test_earlier_versions_are_shown_as_they_were(maya, joe, room):
    said = joe.http.say("first <b>try</b> `code`", room=room)
    joe.http.send("PATCH", f"/api/messages/{said['id']}", json={"content": "second"})
    maya.visit(room)
    maya.row("second").get_by_role("button", name="edited").click()
    notes = maya.page.get_by_role("dialog", name="Earlier versions").locator(".note")
    expect(notes).to_have_count(1)
    expect(notes.locator(".body")).to_have_text("first <b>try</b> code")
    expect(notes.locator("code")).to_have_text("code")
    assert serious_problems(maya.page) == []
    joe.http.send("DELETE", f"/api/messages/{said['id']}")
    expect(notes).to_have_count(0)
    expect(maya.page.get_by_role("dialog", name="Earlier versions")).to_be_hidden()


def test_who_reacted_is_told_to_the_pointer_the_keyboard_and_a_finger(come, room):
    maya, joe = come("Maya"), come("Joe", **PHONE)
    said = maya.http.say("good news", room=room)
    path = f"/api/messages/{said['id']}/reactions/{THUMB}"
    for one in (maya, joe):
        one.http.send("PUT", path)
    maya.visit(room)
    joe.visit(room)
    reaction = maya.row("good news").locator(".reaction")
    tip = maya.page.get_by_role("tooltip")
    reaction.hover()
    expect(tip).to_have_text(re.compile(f"({maya.name} and {joe.name}|{joe.name} and {maya.name})"))
    expect(reaction).to_have_accessible_description(tip.inner_text())
    maya.box.hover()
    expect(tip).to_be_hidden()
    maya.row("good news").focus()
    maya.page.keyboard.press("Tab")
    expect(reaction).to_be_focused()
    expect(tip).to_be_visible()
    assert serious_problems(maya.page) == []

    finger = {"pointerType": "touch", "bubbles": True, "isPrimary": True}
    pressed = joe.row("good news").locator(".reaction")
    pressed.dispatch_event("pointerdown", finger)
    expect(joe.page.get_by_role("tooltip")).to_be_visible()
    pressed.dispatch_event("pointerup", finger)
    pressed.dispatch_event("click", {"bubbles": True})
    # It told who; it did not react.
    expect(pressed).to_have_text(f"{THUMB} 2")


def test_a_finger_on_edited_opens_the_earlier_versions_and_nothing_lies_over_it(come, room):
    joe = come("Joe", **PHONE)
    said = joe.http.say("first", room=room)
    joe.http.send("PATCH", f"/api/messages/{said['id']}", json={"content": "second"})
    joe.visit(room)
    joe.row("second").get_by_role("button", name="edited").tap()
    expect(joe.page.get_by_role("dialog", name="Earlier versions").locator(".note")).to_have_count(
        1
    )
