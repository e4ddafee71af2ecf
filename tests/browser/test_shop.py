"""A room as a part of a host's own page, beside its policy, its tokens and its looks."""

import pytest
from playwright.sync_api import expect

from tests.host.shop import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    running = Shop(tmp_path_factory.mktemp("shop") / "data").start()
    yield running
    running.stop(codes=(0, -15, 1), is_ours=False)


@pytest.fixture
def come(browser, shop, watch):
    contexts = []

    def come(name, **options):
        context = browser.new_context(base_url=shop.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else 0)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/accounts/login/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill("hallway")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Orders")).to_be_visible()
        return page

    complaints: list[str] = []
    yield come
    for context in contexts:
        context.close()
    # The shop has no icon, and in the end a frame is told that there is no such room.
    assert [one for one in complaints if "status of 404" not in one] == []


def test_two_chat_on_an_orders_page_until_it_is_not_theirs(shop, come):
    joe, maya = come("joe"), come("maya")
    for page in (joe, maya):
        page.goto("/orders/1/")
    theirs, ours = (page.frame_locator(".hallway-room") for page in (joe, maya))
    theirs.locator("#composer-text").fill("Is it green?")
    theirs.locator("#composer-text").press("Enter")
    expect(ours.locator("#rows .message .body")).to_have_text(["Is it green?"])
    expect(ours.locator(".sidebar")).to_be_hidden()
    # The shop's own colour, from its own template.
    button = ours.locator(".composer .send")
    ours.locator("#composer-text").fill("It is.")
    expect(button).to_have_css("background-color", "rgb(122, 31, 92)")
    button.click()
    expect(theirs.locator("#rows .message .body")).to_have_text(["Is it green?", "It is."])
    maya.get_by_role("button", name="Send it").click()
    expect(theirs.locator("#rows")).to_contain_text("on its way")
    shop.shell(
        "from shop.models import Order\norder = Order.objects.get(pk=1)\n"
        "order.customer_id = 1\norder.save()"
    )
    expect(theirs.get_by_role("heading", name="There is no such room.")).to_be_visible()
    joe.reload()
    expect(joe.get_by_text("somebody else’s")).to_be_visible()
    expect(joe.locator(".hallway-room")).to_have_count(0)


def test_a_framed_room_offers_no_control_over_what_the_shop_decides(come):
    """Maya runs the place: elsewhere she adds and removes people and opens rooms."""
    page = come("maya")
    page.goto("/orders/2/")
    room = page.frame_locator(".hallway-room")
    room.locator("#composer-text").fill("Hello.")
    room.get_by_role("button", name="Room details").click()
    details = room.locator("#room-details")
    # What is of the room itself is hers.
    expect(details.get_by_label("Who may post")).to_be_visible()
    expect(details.get_by_role("listitem")).not_to_have_count(0)
    expect(details.get_by_label("Add somebody")).to_be_hidden()
    expect(details.get_by_label("Who may read it")).to_be_hidden()
    expect(details.locator(".person-tools:visible")).to_have_count(0)
    details.get_by_label("What is it for?").fill("About the door")
    details.get_by_role("button", name="Save").click()
    expect(room.locator("#room-about")).to_have_text("About the door")
    page.goto("/chat/rooms/hallway/")
    page.get_by_role("button", name="Room details").click()
    expect(page.locator("#room-details").get_by_label("Add somebody")).to_be_visible()
