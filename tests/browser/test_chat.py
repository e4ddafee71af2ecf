"""Two people, two browsers, one room, nobody reloads anything."""

import pytest
from playwright.sync_api import expect

from tests.browser.sizes import IS_LONG


@pytest.mark.whole_browser
def test_two_people_talk_and_each_sees_every_message_once_in_order(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    said = []
    for number in range(10):
        for somebody in (maya, joe):
            said.append(f"{somebody.name} says {number}")
            somebody.write(said[-1])
            # Who answers has read the question.
            for reader in (maya, joe):
                expect(reader.row(said[-1])).to_have_count(1)
    maya.sees(*said)
    joe.sees(*said)


def test_what_both_send_at_once_has_the_same_order_for_both(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    for number in range(8):
        maya.write(f"m{number}")
        joe.write(f"j{number}")
    for somebody in (maya, joe):
        expect(somebody.bodies).to_have_count(16)
        expect(somebody.page.locator("[data-delivery]")).to_have_count(0)
    assert maya.texts() == joe.texts()
    stored = [message["content"] for message in maya.http.history(room)]
    assert maya.texts() == stored
    assert [text for text in stored if text[0] == "m"] == [f"m{number}" for number in range(8)]


def test_many_messages_both_ways_stand_in_four_tabs_as_they_are_stored(maya, joe, room):
    people = (maya.visit(room), joe.visit(room))
    tabs = [*people, *(person.new_tab(room) for person in people)]
    for tab in tabs:
        tab.page.evaluate("window.isTheSamePage = true")
    rounds = 50 if IS_LONG else 10
    for number in range(rounds):
        for name, tab in zip("abcd", tabs, strict=True):
            tab.write(f"{name} {number}")
        if number % 10 == 5:
            # Rights are each author's own; who wrote what lies in the middle of it all.
            for person in people:
                mine = [m for m in person.http.history(room) if m["author"]["name"] == person.name]
                person.http.send(
                    "PATCH", f"/api/messages/{mine[-1]['id']}", json={"content": f"edited {number}"}
                )
                person.http.send("DELETE", f"/api/messages/{mine[-2]['id']}")

    for tab in tabs:
        expect(tab.page.locator("[data-delivery]")).to_have_count(0, timeout=20_000)
    stored = all_of(maya, room)
    edited = deleted = 2 * (rounds // 10)
    assert len(stored) == 4 * rounds - deleted
    assert sum(message["version"] > 1 for message in stored) == edited
    expected = [[str(m["id"]), str(m["version"]), m["client_id"]] for m in stored]
    for tab in tabs:
        expect(tab.messages).to_have_count(len(stored))
        assert tab.messages.evaluate_all(SHOWN) == expected
        assert tab.markup() == tabs[0].markup()
        assert tab.page.evaluate("window.isTheSamePage")
    # Of each tab its own order, which is the one it was written in.
    for name in "abcd":
        numbers = [int(m["content"][2:]) for m in stored if m["content"].startswith(f"{name} ")]
        assert numbers == sorted(numbers)


SHOWN = "all => all.map(({dataset: {id, version, clientId}}) => [id, version, clientId])"


def all_of(visitor, room):
    """Everything stored in a room, oldest first."""
    found = page = visitor.http.history(room)
    while page:
        page = visitor.http.history(room, before=page[0]["id"])
        found = page + found
    return found


def test_a_live_message_is_drawn_like_one_of_the_first_paint(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    sources = [
        "plain *emphasis* and **more**",
        "```python\nprint('code')\n```",
        "- one\n- two\n\n> quoted\n\nhttps://example.org/a?b=c&d=e",
        "🎉",
        '<b>not markup</b> & "quotes"',
        "你好，世界 — שלום",
    ]
    for source in sources:
        maya.http.say(source, room=room)
    joe.http.say("and an answer", room=room)
    for somebody in (maya, joe):
        expect(somebody.bodies).to_have_count(7)
    live = joe.markup()
    grouping = joe.rows.evaluate_all("all => all.map(one => one.className)")
    assert live == maya.markup()
    joe.reload()
    assert joe.markup() == live
    assert joe.rows.evaluate_all("all => all.map(one => one.className)") == grouping


def test_an_edit_and_a_deletion_show_on_the_other_screen(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    maya.write("first thouht")
    maya.write("never mind")
    joe.sees("first thouht", "never mind")

    maya.row("first thouht").hover()
    maya.page.get_by_role("button", name="Edit").click()
    expect(maya.box).to_have_value("first thouht")
    maya.box.fill("first thought")
    maya.box.press("Enter")
    joe.sees("first thought", "never mind")
    expect(joe.row("first thought").get_by_text("edited")).to_be_visible()

    maya.row("never mind").hover()
    maya.page.get_by_role("button", name="Delete").click()
    maya.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    joe.sees("first thought")
    maya.sees("first thought")
    assert "never mind" not in joe.page.content()
    assert maya.markup() == joe.markup()
    joe.reload()
    assert joe.markup() == maya.markup()


def test_nobody_is_offered_to_change_the_words_of_another(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    maya.write("mine")
    joe.row("mine").hover()
    expect(joe.page.get_by_role("toolbar")).to_be_visible()
    expect(joe.page.get_by_role("button", name="Delete", exact=True)).to_be_hidden()
    maya.row("mine").hover()
    expect(maya.page.get_by_role("toolbar")).to_be_visible()


def test_a_new_name_shows_everywhere_at_once(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    maya.write("hello")
    expect(joe.authors).to_have_text(["Maya"])

    maya.page.locator(".me-button").click()
    maya.page.get_by_label("Your name").fill("Maya the Second")
    maya.page.get_by_role("button", name="Save").click()
    expect(maya.page.locator(".me-name")).to_have_text("Maya the Second")
    for somebody in (maya, joe):
        expect(somebody.authors).to_have_text(["Maya the Second"])
    maya.write("still me")
    expect(joe.authors).to_have_text(["Maya the Second"] * 2)
    assert joe.markup() == maya.markup()


def test_a_message_written_elsewhere_in_my_name_appears_too(maya, room):
    maya.visit(room)
    maya.http.say("from my phone", room=room)
    maya.sees("from my phone")
    expect(maya.rows.first).to_have_class("row mine")


def test_a_message_of_emoji_alone_is_large(maya, joe, room):
    joe.visit(room)
    maya.http.say("🎉🎈", room=room)
    maya.http.say("words 🎉", room=room)
    expect(joe.bodies).to_have_count(2)
    sizes = joe.bodies.evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one.querySelector('p')).fontSize))"
    )
    assert sizes[0] > 1.5 * sizes[1]
