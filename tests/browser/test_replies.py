"""Replies, reactions, mentions and permalinks, with two people at two screens."""

import re

from playwright.sync_api import expect

THUMB = "👍"


def toolbar_of(tab, text):
    tab.row(text).hover()
    return tab.page.get_by_role("toolbar")


def test_a_reply_quotes_and_the_quote_keeps_up(maya, joe, room):
    first = joe.http.say("where is it?", room=room)
    maya.visit(room)
    joe.visit(room)
    toolbar_of(maya, "where is it?").get_by_role("button", name="Reply").click()
    expect(maya.page.get_by_text("Replying to Joe")).to_be_visible()
    expect(maya.box).to_be_focused()
    maya.write("over there")
    expect(maya.page.get_by_text("Replying to Joe")).to_be_hidden()
    for tab in (maya, joe):
        quote = tab.row("over there").locator(".quote")
        expect(quote).to_contain_text("Joe")
        expect(quote.locator(".quote-text")).to_have_text("where is it?")
    expect(maya.rows.last).not_to_have_attribute("data-delivery", re.compile("."))

    joe.http.send("PATCH", f"/api/messages/{first['id']}", json={"content": "**who** has it?"})
    expect(maya.row("over there").locator(".quote-text")).to_have_text("who has it?")
    expect(maya.row("who has it?")).to_have_count(1)
    live = maya.markup()
    maya.reload()
    assert maya.markup() == live

    joe.http.send("DELETE", f"/api/messages/{first['id']}")
    for tab in (maya, joe):
        expect(tab.row("over there").locator(".quote")).to_have_text("Deleted message")
        assert "has it" not in tab.page.locator("#rows").inner_html()
    live = maya.markup()
    maya.reload()
    assert maya.markup() == live


def test_escape_drops_a_reply_and_keeps_the_text(maya, joe, room):
    joe.http.say("hello", room=room)
    maya.visit(room)
    maya.row("hello").focus()
    maya.page.keyboard.press("r")
    maya.box.fill("not a reply")
    maya.box.press("Escape")
    expect(maya.page.get_by_text("Replying to Joe")).to_be_hidden()
    maya.box.press("Enter")
    expect(maya.row("not a reply")).to_have_count(1)
    expect(maya.row("not a reply").locator(".quote")).to_have_count(0)


def test_people_react_on_both_screens_and_take_it_back(maya, joe, room):
    joe.http.say("good news", room=room)
    maya.visit(room)
    joe.visit(room)
    toolbar_of(maya, "good news").locator(f'[data-emoji="{THUMB}"]').click()
    mine = maya.row("good news").locator(".reaction")
    theirs = joe.row("good news").locator(".reaction")
    expect(mine).to_have_attribute("aria-pressed", "true")
    expect(theirs).to_have_attribute("aria-pressed", "false")
    expect(theirs).to_have_text(f"{THUMB} 1")
    theirs.click()
    for reaction in (mine, theirs):
        expect(reaction).to_have_text(f"{THUMB} 2")
        expect(reaction).to_have_attribute("aria-pressed", "true")
    live = maya.markup()
    maya.reload()
    assert maya.markup() == live
    mine.click()
    for reaction in (mine, theirs):
        expect(reaction).to_have_text(f"{THUMB} 1")
    theirs.click()
    for tab in (maya, joe):
        expect(tab.row("good news").locator(".reactions")).to_have_count(0)


def test_my_own_name_stands_out_and_others_do_not(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    joe.write("@Maya look, says @Joe")
    mentions = maya.rows.last.locator(".mention")
    expect(mentions).to_have_count(2)
    expect(mentions.first).to_have_class("mention is-me")
    expect(mentions.last).to_have_class("mention")
    live = maya.markup()
    maya.reload()
    assert maya.markup() == live


def test_a_permalink_opens_the_page_around_an_old_message(maya, joe, room):
    ids = [joe.http.say(f"line {number}", room=room)["id"] for number in range(130)]
    maya.open(f"{maya.url}/rooms/{room}/messages/{ids[20]}/")
    row = maya.row("line 20")
    expect(row).to_be_in_viewport()
    expect(row).to_have_class(re.compile("is-shown"))
    expect(maya.row("line 129")).to_have_count(0)
    maya.to_end.click()
    expect(maya.row("line 129")).to_be_in_viewport()
    numbers = [int(text.removeprefix("line ")) for text in maya.texts()]
    assert numbers == list(range(numbers[0], 130))


def test_a_quote_leads_to_what_it_quotes(maya, joe, room):
    first = joe.http.say("the beginning", room=room)
    maya.say(*(f"line {number}" for number in range(60)), room=room)
    reply = {"content": "back to it", "reply_to": first["id"]}
    joe.http.send("POST", f"/api/rooms/{room}/messages", json=reply)
    maya.visit(room)
    expect(maya.row("the beginning")).to_have_count(0)
    maya.row("back to it").locator(".quote").click()
    expect(maya.row("the beginning")).to_be_in_viewport()
    maya.scroll_up(-5000)
    expect(maya.row("back to it")).to_have_count(1)


def test_keys_put_marks_around_what_is_selected(maya, room):
    maya.visit(room)
    maya.box.fill("word")
    for key, text in (("b", "**word**"), ("i", "***word***"), ("e", "***`word`***")):
        if key == "b":
            maya.box.press("Control+a")
        maya.box.press(f"Control+{key}")
        expect(maya.box).to_have_value(text)
    maya.box.fill("page")
    maya.box.press("Control+a")
    maya.box.press("Control+Shift+K")
    expect(maya.box).to_have_value("[page](https://)")
