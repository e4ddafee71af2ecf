"""What is unread, on every screen of a person."""

from playwright.sync_api import expect

from tests.wire import until

from .test_rooms import hide


def join(person, room):
    assert person.http.send("PUT", f"/api/rooms/{room}/membership").status_code == 204


def unread(person, room):
    rooms = person.http.http.get("/api/rooms").json()["rooms"]
    return next(one["unread"] for one in rooms if one["slug"] == room)


def test_messages_elsewhere_are_counted_and_stay_so_after_a_reload(maya, joe, room, make_room):
    other = make_room()
    join(maya, other)
    maya.visit(room)
    title = maya.page.title()
    joe.say("one", "two", room=other)
    for _ in range(2):
        expect(maya.door(other).locator(".door-count")).to_have_text("2")
        expect(maya.door(other).locator(".door-news")).to_be_visible()
        expect(maya.page).to_have_title(f"(2) {title}")
        maya.reload()


def test_what_is_read_in_one_tab_is_read_in_all_and_on_the_other_device(
    maya, joe, room, make_room, visitors, product
):
    other = make_room()
    join(maya, other)
    maya.visit(room)
    tab = maya.new_tab(room)
    joe.say("psst", room=other)
    for screen in (maya, tab):
        expect(screen.door(other).locator(".door-news")).to_be_visible()
    maya.visit(other).sees("psst")
    expect(tab.door(other).locator(".door-news")).to_be_hidden()
    expect(maya.door(other).locator(".door-news")).to_be_hidden()
    assert unread(maya, other) == 0


def test_who_was_away_finds_a_line_above_what_is_new(maya, joe, room):
    maya.visit(room)
    joe.say("old", room=room)
    expect(maya.door(room).locator(".door-news")).to_be_hidden()
    maya.sees("old")
    until_read(maya, room)
    maya.visit("hallway")
    joe.say("new", "newer", room=room)
    maya.visit(room).sees("old", "new", "newer")
    expect(maya.row("new").locator(".unread-line")).to_be_visible()
    expect(maya.unread_line).to_have_count(1)
    maya.write("I am back")
    expect(maya.unread_line).to_have_count(0)


def test_a_tab_nobody_looks_at_reads_nothing(maya, joe, room):
    maya.visit(room)
    hide(maya.page, True)
    joe.say("psst", room=room)
    maya.sees("psst")
    assert unread(maya, room) == 1
    hide(maya.page, False)
    expect(maya.unread_line).to_have_count(1)
    until_read(maya, room)


def test_who_reads_further_up_has_not_read_the_end(maya, joe, room):
    joe.say(*(f"line {number}" for number in range(40)), room=room)
    maya.visit(room)
    until_read(maya, room)
    maya.scroll_up(600)
    expect(maya.to_end).to_be_visible()
    joe.say("down here", room=room)
    expect(maya.to_end).to_contain_text("1 new message")
    expect(maya.door(room).locator(".door-count")).to_have_text("1")
    maya.to_end.click()
    expect(maya.door(room).locator(".door-news")).to_be_hidden()


def test_a_deleted_message_is_no_longer_counted(maya, joe, room, make_room):
    other = make_room()
    join(maya, other)
    maya.visit(room)
    said = [joe.http.say(text, room=other)["id"] for text in ("one", "two")]
    expect(maya.door(other).locator(".door-count")).to_have_text("2")
    joe.http.send("DELETE", f"/api/messages/{said[0]}")
    expect(maya.door(other).locator(".door-count")).to_have_text("1")


def test_more_than_99_are_not_counted(maya, joe, room, make_room):
    other = make_room()
    join(maya, other)
    joe.say(*(f"{number}" for number in range(99)), room=other)
    maya.visit(room)
    expect(maya.door(other).locator(".door-count")).to_have_text("99")
    joe.say("and one", room=other)
    expect(maya.door(other).locator(".door-count")).to_have_text("99+")
    maya.reload()
    expect(maya.door(other).locator(".door-count")).to_have_text("99+")


