"""How much may come from one address. What one author may do is counted from the rows themselves.

Kept in this process: a limit that is forgotten at a restart still stops a flood. Where there is a
Redis, processes count together (see `shared_limits`).
"""

import ipaddress
import threading
from collections import deque
from functools import lru_cache
from math import ceil
from time import monotonic

from django.http import HttpRequest

from hallway import conf
from hallway.asking import note
from hallway.errors import (
    TooManyAttempts,
    TooManyMessages,
    TooManyReactions,
    TooManySearches,
    TooManySignals,
    TryAgainLater,
)

from .shared_limits import SharedLimits, shared

WINDOW_SECONDS = 60.0
# Wrong passwords for one account from one address: enough for a bad memory, not for a list.
ATTEMPTS, ATTEMPT_SECONDS = 10, 180.0
# Each attempt costs half a second of hashing, whatever account it names.
ATTEMPTS_PER_ADDRESS = 100
# An office or a school shares one address: so many authors may write at full rate from there.
AUTHORS_PER_ADDRESS = 5
# Searches a minute for one author: the page asks while people type, at every pause.
SEARCHES = 120
# Signals a minute for one author: two tabs of the page send half as many.
TYPINGS = 120
# Addresses remembered; more than that at once are an attack, and the oldest are forgotten first.
MOST_ADDRESSES = 10_000


class Limiter:
    """Moments of the last minute, or of another window, by key; one with a `name` is shared."""

    def __init__(self, name: str = "", *, seconds: float = WINDOW_SECONDS) -> None:
        self._name = name
        self._seconds = seconds
        self._moments: dict[str, deque[float]] = {}
        self._guard = threading.Lock()

    def wait(self, key: str, limit: int, *, now: float) -> float:
        """Count one; or, if `limit` are counted already, the seconds until there is room again."""
        together = self._shared()
        if together is None:
            return self._wait(key, limit, now)
        whole = f"{self._name} {key}"
        wait = together.wait(whole, now=now) or self._wait(key, limit, now)
        if not wait:
            together.count(whole, limit, self._seconds)
        return wait

    def _wait(self, key: str, limit: int, now: float) -> float:
        with self._guard:
            moments = self._moments.pop(key, None) or deque()
            self._moments[key] = moments
            if len(self._moments) > MOST_ADDRESSES:
                del self._moments[next(iter(self._moments))]
            while moments and moments[0] <= now - self._seconds:
                moments.popleft()
            if len(moments) >= limit:
                return moments[0] + self._seconds - now
            moments.append(now)
            return 0.0

    def forget(self, key: str) -> None:
        """Begin anew for this key."""
        with self._guard:
            self._moments.pop(key, None)
        if (together := self._shared()) is not None:
            together.forget(f"{self._name} {key}")

    def _shared(self) -> SharedLimits | None:
        return shared(conf.get().REDIS_URL) if self._name else None


_posting = Limiter("posting")
_reacting = Limiter("reacting")
_searching = Limiter("searching")
_attempts = Limiter("attempts", seconds=ATTEMPT_SECONDS)
_typing = Limiter("typing")


def check_posting(request: HttpRequest) -> None:
    """Raise `TooManyMessages` when too much is posted from this address.

    Not from this machine itself: there a proxy stands for everybody, unless it is named in
    HALLWAY_PROXIES and tells whom it speaks for.
    """
    rate = conf.get().POST_RATE
    address = network_of(request)
    if rate and address and not _is_loopback(address):
        _count(_posting, address, rate * AUTHORS_PER_ADDRESS, TooManyMessages)


def check_reacting(author_id: int) -> None:
    """Raise `TooManyReactions` when this author reacts, and takes it back, faster than one may
    post: each is told to everybody in the room."""
    if rate := conf.get().POST_RATE:
        _count(_reacting, str(author_id), rate, TooManyReactions)


def check_searching(author_id: int) -> None:
    """Raise `TooManySearches` when this author asks faster than anybody types."""
    _count(_searching, str(author_id), SEARCHES, TooManySearches)


def check_attempt(request: HttpRequest, account: str) -> None:
    """Count an attempt to prove to be `account`; raise `TooManyAttempts` when there were too many.

    By account and address: whoever guesses from elsewhere does not keep the owner out. Counted
    before the password is looked at, so that many at once are counted too.
    """
    address = network_of(request)
    _count(_attempts, _attempt_key(account, address), ATTEMPTS, TooManyAttempts)
    if not _is_loopback(address):
        _count(_attempts, address, ATTEMPTS_PER_ADDRESS, TooManyAttempts)


def forget_attempts(request: HttpRequest, account: str) -> None:
    """The password was right: nothing is held against whoever typed it."""
    _attempts.forget(_attempt_key(account, network_of(request)))


def _count(limiter: Limiter, key: str, limit: int, error: type[TryAgainLater]) -> None:
    """Count one, or raise the error with the seconds until there is room again."""
    wait = limiter.wait(key, limit, now=monotonic())
    if wait > 0:
        note("Limit reached", code=error.code)
        raise error(retry_after=ceil(wait))


def _attempt_key(account: str, address: str) -> str:
    return f"{address} {account[:200]}"


def check_typing(author_id: int) -> None:
    """Raise `TooManySignals` when this author says too often that they type."""
    _count(_typing, str(author_id), TYPINGS, TooManySignals)


def guests_network(request: HttpRequest) -> str:
    """What a ban of a guest keeps out; blank where everybody seems to come from one address."""
    address = network_of(request)
    return "" if _is_loopback(address) else address


def network_of(request: HttpRequest) -> str:
    """The address that is counted; with IPv6 the network, for everybody has 2**64 addresses."""
    return _network(request.META.get("REMOTE_ADDR", ""))


@lru_cache(MOST_ADDRESSES)
def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address


@lru_cache(MOST_ADDRESSES)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a Unix socket: a proxy, again
        return True
