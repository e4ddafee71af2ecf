"""The list of keys behind `?`: whatever it promises, works."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.whole_browser
APPLE = "Object.defineProperty(navigator, 'userAgentData', {value: {platform: 'macOS'}})"


class Hands:
    """Maya at her keyboard, in a room where she and Joe have said something."""

    def __init__(self, maya, command):
        self.maya, self.page, self.box = maya, maya.page, maya.box
        self.press = maya.page.keyboard.press
        self.command = command

    def focus(self, text):
        self.maya.row(text).focus()

    def sends(self):
        self.box.fill("sent")
        self.press("Enter")
        expect(self.maya.row("sent")).to_be_visible()

    def starts_a_line(self):
        self.box.fill("a")
        self.press("Shift+Enter")
        expect(self.box).to_have_value("a\n")
        self.box.fill("")

    def mentions(self):
        self.box.press_sequentially("@jo")
        expect(self.page.get_by_role("option", name="Joe")).to_be_visible()
        self.press("Escape")
        self.box.fill("")

    def edits_the_last(self):
        self.box.focus()
        self.press("ArrowUp")
        expect(self.page.get_by_text("Editing your message")).to_be_visible()
        self.press("Escape")

    def cancels(self):
        self.box.focus()
        self.press("ArrowUp")
        expect(self.page.get_by_text("Editing your message")).to_be_visible()
        self.press("Escape")
        expect(self.page.get_by_text("Editing your message")).to_be_hidden()
        self.focus("theirs")
        self.press("r")
        expect(self.page.get_by_text("Replying to Joe")).to_be_visible()
        self.press("Escape")
        expect(self.page.get_by_text("Replying to Joe")).to_be_hidden()

    def opens(self, key, dialog):
        self.page.locator("#timeline").focus()
        self.press(key)
        expect(self.page.locator(dialog)).to_be_visible()
        self.press("Escape")
        expect(self.page.locator(dialog)).to_be_hidden()

    def jumps(self):
        self.opens(f"{self.command}+k", "#switcher")

    def searches(self):
        self.opens("/", "#search")
        self.opens(f"{self.command}+Shift+f", "#search")

    def goes_to_the_messages_and_back(self):
        self.box.focus()
        self.press("Shift+Tab")
        expect(self.maya.rows.and_(self.page.locator(":focus"))).to_have_count(1)
        self.press("Escape")
        expect(self.box).to_be_focused()

    def goes_through(self):
        self.focus("theirs")
        self.press("ArrowUp")
        expect(self.maya.row("mine")).to_be_focused()
        self.press("ArrowDown")
        expect(self.maya.row("theirs")).to_be_focused()

    def replies(self):
        self.focus("theirs")
        self.press("r")
        expect(self.page.get_by_text("Replying to Joe")).to_be_visible()
        self.press("Escape")

    def marks_up(self):
        keys = {"b": "**x**", "i": "*x*", "e": "`x`", "Shift+k": "[x](https://)"}
        for key, written in {**keys, "Shift+Digit9": "> x"}.items():
            self.box.fill("x")
            self.box.select_text()
            self.press(f"{self.command}+{key}")
            expect(self.box).to_have_value(written)
        self.box.fill("one\ntwo")
        self.box.select_text()
        self.press(f"{self.command}+Shift+Digit9")
        expect(self.box).to_have_value("> one\n> two")
        self.box.fill("")

    def edits_and_deletes(self):
        self.focus("mine")
        self.press("e")
        expect(self.box).to_have_value("mine")
        self.press("Escape")
        for key in ("Delete", "Backspace"):
            self.focus("mine")
            self.press(key)
            expect(self.page.get_by_role("dialog", name="Delete this message?")).to_be_visible()
            self.press("Escape")

    def marks_unread(self):
        self.focus("theirs")
        self.press("u")
        expect(self.maya.row("theirs").locator(".unread-line")).to_be_visible()

    def lists_the_keys(self):
        self.opens("?", "#shortcuts")


KEYS = {
    "Send the message": Hands.sends,
    "Start a new line": Hands.starts_a_line,
    "Mention somebody": Hands.mentions,
    "Edit my last message": Hands.edits_the_last,
    "Cancel editing or replying": Hands.cancels,
    "Jump to a room": Hands.jumps,
    "Search messages": Hands.searches,
    "From the box to the messages and back": Hands.goes_to_the_messages_and_back,
    "Go through the messages": Hands.goes_through,
    "Reply to the selected message": Hands.replies,
    "Bold, italic, code, quote, link": Hands.marks_up,
    "Edit or delete my selected message": Hands.edits_and_deletes,
    "Mark unread from the selected message on": Hands.marks_unread,
    "Show this list": Hands.lists_the_keys,
}


@pytest.mark.parametrize("command", ["Control", "Meta"])
def test_every_key_of_the_list_works(come, room, command):
    maya, joe = come("Maya"), come("Joe")
    is_apple = command == "Meta"
    if is_apple:
        maya.page.add_init_script(APPLE)
    maya.http.say("mine", room=room)
    joe.http.say("theirs", room=room)
    maya.visit(room)
    hands = Hands(maya, command)
    listed = maya.page.locator("#shortcuts .keys dt").all_text_contents()
    assert listed == list(KEYS)
    for use in KEYS.values():
        use(hands)
    shown = maya.page.locator("#shortcuts").text_content()
    assert ("⌘ B" in shown) == is_apple
    assert ("Ctrl B" in shown) != is_apple


def test_on_apple_ctrl_moves_the_cursor_and_marks_nothing(come, room):
    maya = come("Maya")
    maya.page.add_init_script(APPLE)
    maya.visit(room)
    maya.box.fill("x")
    maya.box.select_text()
    maya.page.keyboard.press("Control+b")
    expect(maya.box).to_have_value("x")
