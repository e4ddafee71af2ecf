"""Hallway in Chinese, for somebody whose browser asks for it and for somebody who chooses it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .test_everybody import LOOKS, NARROW, serious_problems
from .visitors import PHONE

CHINESE: dict[str, Any] = {"locale": "zh-CN"}
# Our name, keys, and what is called so in Chinese too.
KNOWN = {"Hallway", "English", "Enter", "Shift", "Ctrl", "Esc", "Tab", "Del", "JavaScript"}
KNOWN |= {"API", "QR", "UTC", "KB", "JPEG", "PNG", "WebP", "GIF", "from", "me"}

# Everything the page can come to show, also in closed dialogs and templates. `dir` marks what
# people wrote themselves; code, keys and time zones are the same everywhere.
TEXTS = """() => {
  const OTHERS = "[dir=auto], [dir=ltr], bdi, code, kbd, script, style, .avatar, #id_timezone";
  const found = [document.title];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.localName === "template") look(one.content);
      for (const name of ["aria-label", "title", "placeholder", "alt", "data-unreachable"])
        if (one.hasAttribute(name)) found.push(one.getAttribute(name));
      if (one.closest(OTHERS)) continue;
      for (const child of one.childNodes)
        if (child.nodeType === Node.TEXT_NODE) found.push(child.data);
    }
  };
  look(document);
  return found;
}"""


def foreign_words(page: Page) -> set[str]:
    words = re.findall(r"[A-Za-z]{2,}", " ".join(page.evaluate(TEXTS)))
    return set(words) - KNOWN


@pytest.fixture
def tea_room(make_room, product):
    slug = make_room("茶室")
    person = product.person("王安")
    person.say("早上好！星期六下雨的话，我们可以搬到茶室里。", room=slug)
    person.say("没问题，我带 `茶壶` 和 **杯子**。\n\n> 还有点心", room=slug)
    person.send("POST", "/leave/")
    return slug


def test_the_lobby_of_a_chinese_browser_is_chinese_throughout(visitors, product, come, watch):
    watch.allow_status(404, 409)
    page = visitors.stranger(product, **CHINESE)
    for path in ("/lobby/", "/sign-in/", "/password/", "/join/nothing/", "/no-such-page/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
        placeholder = page.locator("#id_username[placeholder]")
        if placeholder.count():  # the name it would lend
            placeholder.evaluate("one => one.removeAttribute('placeholder')")
        assert foreign_words(page) == set(), path
    page.goto("/lobby/")
    come("赵云")
    page.get_by_label("你的名字").fill("赵云")
    page.get_by_role("button", name="进入").click()
    expect(page.get_by_role("alert")).to_contain_text("已经有人叫“赵云”")


def test_the_room_of_a_chinese_browser_is_chinese_throughout(come, tea_room, watch):
    lin = come("林小雨", **CHINESE).visit(tea_room)
    page = lin.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(lin.days).to_have_text(["今天"])
    lin.write("我来了")
    expect(lin.rows).to_have_count(3)
    assert foreign_words(page) == set()

    come("赵云")
    page.locator(".me-button").click()
    page.get_by_label("你的名字").fill("赵云")
    watch.allow_status(409)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#my-name-problem")).to_contain_text("已经有人叫“赵云”")


def test_the_account_and_the_people_are_chinese_too(visitors, product, staff):
    page = visitors.stranger(product, **CHINESE)
    page.context.add_cookies(
        [
            {"name": key, "value": value, "url": product.url}
            for key, value in staff.http.cookies.items()
        ]
    )
    for path in ("/account/", "/people/"):
        page.goto(path)
        assert foreign_words(page) - {"Chrome", "Linux"} == set(), path
        assert serious_problems(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, path


def test_days_are_written_as_chinese_writes_them(come, tea_room, product):
    now = datetime.now(UTC)
    # Never of this year, and never today or yesterday.
    long_ago, lately = datetime(2025, 11, 23, 8, 30, tzinfo=UTC), now - timedelta(days=4)
    product.shell(
        "from datetime import datetime\n"
        "from hallway.models import Message\n"
        f"here = list(Message.objects.filter(room__slug={tea_room!r}).order_by('pk'))\n"
        f"for message, moment in zip(here, {[long_ago.isoformat(), lately.isoformat()]!r}):\n"
        "    Message.objects.filter(pk=message.pk).update("
        "created_at=datetime.fromisoformat(moment))\n"
    )
    lin = come("林小雨", **CHINESE).visit(tea_room)
    year = "" if lately.year == now.year else f"{lately.year}年"
    weekday = "一二三四五六日"[lately.weekday()]
    written = f"{year}{lately.month}月{lately.day}日 星期{weekday}"
    expect(lin.days).to_have_text(["2025年11月23日 星期日", written])
    first = lin.page.locator(".message .sent").first
    expect(first).to_have_text("08:30")
    expect(first).to_have_attribute("title", re.compile("^2025年11月23日"))


@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_axe_finds_nothing_serious_in_chinese(come, visitors, product, tea_room, look):
    page = visitors.stranger(product, **CHINESE | LOOKS[look])
    page.goto("/lobby/")
    assert serious_problems(page) == []
    page = come("林小雨", **CHINESE | LOOKS[look]).visit(tea_room).page
    assert serious_problems(page) == []
    if "phone" in look:
        page.get_by_role("button", name="房间", exact=True).tap()
    page.locator(".me-button").click()
    expect(page.get_by_role("button", name="离开 Hallway")).to_be_visible()
    assert serious_problems(page) == []


def test_nothing_has_to_be_scrolled_sideways_in_chinese(come, tea_room):
    lin = come("林小雨", **CHINESE | NARROW)
    lin.say("没有空格的长句子也要好好换行，" * 12, room=tea_room)
    lin.visit(tea_room)
    expect(lin.rows).to_have_count(3)
    page = lin.page
    for path in ("", "/lobby/", "/sign-in/"):
        if path:
            page.goto(path)
        wide = page.evaluate(
            "[document.scrollingElement, document.querySelector('#timeline')].filter(Boolean)"
            ".map(one => one.scrollWidth - one.clientWidth)"
        )
        assert max(wide) <= 0, path


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "phone"])
def test_the_language_can_be_chosen(come, room, screen):
    maya = come("Maya", **screen).visit(room)
    page = maya.page

    def choose(language):
        if screen:
            page.locator(".rooms-button").tap()
        page.locator(".me-button").click()
        button = page.locator("#me-menu").get_by_role("button", name=language, exact=True)
        expect(button).to_have_attribute("aria-pressed", "false")
        button.click()
        maya.awake()

    auto = page.locator("#me-menu button[name=language][value='']")
    expect(auto).to_have_attribute("aria-pressed", "true")
    choose("中文")
    expect(auto).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(f"{maya.url}/rooms/{room}/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator("h2#doors-heading")).to_have_text("房间")
    maya.box.fill("hello")
    maya.send_button.click()
    # The page's language, not the browser's.
    expect(maya.days).to_have_text(["今天"])
    choose("自动")
    expect(auto).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(maya.days).to_have_text(["Today"])


def test_the_lobby_offers_the_other_language(visitors, product):
    page = visitors.stranger(product)
    page.goto("/lobby/?next=/rooms/hallway/")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请进，灯亮着")
    expect(page).to_have_url(f"{product.url}/lobby/?next=/rooms/hallway/")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Come in, the light is on")
