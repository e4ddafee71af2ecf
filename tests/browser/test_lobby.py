"""Coming in, taking another name, leaving."""

import re

from playwright.sync_api import expect


def enter(page, name=""):
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Enter").click()


def test_somebody_types_a_name_and_is_in_the_room(visitors, product):
    page = visitors.stranger(product)
    page.goto("/")
    expect(page).to_have_url(f"{product.url}/lobby/")
    enter(page, "  Rosalind  of Arden ")
    expect(page).to_have_url(f"{product.url}/rooms/hallway/")
    expect(page.locator(".me-name")).to_have_text("Rosalind of Arden")
    expect(page.get_by_role("textbox", name="Message to Hallway")).to_be_focused()
    # The same author next time.
    page.goto("/lobby/")
    expect(page.get_by_role("heading", name="Welcome back, Rosalind of Arden")).to_be_visible()
    page.get_by_role("button", name="Enter").click()
    expect(page.locator(".me-name")).to_have_text("Rosalind of Arden")


def test_a_blank_name_becomes_the_lent_one_of_somebody_in_shakespeare(visitors, product):
    pages = [visitors.stranger(product) for _ in range(2)]
    names = []
    for page in pages:
        page.goto("/lobby/")
        enter(page)
        expect(page).to_have_url(f"{product.url}/rooms/hallway/")
        names.append(page.locator(".me-name").inner_text())
    assert all(names)
    assert names[0] != names[1]


def test_a_name_in_use_is_refused_and_what_was_typed_stays(visitors, maya, product, watch):
    watch.allow_status(409)
    page = visitors.stranger(product)
    page.goto("/lobby/")
    enter(page, "ＭＡＹＡ")
    problem = page.get_by_role("alert")
    expect(problem).to_be_visible()
    field = page.get_by_label("Your name")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("ＭＡＹＡ")
    expect(field).to_have_accessible_description(re.compile(re.escape(problem.inner_text())))
    enter(page, "Maya Angelou")
    expect(page.locator(".me-name")).to_have_text("Maya Angelou")


def test_without_a_name_every_page_leads_to_the_lobby_and_from_there_where_one_wanted(
    visitors, product, room
):
    page = visitors.stranger(product)
    page.goto(f"/rooms/{room}/")
    expect(page).to_have_url(re.compile(r"/lobby/\?next="))
    enter(page, "Orlando of the lobby")
    expect(page).to_have_url(f"{product.url}/rooms/{room}/")


def test_who_leaves_is_nobody_and_the_name_is_free(maya, joe, room, visitors, product):
    maya.visit(room)
    maya.write("goodbye")
    expect(maya.rows.locator(".delivery")).to_have_count(0)
    maya.page.locator(".me-button").click()
    maya.page.get_by_role("button", name="Leave Hallway").click()
    expect(maya.page).to_have_url(f"{product.url}/lobby/")
    expect(maya.page.get_by_label("Your name")).to_have_value("")
    maya.page.goto(f"/rooms/{room}/")
    expect(maya.page).to_have_url(re.compile("/lobby/"))
    # What was said stays, and somebody else may be Maya now.
    joe.visit(room)
    joe.sees("goodbye")
    expect(visitors.come(product, "Maya").visit(room).rows).not_to_have_class("row mine")


def test_a_rename_to_a_name_in_use_says_so_and_changes_nothing(maya, joe, room, watch):
    watch.allow_status(409)
    maya.visit(room)
    maya.page.locator(".me-button").click()
    maya.page.get_by_label("Your name").fill("Joe")
    maya.page.get_by_role("button", name="Save").click()
    expect(maya.page.locator("#my-name-problem")).not_to_be_empty()
    expect(maya.page.locator(".me-name")).to_have_text("Maya")


def test_it_all_works_without_a_script(visitors, product, room, joe, watch):
    # Switched off this way, Chromium gives preloads no nonce; they would not run anyway.
    watch.allow(r"^failed: GET \S+\.js csp$")
    joe.http.say("can you **read** me?", room=room)
    page = visitors.stranger(product, java_script_enabled=False)
    page.goto(f"/rooms/{room}/")
    enter(page, "Nobody's browser")
    expect(page.locator("#rows .body")).to_have_text(["can you read me?"])
    expect(page.locator("#rows .sent")).to_have_text([re.compile(r"\d\d:\d\d")])
    page.locator(".me-button").click()
    page.get_by_role("button", name="Leave Hallway").click()
    expect(page).to_have_url(f"{product.url}/lobby/")
