"""Finding messages from the room page."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def looking(maya, room):
    """Maya has the search open."""
    maya.visit(room)
    maya.page.keyboard.press("Control+Shift+F")
    return maya


def dialog(visitor):
    return visitor.page.get_by_role("dialog", name="Search messages")


def field(visitor):
    return dialog(visitor).get_by_role("textbox", name="What to search for")


def hits(visitor):
    return dialog(visitor).locator(".hit")


def test_what_was_said_anywhere_is_found_while_one_types(looking, joe, room, make_room):
    other = make_room("The Observatory")
    joe.http.say("a **zebrafish** & <b>more</b>", room=other)
    expect(field(looking)).to_be_focused()
    field(looking).press_sequentially("zebrafish")
    expect(hits(looking)).to_have_count(1)
    expect(hits(looking).locator(".hit-author")).to_have_text(joe.name)
    expect(hits(looking).locator(".hit-room-name")).to_have_text("The Observatory")
    expect(hits(looking).locator(".hit-excerpt")).to_have_text("a zebrafish & <b>more</b>")
    expect(hits(looking).locator("mark")).to_have_text("zebrafish")
    field(looking).press("ArrowDown")
    expect(hits(looking)).to_be_focused()
    looking.page.keyboard.press("Enter")
    expect(looking.page).to_have_url(re.compile(f"/rooms/{other}/"))
    looking.awake().sees("a zebrafish & <b>more</b>")


def test_part_of_chinese_text_is_marked(looking, joe, room):
    joe.http.say("我们讨论渡渡鸟的设计", room=room)
    field(looking).fill("渡渡鸟")
    expect(hits(looking).locator("mark")).to_have_text("渡渡鸟")


def test_more_is_shown_when_asked_for(looking, joe, room):
    for number in range(23):
        joe.http.say(f"axolotl {number}", room=room)
    field(looking).fill("axolotl")
    expect(hits(looking)).to_have_count(20)
    dialog(looking).get_by_role("button", name="Show older ones").click()
    expect(hits(looking)).to_have_count(23)
    expect(hits(looking).nth(20)).to_be_focused()
    expect(hits(looking).last.locator(".hit-excerpt")).to_have_text("axolotl 0")
    expect(dialog(looking).get_by_role("button", name="Show older ones")).to_be_hidden()


def test_what_is_deleted_meanwhile_leaves_the_list(looking, joe, room):
    message = joe.http.say("a quagga", room=room)
    field(looking).fill("quagga")
    expect(hits(looking)).to_have_count(1)
    joe.http.send("DELETE", f"/api/messages/{message['id']}")
    expect(hits(looking)).to_have_count(0)
    expect(dialog(looking).get_by_text("Nothing found.")).to_be_visible()


def test_a_question_that_cannot_be_understood_is_told(looking, watch):
    watch.allow_status(400)
    field(looking).fill("before:soon")
    expect(dialog(looking).get_by_role("status")).to_contain_text("“soon” is no day")
    field(looking).fill("")
    expect(dialog(looking).get_by_text("has:link")).to_be_visible()


def test_a_slash_opens_it_and_escape_leads_back(maya, room):
    maya.visit(room)
    maya.box.press("/")
    expect(maya.box).to_have_value("/")
    maya.box.fill("")
    maya.page.locator("#timeline").focus()
    maya.page.keyboard.press("/")
    expect(field(maya)).to_be_focused()
    expect(field(maya)).to_have_value("")
    maya.page.keyboard.press("Escape")
    expect(dialog(maya)).to_be_hidden()
