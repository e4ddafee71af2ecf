"""Small pictures of who has read a message."""

import re

from playwright.sync_api import expect

from .test_everybody import serious_problems


def seen(tab, text):
    return tab.row(text).locator(".readers")


def test_who_has_read_is_shown_live_and_to_who_comes_later(maya, joe, room, staff):
    staff.send("PATCH", f"/api/rooms/{room}", json={"shows_readers": True})
    for one in (maya, joe):
        one.http.send("PUT", f"/api/rooms/{room}/membership")
    maya.visit(room)
    maya.write("first")
    expect(seen(maya, "first")).to_have_count(0)
    joe.visit(room)
    expect(seen(maya, "first")).to_have_attribute("title", f"Seen by {joe.name}")
    assert serious_problems(maya.page) == []
    joe.page.goto("about:blank")
    maya.write("second")
    expect(maya.row("second").locator(".delivery")).to_have_count(0)
    expect(seen(maya, "first")).to_have_attribute("title", f"Seen by {joe.name}")
    maya.reload()
    expect(seen(maya, "first")).to_have_attribute("title", f"Seen by {joe.name}")
    joe.visit(room)
    expect(seen(maya, "second")).to_have_attribute("title", re.compile(f"Seen by .*{joe.name}"))
    expect(seen(maya, "first")).to_have_count(0)
    # Who hides it is gone at once, and so are all when the room wants it no more.
    joe.http.send("PATCH", "/api/me", json={"hides_reading": True})
    expect(seen(maya, "second")).to_have_count(0)
    joe.http.send("PATCH", "/api/me", json={"hides_reading": False})
    expect(seen(maya, "second")).to_have_count(1)
    staff.send("PATCH", f"/api/rooms/{room}", json={"shows_readers": False})
    expect(seen(maya, "second")).to_have_count(0)
