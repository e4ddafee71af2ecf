"""Somebody's card, opened from a name or a picture."""

import pytest
from playwright.sync_api import expect

from .test_everybody import serious_problems


def card(person):
    return person.page.locator("#person-card")


def test_a_name_opens_the_card_which_follows_what_changes(lea, ana, room):
    lea.say("hello", room=room)
    ana.visit(room)
    ana.row("hello").locator(".author").click()
    shown = card(ana)
    expect(shown.get_by_role("heading")).to_have_text(lea.name)
    expect(shown).to_contain_text("Here a few minutes ago")
    lea.visit(room)
    expect(shown).to_contain_text("Here now")
    changed = {"about": "Sings <b>loud</b>", "time_zone": "Asia/Tokyo"}
    assert lea.http.send("PATCH", "/api/me", json=changed).status_code == 200
    expect(shown).to_contain_text("Sings <b>loud</b>")
    expect(shown).to_contain_text("Asia/Tokyo")
    lea.page.goto("about:blank")
    expect(shown).to_contain_text("Here a few minutes ago")
    ana.page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_the_picture_and_the_list_of_members_open_it_too(lea, ana, room):
    lea.say("hello", room=room)
    ana.visit(room)
    ana.row("hello").locator(".avatar").click()
    expect(card(ana).get_by_role("heading")).to_have_text(lea.name)
    card(ana).get_by_role("button", name="Close").click()
    expect(card(ana)).to_be_hidden()
    ana.page.get_by_role("button", name="Room details").click()
    ana.page.locator("#room-details").get_by_role("button", name=lea.name, exact=True).click()
    expect(card(ana).get_by_role("heading")).to_have_text(lea.name)
    # A press beside it closes it, and what it was opened from is still there.
    ana.page.mouse.click(5, 5)
    expect(card(ana)).to_be_hidden()
    expect(ana.page.locator("#room-details")).to_be_visible()


def test_by_keyboard_the_card_leads_to_a_conversation(lea, ana, room):
    lea.say("hello", room=room)
    ana.visit(room)
    ana.row("hello").focus()
    ana.row("hello").get_by_role("button", name="More actions").press("Enter")
    ana.page.get_by_role("menuitem", name="Who is this?").press("Enter")
    expect(card(ana).get_by_role("heading")).to_be_focused()
    card(ana).get_by_role("button", name="Message").press("Enter")
    expect(ana.page.get_by_role("heading", level=1)).to_have_text(lea.name)
    assert "/rooms/direct-" in ana.page.url


def test_who_is_here_is_lit_before_the_stream_says_so(lea, ana, room, watch):
    author = lea.http.say("hello", room=room)["author"]["id"]
    lea.visit(room)
    ana.visit(room)
    light = ana.page.locator(f".avatar[data-presence='{author}']").first
    expect(light).to_have_css("--is-here", "1")
    watch.allow_faults()
    ana.page.route("**/api/stream*", lambda route: route.abort())
    ana.reload()
    expect(light).to_have_css("--is-here", "1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_card_as_narrow_as_it_gets(account, lea, room, scheme):
    changed = {"about": "w" * 160, "time_zone": "America/Argentina/Buenos_Aires"}
    assert lea.http.send("PATCH", "/api/me", json=changed).status_code == 200
    lea.say("hello", room=room)
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    ana = account(color_scheme=scheme, **phone)
    ana.visit(room)
    assert serious_problems(ana.page) == []
    ana.row("hello").locator(".author").tap()
    expect(card(ana)).to_contain_text("Buenos_Aires")
    assert serious_problems(ana.page) == []
    wide = card(ana).evaluate("one => one.scrollWidth - one.clientWidth")
    assert wide <= 0
