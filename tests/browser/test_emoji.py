"""Any emoji: as a reaction and in the box, by mouse, by keyboard and on a phone."""

from playwright.sync_api import expect

from .test_everybody import serious_problems
from .visitors import PHONE


def picker(tab):
    return tab.page.locator("#emoji-picker")


def search(tab):
    return picker(tab).get_by_label("Search emoji")


def cells(tab):
    return picker(tab).locator("[data-emoji]")


def open_for(tab, text):
    tab.row(text).hover()
    tab.page.get_by_role("button", name="React with any emoji").click()
    expect(picker(tab)).to_be_visible()


def reactions(tab, text):
    return tab.row(text).locator(".reaction")


def test_any_emoji_becomes_a_reaction_that_the_other_sees(come, room):
    maya, joe = come("Maya"), come("Joe")
    joe.http.say("hello", room=room)
    asked: list[str] = []
    maya.page.on("request", lambda request: asked.append(request.url))
    maya.visit(room)
    joe.visit(room)
    assert not [url for url in asked if "/emoji" in url or "emojibase" in url]
    open_for(maya, "hello")
    expect(cells(maya)).not_to_have_count(0)
    assert serious_problems(maya.page) == []
    search(maya).fill("hedgehog")
    expect(cells(maya)).to_have_text(["🦔"])
    expect(picker(maya).get_by_role("status")).to_have_text("Emoji found: 1")
    cells(maya).click()
    expect(picker(maya)).to_be_hidden()
    expect(reactions(joe, "hello")).to_have_text(["🦔 1"])
    expect(reactions(maya, "hello")).to_have_attribute("aria-pressed", "true")
    # What was used last stands first, and choosing it again does not take it back.
    open_for(maya, "hello")
    expect(cells(maya).first).to_have_text("🦔")
    cells(maya).first.click()
    expect(picker(maya)).to_be_hidden()
    expect(reactions(joe, "hello")).to_have_text(["🦔 1"])
    assert all(url.startswith(maya.url) for url in asked)


def test_by_keyboard_an_emoji_of_a_skin_tone_goes_where_the_cursor_is(come, room):
    maya = come("Maya").visit(room)
    maya.box.fill("hi  you")
    maya.box.evaluate("box => box.setSelectionRange(3, 3)")
    maya.page.get_by_role("button", name="Emoji", exact=True).press("Enter")
    expect(search(maya)).to_be_focused()
    picker(maya).get_by_role("radio", name="Yellow").focus()
    maya.page.keyboard.press("ArrowLeft")
    expect(picker(maya).get_by_role("radio", name="Dark", exact=True)).to_be_checked()
    search(maya).focus()
    maya.page.keyboard.type("waving ha")
    expect(cells(maya)).to_have_text(["👋🏿"])
    maya.page.keyboard.press("Enter")
    expect(maya.box).to_be_focused()
    expect(maya.box).to_have_value("hi 👋🏿 you")
    maya.reload()
    button = maya.page.get_by_role("button", name="Emoji", exact=True)
    button.press("Enter")
    # The tone is remembered; arrows walk through the lines.
    expect(cells(maya).first).to_have_text("👋🏿")
    maya.page.keyboard.press("ArrowDown")
    expect(cells(maya).first).to_be_focused()
    maya.page.keyboard.press("ArrowDown")
    expect(cells(maya).nth(1)).to_be_focused()
    maya.page.keyboard.press("ArrowRight")
    expect(cells(maya).nth(2)).to_be_focused()
    # Typing goes on in the search.
    maya.page.keyboard.type("qqqq")
    expect(search(maya)).to_have_value("qqqq")
    expect(picker(maya).get_by_role("status")).to_have_text("No emoji by that name.")
    maya.page.keyboard.press("Enter")
    expect(picker(maya)).to_be_visible()
    maya.page.keyboard.press("Escape")
    expect(picker(maya)).to_be_hidden()
    expect(button).to_be_focused()


def test_the_quick_reactions_become_those_used_most(come, room):
    maya, joe = come("Maya"), come("Joe")
    for text in ("one", "two"):
        joe.http.say(text, room=room)
    maya.visit(room)
    for text in ("one", "two"):
        open_for(maya, text)
        search(maya).fill("hedgehog")
        cells(maya).click()
        expect(reactions(maya, text)).to_have_count(1)
    maya.row("one").hover()
    quick = maya.page.locator(".quick-reactions [data-emoji]")
    expect(quick).to_have_text(["🦔", "👍", "❤️", "😂", "🎉"])


def test_on_a_phone_it_is_a_sheet_and_speaks_the_readers_language(come, room):
    maya = come("Maya", locale="zh-CN", **PHONE).visit(room)
    maya.page.get_by_role("button", name="表情", exact=True).tap()
    expect(picker(maya)).to_be_visible()
    box = picker(maya).bounding_box()
    assert box["x"] == 0
    assert box["width"] == 390
    assert box["y"] + box["height"] == 844
    small = cells(maya).evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().width < 43.5).length"
    )
    assert small == 0
    picker(maya).get_by_label("搜索表情").fill("刺猬")
    expect(cells(maya)).to_have_text(["🦔"])
    cells(maya).tap()
    expect(maya.box).to_have_value("🦔")


def test_out_of_reach_it_says_so_and_opens_later(come, room, watch):
    watch.allow_faults()
    maya = come("Maya").visit(room)
    maya.page.route("**/emoji/", lambda route: route.abort())
    button = maya.page.get_by_role("button", name="Emoji", exact=True)
    button.click()
    expect(maya.page.locator("#composer-problem")).to_contain_text("could not be reached")
    maya.page.unroute("**/emoji/")
    button.click()
    expect(picker(maya)).to_be_visible()
