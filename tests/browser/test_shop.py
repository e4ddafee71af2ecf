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
