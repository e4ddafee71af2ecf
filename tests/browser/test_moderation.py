"""Something is reported; who runs the place takes it away and keeps its author out."""

from playwright.sync_api import expect


def test_a_message_is_reported_deleted_and_its_author_banned(
    lea, joe, visitors, product, room, watch
):
    watch.allow_status(401)
    troll = visitors.come(product, "Troll").visit(room)
    for person in (lea, joe):
        person.visit(room)
    expect(lea.page.locator(".me-button .reports-waiting")).to_be_hidden()
    troll.write("something nasty")
    joe.row("something nasty").hover()
    joe.page.get_by_role("button", name="Report", exact=True).click()
    dialog = joe.page.get_by_role("dialog", name="Report this message?")
    expect(dialog.locator(".dialog-quote")).to_have_text("something nasty")
    dialog.get_by_label("What is wrong with it?").fill("Rude")
    dialog.get_by_role("button", name="Report").click()
    expect(joe.page.get_by_text("Those who run this place will look at it.")).to_be_visible()
    joe.page.get_by_role("button", name="Close").click()

    # Told at once to who runs the place, who need not go and look.
    badge = lea.page.locator(".me-button .reports-waiting")
    expect(badge.locator(".door-count")).to_have_text("1")
    lea.page.locator(".me-button").click()
    lea.page.get_by_role("link", name="Moderation").click()
    waiting = lea.page.locator(".reported")
    expect(waiting).to_contain_text("something nasty")
    expect(waiting).to_contain_text("Joe reported it: Rude")
    lea.page.get_by_role("button", name="Delete the message").click()
    expect(lea.page.get_by_text("Nothing waits for you.")).to_be_visible()
    expect(joe.bodies).to_have_count(0)

    troll.write("and another")
    joe.sees("and another")
    lea.page.get_by_role("link", name="People", exact=True).click()
    lea.page.get_by_role("link", name="Ban… Troll").click()
    lea.page.get_by_label("Delete everything they said").check()
    lea.page.get_by_role("button", name="Ban", exact=True).click()
    expect(lea.page.locator("#bans")).to_contain_text("Troll")
    expect(troll.page).to_have_url(f"{product.url}/lobby/")
    expect(troll.page.get_by_role("alert")).to_contain_text("You have been banned from here until")
    expect(joe.bodies).to_have_count(0)


def test_in_slow_mode_a_message_waits_and_other_rooms_go_on(maya, staff, room, watch):
    watch.allow_status(429)
    slow = staff.send("PATCH", f"/api/rooms/{room}", json={"slow_mode": 3600})
    assert slow.status_code == 200, slow.text
    maya.visit(room)
    maya.write("first")
    maya.write("too soon")
    late = maya.row("too soon")
    expect(late).to_have_attribute("data-delivery", "slow")
    expect(late).to_contain_text("slow mode")
    other = maya.new_tab()
    other.write("meanwhile, elsewhere")
    expect(other.row("meanwhile, elsewhere").locator(".delivery")).to_have_count(0)
    staff.send("PATCH", f"/api/rooms/{room}", json={"slow_mode": 0})
    expect(late.locator(".delivery")).to_have_count(0)
    maya.write("and now")
    maya.sees("first", "too soon", "and now")
