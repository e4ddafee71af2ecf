"""Real Chromium, the real server, and a watch over everything they say to each other."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.server import Person, Server

from .faults import Cable
from .visitors import Profiles, Visitor, Visitors
from .watch import Watch

STAFF = "maya-of-the-house"
NOT_FOR_US = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # As Playwright has it: what would change navigation, paint late, or ask other hosts.
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
expect.set_options(timeout=10_000)
_number = count(1)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    # The address bar's drop-downs are pages too: drawing them for every new window, which nobody
    # sees, took a third of each test's processor time. A second list replaces Playwright's first.
    off = "--disable-features=" + ",".join(NOT_FOR_US)
    return {"args": [*quiet, off]}


@pytest.fixture(scope="session")
def whole_browser(launch_browser: Callable[..., Browser]) -> Iterator[Browser]:
    """Chromium as people have it: windows, tabs, an address bar."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    browser = launch_browser(executable_path=chromium)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def bare_browser(
    launch_browser: Callable[..., Browser], request: pytest.FixtureRequest
) -> Iterator[Browser]:
    """The same Chromium, from the same source package, with no window around the page.

    Laying out and painting tabs and an address bar that nobody sees takes a quarter of the
    processor's time. What a page does, and how it looks, is the same in both.
    """
    shell = shutil.which("chromium-headless-shell")
    if shell is None:
        yield request.getfixturevalue("whole_browser")
        return
    browser = launch_browser(executable_path=shell)
    yield browser
    browser.close()


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """The bare one, but for tests in which what is around the page has a part: windows, tabs,
    keys, the clipboard; those are marked so. And one, of two who just talk, to be sure."""
    is_whole = request.node.get_closest_marker("whole_browser")
    chosen: Browser = request.getfixturevalue("whole_browser" if is_whole else "bare_browser")
    return chosen


@pytest.fixture(scope="session")
def all_profiles() -> dict[Browser, Profiles]:
    return {}


@pytest.fixture
def profiles(browser: Browser, all_profiles: dict[Browser, Profiles]) -> Profiles:
    return all_profiles.setdefault(browser, Profiles(browser))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def visitors(profiles: Profiles, watch: Watch) -> Iterator[Visitors]:
    """Makes browsers; at the end of every test none of them may have complained."""
    visitors = Visitors(profiles, watch)
    yield visitors
    complaints = watch.complaints()
    visitors.leave()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def come(visitors: Visitors, product: Server) -> Callable[..., Visitor]:
    """Somebody comes in with a browser: `come("Joe", timezone_id="Asia/Tokyo")`."""
    return lambda name, **options: visitors.come(product, name, **options)


@pytest.fixture
def maya(come: Callable[..., Visitor]) -> Visitor:
    return come("Maya")


@pytest.fixture
def joe(come: Callable[..., Visitor]) -> Visitor:
    return come("Joe")


@pytest.fixture
def cable(product: Server) -> Iterator[Cable]:
    """A line to the server that this test may pull."""
    with Cable(product) as cable:
        yield cable


@pytest.fixture
def far_maya(visitors: Visitors, product: Server, cable: Cable, watch: Watch) -> Visitor:
    """Maya at the other end of the cable."""
    watch.allow_faults()
    return visitors.come(product, "Maya", url=cable.url)


@pytest.fixture(scope="session")
def staff(product: Server) -> Person:
    """Opens rooms, without a screen."""
    product.shell(
        "from django.contrib.auth.models import User\n"
        f"User.objects.create_superuser({STAFF!r}, password='correct horse')"
    )
    person = product.person()
    person.sign_in(STAFF, "correct horse")
    return person


@pytest.fixture
def make_room(staff: Person) -> Callable[..., str]:
    """Open a room: its slug. With no name it gets one nobody else has."""

    def make(name: str = "") -> str:
        body = {"name": name or f"Room {next(_number)}"}
        answer = staff.send("POST", "/api/rooms", json=body)
        assert answer.status_code == 201, answer.text
        slug: str = answer.json()["slug"]
        return slug

    return make


@pytest.fixture
def room(make_room: Callable[..., str]) -> str:
    """A room of this test's own, still empty."""
    return make_room()


@pytest.fixture
def account(visitors: Visitors, product: Server, leas: Iterator[str]) -> Callable[..., Visitor]:
    """Somebody with an account, who may open rooms, and talk in closed ones."""

    def come(**options: Any) -> Visitor:
        name = next(leas)
        person = visitors.come(product, f"Guest {name}", **options)
        person.http.sign_in(name, "correct horse")
        person.context.add_cookies(
            [
                {"name": key, "value": value, "url": product.url}
                for key, value in person.http.http.cookies.items()
            ]
        )
        person.name = name
        return person

    return come


@pytest.fixture
def lea(account: Callable[..., Visitor]) -> Visitor:
    return account()


@pytest.fixture
def ana(account: Callable[..., Visitor]) -> Visitor:
    return account()


@pytest.fixture
def ben(account: Callable[..., Visitor]) -> Visitor:
    return account()


@pytest.fixture(scope="session")
def leas(product: Server) -> Iterator[str]:
    """Names of accounts, one for each test: starting Django takes longer than making twenty."""
    names = [f"lea-{number}" for number in range(40)]
    product.shell(
        "from django.contrib.auth.models import User\n"
        "lea = User(username='lea')\n"
        "lea.set_password('correct horse')\n"
        f"for name in {names}:\n"
        "    User.objects.create(\n"
        "        username=name, password=lea.password, is_superuser=True, is_staff=True)"
    )
    return iter(names)
