"""What every test may ask for; the cast is in `people.py`, the server in `server.py`."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hallway import conf
from hallway.models import Author, LogState, Room
from tests.people import gil, hallway, joe, kitchen, lea, maya, zoe
from tests.server import Server, serve

# Side by side a file goes to one process, whole. The longest begin, lest one be left at the end
# when the others are done. Seconds, where it is twenty or more.
LONGEST = {
    "browser/test_scenes.py": 115,
    "browser/test_connection.py": 115,
    "browser/test_tabs.py": 100,
    "browser/test_sending.py": 70,
    "browser/test_room_dialogs.py": 50,
    "browser/test_chat.py": 45,
    "browser/test_hostile.py": 45,
    "browser/test_reading.py": 40,
    "browser/test_everybody.py": 40,
    "browser/test_timeline.py": 30,
    "browser/test_chinese.py": 30,
    "browser/test_everyday.py": 25,
    "browser/test_card.py": 25,
    "browser/test_replies.py": 20,
    "live/test_processes.py": 115,
    "live/test_doctor.py": 100,
    "live/test_host_project.py": 40,
    "live/test_move.py": 40,
    "bench/test_short.py": 35,
    "live/test_stopping.py": 30,
    "live/test_sessions.py": 25,
    "live/test_shop.py": 25,
    "live/test_hosts.py": 25,
    "live/test_nginx.py": 20,
    "live/test_many.py": 20,
    "contracts/test_wheel.py": 20,
}

__all__ = ["gil", "hallway", "joe", "kitchen", "lea", "maya", "zoe"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    items.sort(key=lambda item: -LONGEST.get(item.path.relative_to(here).as_posix(), 0))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test written as a coroutine runs on an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def first_rows(db: None) -> None:
    """What the migrations put into a fresh database; transactional tests empty every table."""
    LogState.objects.get_or_create(pk=1, defaults={"epoch": "abcdef012345"})
    Room.objects.get_or_create(slug="hallway", defaults={"name": "Hallway"})


@pytest.fixture
def setting(settings: Any) -> Callable[..., None]:
    """Change keys of the HALLWAY setting: `setting(POST_RATE=3)`."""

    def change(**values: Any) -> None:
        settings.HALLWAY = {**settings.HALLWAY, **values}
        conf.get.cache_clear()

    return change


@pytest.fixture
def browser_of(static_files: None) -> Callable[..., Client]:
    """A browser in which this author is already known."""

    def make(author: Author, **options: Any) -> Client:
        client = Client(**options)
        if author.user is not None:
            client.force_login(author.user)
        else:
            session = client.session
            session["hallway_author"] = author.pk
            session.save()
        return client

    return make


@pytest.fixture(scope="session")
def static_files() -> None:
    """The static files as the server prepares them: pages link to them by their hashed names."""
    from hallway_server.preparing import collect_static

    collect_static()


@pytest.fixture
def count_queries(db: None) -> Callable[[Callable[[], object]], int]:
    """How many statements a call costs the database."""

    def count(call: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    return count


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, shared by tests that only add to it. Nobody writes too fast for it."""
    with serve(tmp_path_factory.mktemp("product"), HALLWAY_POST_RATE="0") as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of one's own, on one data folder: `start(HALLWAY_POST_RATE="5")`."""
    running: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(tmp_path / "data", environment).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()
