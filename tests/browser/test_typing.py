"""Seeing who types."""

from playwright.sync_api import expect


def line(visitor):
    return visitor.page.locator(".typing")


def test_the_others_see_who_types_until_the_message_comes(maya, joe, room):
    maya.visit(room)
    joe.visit(room)
    joe.box.press_sequentially("on my")
    expect(line(maya)).to_have_text(f"{joe.name} is typing…", use_inner_text=True)
    expect(line(joe)).to_be_hidden()
    joe.box.press("Enter")
    maya.sees("on my")
    expect(line(maya)).to_be_hidden()


def test_two_are_named_more_are_several_and_it_ends_by_itself(maya, joe, room, visitors, product):
    tab = maya.visit(room).new_tab(room)
    joe.http.send("POST", f"/api/rooms/{room}/typing")
    expect(line(maya)).to_have_text(f"{joe.name} is typing…", use_inner_text=True)
    expect(tab.page.locator(".typing")).to_have_text(f"{joe.name} is typing…", use_inner_text=True)
    others = [product.person(name) for name in ("Rosencrantz", "Guildenstern")]
    others[0].send("POST", f"/api/rooms/{room}/typing")
    expect(line(maya)).to_have_text(f"{joe.name} and Rosencrantz are typing…", use_inner_text=True)
    others[1].send("POST", f"/api/rooms/{room}/typing")
    expect(line(maya)).to_have_text("Several people are typing…", use_inner_text=True)
    expect(line(maya)).to_be_hidden(timeout=10_000)
    for other in others:
        other.send("POST", "/leave/")