def test_what_was_read_is_marked_unread_from_a_message_on(maya, joe, room):
    joe.say("one", "two", "three", room=room)
    maya.visit(room)
    tab = maya.new_tab("hallway")
    until_read(maya, room)
    maya.row("two").focus()
    maya.page.keyboard.press("u")
    for screen in (maya, tab):
        expect(screen.door(room)).to_have_attribute("data-unread", "2")
    expect(maya.row("two").locator(".unread-line")).to_be_visible()
    assert unread(maya, room) == 2
    maya.visit("hallway").visit(room)
    until_read(maya, room)


def test_who_is_called_by_name_sees_it_in_the_sidebar(maya, joe, room, make_room):
    other = make_room()
    join(maya, other)
    level = {"level": "mentions"}
    assert maya.http.send("PATCH", f"/api/rooms/{other}/membership", json=level).status_code == 204
    maya.visit(room)
    news = maya.door(other).locator(".door-news")
    joe.say("just so", room=other)
    expect(maya.door(other)).to_have_attribute("data-unread", "1")
    expect(news).to_be_hidden()
    joe.say(f"@{maya.name} look", room=other)
    for _ in range(2):
        expect(news).to_be_visible()
        expect(news).to_have_class("door-news is-called")
        maya.reload()
    maya.visit(other)
    until(lambda: unread(maya, other) == 0, what="the room to be read")
    expect(news).to_be_hidden()


def until_read(person, room):
    expect(person.door(room)).to_have_attribute("data-unread", "0")
    until(lambda: unread(person, room) == 0, what="the room to be read")


def test_who_was_away_for_more_than_a_page_goes_on_where_they_stopped(maya, joe, room):
    joe.say(*(f"old {number}" for number in range(30)), room=room)
    maya.visit(room)
    until_read(maya, room)
    maya.visit("hallway")
    joe.say(*(f"line {number}" for number in range(100)), room=room)
    maya.visit(room)
    expect(maya.row("line 0").locator(".unread-line")).to_be_in_viewport()
    expect(maya.row("old 29")).to_be_in_viewport()
    expect(maya.row("line 99")).to_have_count(0)
    expect(maya.to_end).to_be_visible()
    # What is said meanwhile leaves no gap: it is drawn when the rest has been read.
    joe.say("meanwhile", room=room)
    expect(maya.to_end).to_have_accessible_name("1 new message")
    expect(maya.row("meanwhile")).to_have_count(0)
    assert unread(maya, room) == 100  # as far as is counted
    row, step = maya.row("meanwhile"), "one => one.scrollBy(0, 400)"
    for _ in range(60):
        if row.count() and row.is_visible():
            break
        maya.page.locator("#timeline").evaluate(step)
        maya.page.evaluate("new Promise(done => requestAnimationFrame(done))")
    expect(maya.row("meanwhile")).to_be_visible()
    said = [text for text in maya.texts() if text.startswith("line")]
    assert said == [f"line {number}" for number in range(100)]
    maya.page.locator("#timeline").evaluate("one => one.scrollTo(0, 0)")
    until_read(maya, room)
    joe.say("and on", room=room)
    expect(maya.row("and on")).to_be_in_viewport()


def test_from_the_first_unread_the_button_leads_to_the_newest(maya, joe, room):
    joe.say("old", room=room)
    maya.visit(room)
    until_read(maya, room)
    maya.visit("hallway")
    joe.say(*(f"line {number}" for number in range(60)), room=room)
    maya.visit(room)
    expect(maya.row("line 0").locator(".unread-line")).to_be_in_viewport()
    maya.to_end.click()
    expect(maya.row("line 59")).to_be_in_viewport()
    expect(maya.to_end).to_be_hidden()
    until_read(maya, room)
    # All is read, so the next visit begins with the newest.
    maya.reload()
    expect(maya.row("line 59")).to_be_in_viewport()


def test_what_is_edited_is_the_last_message_and_not_the_last_one_drawn(maya, joe, room):
    maya.say("mine", room=room)
    maya.visit(room)
    joe.say("hello", room=room)
    until_read(maya, room)
    maya.visit("hallway")
    joe.say(*(f"line {number}" for number in range(60)), room=room)
    maya.http.say("sent by a script", room=room)
    maya.visit(room)
    expect(maya.row("line 0").locator(".unread-line")).to_be_in_viewport()
    maya.box.press("ArrowUp")
    expect(maya.box).to_have_value("sent by a script")
