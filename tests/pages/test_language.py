"""The pages speak the reader's language: the browser's, or the one chosen here."""

import pytest
from django.conf import settings
from django.test import Client

pytestmark = pytest.mark.usefixtures("first_rows", "static_files")

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def language_of(page):
    return page.headers["Content-Language"]


@pytest.mark.parametrize("wanted", ["zh-CN", "zh-Hans", "zh", "zh-SG,en;q=0.5"])
def test_a_chinese_browser_gets_chinese(wanted):
    page = Client().get("/lobby/", headers={"Accept-Language": wanted})
    assert language_of(page) == "zh-hans"
    assert '<html lang="zh-hans" dir="ltr">' in page.text
    assert "请进，灯亮着" in page.text


@pytest.mark.parametrize("wanted", ["de-DE", "fr", "xx", ""])
def test_a_language_we_do_not_speak_gets_english_throughout(wanted):
    page = Client().get("/lobby/", headers={"Accept-Language": wanted})
    assert language_of(page) == "en"
    assert "Come in, the light is on" in page.text


def test_a_refusal_is_told_in_the_readers_language():
    client = Client(headers=CHINESE)
    answer = client.post("/api/rooms/hallway/messages", {"content": "x"})
    assert answer.json()["title"] == "请先告诉我们你的名字。"
    client.post("/lobby/", {"username": "林小雨"})
    late = client.get("/api/rooms/nowhere/messages")
    assert late.json()["title"] == "没有这个房间。"


def test_the_choice_outlives_the_browsers_language_until_it_is_taken_back():
    client = Client(headers=CHINESE)
    answer = client.post("/language/", {"language": "en", "next": "/lobby/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/lobby/")
    cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["samesite"], cookie["path"]) == ("en", "Lax", "/")
    assert cookie["max-age"] == settings.LANGUAGE_COOKIE_AGE
    assert language_of(client.get("/lobby/")) == "en"

    client.post("/language/", {"language": ""})
    assert language_of(client.get("/lobby/")) == "zh-hans"


@pytest.mark.parametrize("language", ["de", "zh", "en\r\n", "../en"])
def test_a_language_that_is_not_offered_is_refused(language):
    client = Client()
    assert client.post("/language/", {"language": language}).status_code == 400
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies


def test_choosing_leads_to_no_other_site_and_needs_the_token():
    answer = Client().post("/language/", {"language": "en", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/language/", {"language": "en"}).status_code == 403
    assert Client().get("/language/").status_code == 405


def test_a_host_that_knows_one_language_offers_none(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Language" not in name]
    client = Client()
    assert 'name="language"' not in client.get("/lobby/").text
    client.post("/lobby/", {"username": "Ophelia"})
    assert 'name="language"' not in client.get("/rooms/hallway/").text
    assert client.post("/language/", {"language": "en"}).status_code == 400
