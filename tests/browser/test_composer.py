"""The box one writes in, and every key it knows."""

import pytest
from playwright.sync_api import expect

from .visitors import PHONE


@pytest.fixture
def box(maya, room):
    return maya.visit(room).box


def test_enter_sends_and_shift_enter_starts_a_new_line(maya, box):
    expect(box).to_be_focused()
    maya.page.keyboard.type("first")
    maya.page.keyboard.press("Shift+Enter")
    maya.page.keyboard.type("second")
    expect(box).to_have_value("first\nsecond")
    expect(maya.rows).to_have_count(0)
    maya.page.keyboard.press("Enter")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    expect(maya.bodies).to_have_text(["first second"], use_inner_text=False)
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    assert maya.bodies.first.inner_text() == "first\nsecond"


def test_nothing_but_space_is_not_sent(maya, box):
    expect(maya.send_button).to_be_disabled()
    box.fill("  \n ")
    expect(maya.send_button).to_be_disabled()
    box.press("Enter")
    expect(maya.rows).to_have_count(0)
    box.fill(" x ")
    expect(maya.send_button).to_be_enabled()
    maya.send_button.click()
    maya.sees("x")
    expect(box).to_be_focused()


def test_enter_that_ends_a_composition_does_not_send(maya, box):
    keys = maya.context.new_cdp_session(maya.page)
    composing = {"selectionStart": 2, "selectionEnd": 2}
    keys.send("Input.imeSetComposition", {"text": "ni", **composing})
    # Chromium hands the Enter to the input method as key code 229.
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.insertText", {"text": "你"})
    expect(box).to_have_value("你")
    # Safari ends the composition first and sends a plain Enter that only the code gives away.
    box.evaluate(
        "one => one.dispatchEvent(new KeyboardEvent('keydown',"
        "  {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"
    )
    box.evaluate(
        "one => one.dispatchEvent(new KeyboardEvent('keydown',"
        "  {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    expect(box).to_have_value("你")
    expect(maya.rows).to_have_count(0)
    maya.page.keyboard.press("Enter")
    maya.sees("你")


def test_on_touch_enter_is_a_new_line_and_the_button_sends(come, room):
    maya = come("Maya", **PHONE).visit(room)
    # No keyboard jumps up before one wants to write.
    expect(maya.box).not_to_be_focused()
    maya.box.tap()
    maya.page.keyboard.type("one")
    maya.page.keyboard.press("Enter")
    maya.page.keyboard.type("two")
    expect(maya.box).to_have_value("one\ntwo")
    expect(maya.rows).to_have_count(0)
    maya.send_button.tap()
    expect(maya.rows).to_have_count(1)
    expect(maya.box).to_have_value("")


def test_up_in_an_empty_box_edits_my_last_message_and_escape_leaves_it(maya, joe, room):
    maya.visit(room)
    maya.write("an *old* one")
    maya.write("my **last** one")
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    joe.http.say("not mine", room=room)
    maya.sees("an old one", "my last one", "not mine")

    maya.box.fill("a draft")
    maya.box.press("ArrowUp")
    expect(maya.box).to_have_value("a draft")
    maya.box.fill("")
    maya.box.press("ArrowUp")
    expect(maya.box).to_have_value("my **last** one")
    expect(maya.page.get_by_text("Editing your message")).to_be_visible()
    maya.page.keyboard.type(" forgotten")
    maya.page.keyboard.press("Escape")
    expect(maya.box).to_have_value("")
    maya.sees("an old one", "my last one", "not mine")

    maya.box.press("ArrowUp")
    expect(maya.box).to_have_value("my **last** one")
    maya.page.keyboard.type(", changed")
    maya.page.keyboard.press("Enter")
    maya.sees("an old one", "my last one, changed", "not mine")
    expect(maya.box).to_have_value("")
    expect(maya.box).to_be_focused()


def test_editing_puts_the_draft_aside_and_brings_it_back(maya, room):
    maya.visit(room)
    maya.write("sent")
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    maya.box.fill("a draft")
    maya.row("sent").hover()
    maya.page.get_by_role("button", name="Edit").click()
    expect(maya.box).to_have_value("sent")
    maya.page.get_by_role("button", name="Cancel").click()
    expect(maya.box).to_have_value("a draft")


def test_rows_are_reached_edited_and_deleted_by_keyboard_alone(maya, joe, room):
    maya.say("one", "two", "three", room=room)
    maya.visit(room)
    press = maya.page.keyboard.press
    expect(maya.box).to_be_focused()
    while not maya.page.evaluate("document.activeElement.matches('.row')"):
        press("Shift+Tab")
    expect(maya.row("three")).to_be_focused()
    press("ArrowUp")
    expect(maya.row("two")).to_be_focused()
    press("e")
    expect(maya.box).to_have_value("two")
    press("Escape")
    while not maya.page.evaluate("document.activeElement.matches('.row')"):
        press("Shift+Tab")
    press("ArrowUp")
    press("Delete")
    dialog = maya.page.get_by_role("dialog", name="Delete this message?")
    expect(dialog).to_contain_text("two")
    press("Escape")
    expect(maya.row("two")).to_be_focused()
    press("Delete")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    press("Tab")
    press("Enter")
    maya.sees("one", "three")


def test_question_mark_lists_the_keys_but_not_while_writing(maya, box):
    maya.page.keyboard.type("what?")
    expect(box).to_have_value("what?")
    maya.page.locator("#timeline").focus()
    maya.page.keyboard.press("?")
    dialog = maya.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    maya.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_typing_anywhere_goes_into_the_box(maya, box):
    maya.page.locator("#timeline").click()
    maya.page.keyboard.type("hello")
    expect(box).to_have_value("hello")


def test_the_box_grows_with_its_text_and_shrinks_again(maya, box):
    height = box.bounding_box()["height"]
    box.fill("line\n" * 8)
    assert box.bounding_box()["height"] > 2 * height
    box.fill("line\n" * 200)
    assert box.bounding_box()["height"] < maya.page.viewport_size["height"] / 2
    box.fill("")
    assert box.bounding_box()["height"] == height


def test_too_long_a_message_says_by_how_much_and_waits(maya, box):
    box.fill("é" * 7_990)
    expect(maya.page.locator(".counter")).to_have_text("10")
    box.fill("🎉" * 8_003)
    expect(maya.page.get_by_text("Too long by 3 characters.")).to_be_visible()
    expect(maya.send_button).to_be_disabled()
    box.press("Enter")
    expect(maya.rows).to_have_count(0)
    box.fill("🎉" * 8_000)
    box.press("Enter")
    expect(maya.rows).to_have_count(1)
    expect(maya.rows.locator(".delivery")).to_have_count(0)
