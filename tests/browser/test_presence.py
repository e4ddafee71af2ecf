"""A light at the avatars of those who are here."""

from playwright.sync_api import expect


def light(tab, author):
    return tab.page.locator(f".avatar[data-presence='{author}']").first


def is_lit(tab, author, value):
    expect(light(tab, author)).to_have_css("--is-here", value, timeout=10_000)


def test_a_light_is_on_while_somebody_is_here(maya, joe, room):
    author = joe.http.say("hello", room=room)["author"]["id"]
    tab = maya.visit(room).new_tab(room)
    is_lit(maya, author, "")
    joe.visit(room)
    is_lit(maya, author, "1")
    is_lit(tab, author, "1")
    is_lit(maya.new_tab(room), author, "1")
    is_lit(tab.reload(), author, "1")
    joe.page.goto("about:blank")
    is_lit(maya, author, "")
    is_lit(tab, author, "")
