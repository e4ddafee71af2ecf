"""What all processes have counted together, where `REDIS_URL` names a Redis.

Each process counts for itself and tells Redis afterwards, from a thread of its own; Redis answers
whether that was the last one for a while, and then this process refuses, too. So no request ever
waits for Redis or fails with it; without it each process counts alone. What arrives at several
processes within the same moment may be a few more than the limit. Restarts forget nothing that
Redis knows, but for one.
"""

import hashlib
import logging
import threading
from collections import deque
from functools import cache
from importlib import import_module
from secrets import token_hex
from time import monotonic
from typing import Any, NamedTuple

logger = logging.getLogger("hallway.limits")

TIMEOUT_SECONDS = 1.0
RETRY_SECONDS = 0.5
QUIET_SECONDS = 30.0
# Counts that may wait for Redis; what is older is forgotten first.
MOST_COUNTS = 10_000
# Keys that are refused at a time.
MOST_KEYS = 10_000

# A sorted set of moments by Redis's own clock: drop the old, add this one, and tell the
# milliseconds until there is room for another; 0 when there is room now.
COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = ARGV[2] * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local over = redis.call('ZCARD', KEYS[1]) - ARGV[1]
if over < 0 then return 0 end
local first = redis.call('ZRANGE', KEYS[1], over, over, 'WITHSCORES')
return math.ceil((first[2] + window - now) / 1000)
"""


class Count(NamedTuple):
    key: str
    limit: int
    seconds: float


class SharedLimits:
    """This process's part of what is counted together."""

    def __init__(self, url: str, origin: str) -> None:
        self._url = url
        self._origin = origin
        self._refused: dict[str, float] = {}
        self._waiting: deque[Count | str] = deque(maxlen=MOST_COUNTS)
        self._something = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._number = 0
        self._quiet_until = 0.0

    def wait(self, key: str, *, now: float) -> float:
        """The seconds until there is room again, as far as is known here."""
        until = self._refused.get(key)
        if until is None:
            return 0.0
        if until <= now:
            self._refused.pop(key, None)
            return 0.0
        return until - now

    def count(self, key: str, limit: int, seconds: float) -> None:
        """Tell the others of one, some time soon."""
        self._put(Count(key, limit, seconds))

    def forget(self, key: str) -> None:
        """Begin anew for this key, everywhere but where it is refused already."""
        self._refused.pop(key, None)
        self._put(key)

    def _put(self, told: Count | str) -> None:
        self._waiting.append(told)
        if self._thread is None or not self._thread.is_alive():
            with self._guard:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._work, name="hallway-limits", daemon=True
                    )
                    self._thread.start()
        self._something.set()

    def _work(self) -> None:
        redis: Any = import_module("redis")  # an extra: only who names a Redis has it
        client = redis.Redis.from_url(
            self._url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        script = client.register_script(COUNT)
        while True:
            self._something.wait()
            self._something.clear()
            told = []
            while self._waiting:
                told.append(self._waiting.popleft())
            try:
                self._tell(client, script, told)
            except Exception as error:  # noqa: BLE001  whatever it is, we count alone
                self._complain(error)
                threading.Event().wait(RETRY_SECONDS)

    def _tell(self, client: Any, script: Any, told: list[Count | str]) -> None:
        with client.pipeline(transaction=False) as pipeline:
            for one in told:
                if isinstance(one, str):
                    pipeline.delete(_name(one))
                else:
                    self._number += 1
                    member = f"{self._origin}-{self._number}"
                    milliseconds = int(one.seconds * 1000)
                    script(
                        keys=[_name(one.key)], args=[one.limit, milliseconds, member],
                        client=pipeline,
                    )  # fmt: skip
            answers = pipeline.execute()
        now = monotonic()
        for one, wait in zip(told, answers, strict=True):
            if not isinstance(one, str) and wait > 0:
                self._refuse(one.key, now + wait / 1000)

    def _refuse(self, key: str, until: float) -> None:
        if len(self._refused) >= MOST_KEYS:
            self._refused.clear()
        self._refused[key] = until

    def _complain(self, error: Exception) -> None:
        if monotonic() > self._quiet_until:
            self._quiet_until = monotonic() + QUIET_SECONDS
            logger.warning("Redis does not count, each process counts alone: %s", error)


def _name(key: str) -> str:
    """Whoever reads Redis's keys learns no address and no account."""
    return "hallway:limit:" + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


@cache
def shared(url: str) -> SharedLimits | None:
    """What is counted together through this Redis; None where there is none."""
    return SharedLimits(url, token_hex(6)) if url else None
