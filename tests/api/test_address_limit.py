"""How much may be posted from one address, whoever posts it."""

import pytest

from hallway import limits
from hallway.actions.accounts import enter_as_guest

HALLWAY = "/api/rooms/hallway/messages"
JSON = "application/json"
OFFICE, HOME, HERE = "203.0.113.5", "198.51.100.7", "127.0.0.1"


@pytest.fixture
def posts_from(browser_of, hallway, setting, monkeypatch):
    """Post once as a new guest from an address, and tell the answer."""
    setting(POST_RATE=1)
    monkeypatch.setattr(limits, "_posting", limits.Limiter())

    def post(address):
        browser = browser_of(enter_as_guest(""))
        return browser.post(HALLWAY, {"content": "hi"}, content_type=JSON, REMOTE_ADDR=address)

    return post


def test_many_names_at_one_address_cannot_flood_a_room(posts_from):
    allowed = [posts_from(OFFICE).status_code for _ in range(limits.AUTHORS_PER_ADDRESS)]
    refused = posts_from(OFFICE)
    assert set(allowed) == {201}
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-messages")
    assert 1 <= int(refused["Retry-After"]) <= limits.WINDOW_SECONDS


def test_another_address_is_not_kept_waiting(posts_from):
    for _ in range(limits.AUTHORS_PER_ADDRESS + 1):
        posts_from(OFFICE)
    assert posts_from(HOME).status_code == 201


def test_a_proxy_on_this_machine_is_not_taken_for_one_client(posts_from):
    answers = [posts_from(HERE).status_code for _ in range(limits.AUTHORS_PER_ADDRESS + 1)]
    assert set(answers) == {201}


def test_no_rate_means_no_limit_by_address_either(posts_from, setting):
    setting(POST_RATE=0)
    answers = [posts_from(OFFICE).status_code for _ in range(limits.AUTHORS_PER_ADDRESS + 1)]
    assert set(answers) == {201}


def test_room_comes_back_as_the_minute_passes():
    limiter = limits.Limiter()
    assert limiter.wait("here", 1, now=0.0) == 0.0
    assert limiter.wait("here", 1, now=20.0) == 40.0
    assert limiter.wait("here", 1, now=60.0) == 0.0


def test_a_flood_of_addresses_does_not_fill_the_memory():
    limiter = limits.Limiter()
    for number in range(limits.MOST_ADDRESSES + 5):
        limiter.wait(str(number), 1, now=0.0)
    assert len(limiter._moments) == limits.MOST_ADDRESSES
    assert limiter.wait("0", 1, now=1.0) == 0.0
