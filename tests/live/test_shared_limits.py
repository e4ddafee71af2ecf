"""What several processes count together; each `SharedLimits` here stands for one of them."""

import time

import pytest

from hallway import limits
from hallway.shared_limits import SharedLimits
from tests import redis
from tests.wire import until

pytestmark = pytest.mark.skipif(bool(redis.WHY_NOT), reason=redis.WHY_NOT)
SECONDS = 60.0


@pytest.fixture(scope="module")
def server():
    server = redis.Redis().start()
    yield server
    server.close()


@pytest.fixture
def process(server):
    server.client.flushall()
    numbers = iter("abcdef")
    return lambda: SharedLimits(server.url, next(numbers))


def wait(one: SharedLimits, key: str = "posting 203.0.113.5") -> float:
    return one.wait(key, now=time.monotonic())


def count(one: SharedLimits, times: int, key: str = "posting 203.0.113.5") -> None:
    for _ in range(times):
        one.count(key, 3, SECONDS)


def test_the_last_one_counted_anywhere_closes_it_for_whoever_counted(process):
    first, second = process(), process()
    count(first, 2)
    count(second, 1)
    # Each tells Redis in its own time: whose count comes there last hears of it.
    until(lambda: wait(first) or wait(second), what="a refusal")
    assert 50 < max(wait(first), wait(second)) <= SECONDS


def test_room_comes_back_with_time(process):
    one = process()
    for _ in range(3):
        one.count("short", 3, 0.5)
    until(lambda: one.wait("short", now=time.monotonic()), what="a refusal")
    until(lambda: not one.wait("short", now=time.monotonic()), what="room again")
    one.count("short", 3, 0.5)
    assert not one.wait("short", now=time.monotonic())


def test_another_key_is_not_kept_waiting(process):
    one = process()
    count(one, 3)
    until(lambda: wait(one), what="a refusal")
    assert not wait(one, "posting 198.51.100.7")


def test_a_restart_forgets_one(process):
    before, restarted = process(), process()
    count(before, 3)
    until(lambda: wait(before), what="all three to be there")
    count(restarted, 1)
    until(lambda: wait(restarted), what="a refusal")


def test_what_is_forgotten_is_forgotten_by_all(process, server):
    first, second = process(), process()
    count(first, 2)
    until(lambda: server.client.keys("hallway:limit:*"), what="the count")
    first.forget("posting 203.0.113.5")
    until(lambda: not server.client.keys("hallway:limit:*"), what="the count to go")
    count(second, 1)
    until(lambda: server.client.keys("hallway:limit:*"), what="the count")
    assert not wait(second)


def test_redis_learns_neither_address_nor_account_and_keeps_nothing(process, server):
    one = process()
    one.count("attempts 203.0.113.5 maya@example.org", 3, 180)
    [name] = until(lambda: server.client.keys("*"), what="the count")
    assert b"maya" not in name
    assert b"203" not in name
    assert 0 < server.client.pttl(name) <= 180_000


def test_without_redis_nobody_waits_and_nobody_is_refused(server, caplog):
    gone = redis.Redis()
    one = SharedLimits(gone.url, "x")
    began = time.monotonic()
    count(one, 10)
    assert time.monotonic() - began < 0.2
    assert not wait(one)
    until(lambda: "counts alone" in caplog.text, what="a word about it")
    gone.start()

    def is_refused() -> bool:
        count(one, 1)
        return wait(one) > 0

    until(is_refused, what="Redis to be heard again")
    gone.close()


def test_a_limiter_counts_alone_without_redis_and_together_with_it(server, setting):
    alone = limits.Limiter("test")
    assert [alone.wait("k", 2, now=time.monotonic()) > 0 for _ in range(3)] == [False, False, True]
    server.client.flushall()
    setting(REDIS_URL=server.url)
    one, other = limits.Limiter("test"), limits.Limiter("test")
    assert not one.wait("k", 2, now=time.monotonic())
    assert not other.wait("k", 2, now=time.monotonic())
    until(lambda: limits.Limiter("test").wait("k", 9, now=time.monotonic()), what="a refusal")
    assert not limits.Limiter("other").wait("k", 2, now=time.monotonic())
