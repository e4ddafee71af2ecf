"""Many at once: a page and its stream under load, a thousand streams, and what they cost."""

import asyncio
import re
import threading
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import httpx2
import pytest

from tests.server import Server, processor_seconds, serve
from tests.wire import AsyncListener, until

_numbers = count(1)


@pytest.fixture(scope="module")
def open_house(tmp_path_factory):
    """A server where one author may hold as many streams as a test opens."""
    folder = tmp_path_factory.mktemp("open-house")
    with serve(folder, HALLWAY_POST_RATE="0", HALLWAY_STREAMS_PER_AUTHOR="0") as server:
        yield server


@asynccontextmanager
async def streams(server: Server, cookie: str, number: int):
    """So many open streams, all of them live."""
    opened = []
    for _ in range(number):
        opened.append(await AsyncListener.open(f"{server.url}/api/stream", {"Cookie": cookie}))
    for stream in opened:
        await stream.wait(lambda answer: answer.frames, seconds=30)
        assert stream.answer.status == 200
    try:
        yield opened
    finally:
        for stream in opened:
            await stream.close()


def test_a_thousand_streams_get_each_message_once_and_in_order(open_house):
    people = [open_house.person(f"Poster {next(_numbers)}") for _ in range(4)]
    cookie = people[0].cookie

    def talk(person):
        for number in range(10):
            person.say(f"{person.name}: {number}")

    async def walk():
        async with streams(open_house, cookie, 1000) as opened:
            await asyncio.gather(*(asyncio.to_thread(talk, person) for person in people))
            for stream in opened:
                await stream.wait(lambda answer: len(posted(answer)) == 40, seconds=30)
            told = [posted(stream.answer) for stream in opened]
            assert all(events == told[0] for events in told)
            assert [number for number, _ in told[0]] == sorted({number for number, _ in told[0]})
            assert sorted(text for _, text in told[0]) == sorted(
                f"{person.name}: {number}" for person in people for number in range(10)
            )

    asyncio.run(walk())


def posted(answer):
    """Ids and texts of what was posted, as one stream was told."""
    return [
        (frame.id, frame.data["content"])
        for frame in answer.frames
        if frame.kind == "message.posted"
    ]


def test_idle_streams_cost_no_threads(open_house):
    cookie = open_house.person(f"Idler {next(_numbers)}").cookie

    async def walk():
        async with streams(open_house, cookie, 50):
            few = threads_of(open_house.pid)
        async with streams(open_house, cookie, 500):
            many = threads_of(open_house.pid)
        assert many == few
        assert many < 20

    asyncio.run(walk())


def test_idle_streams_cost_next_to_no_processor(open_house):
    """Under 2 % of a core for 50 of them; here with room for a busy machine."""
    cookie = open_house.person(f"Idler {next(_numbers)}").cookie

    async def walk():
        async with streams(open_house, cookie, 50):
            before = processor_seconds(open_house.pid)
            await asyncio.sleep(3)  # what is measured is that nothing happens meanwhile
            return (processor_seconds(open_house.pid) - before) / 3

    assert asyncio.run(walk()) < 0.04


def threads_of(pid: int) -> int:
    found = re.search(r"Threads:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def test_who_closes_the_window_is_forgotten(open_house):
    """Streams that end count no more: the same author may open as many again and again."""
    server = open_house
    cookie = server.person(f"Opener {next(_numbers)}").cookie

    async def walk():
        async with streams(server, cookie, 20):
            pass

    before = files_of(server.pid)
    for _ in range(3):
        asyncio.run(walk())
    until(lambda: files_of(server.pid) <= before + 5, what="the connections to be closed")


def files_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_a_page_and_its_stream_miss_and_repeat_nothing_while_others_write(open_house):
    """200 times: the page's messages, then the stream's from its cursor, are one unbroken run."""
    writer, reader = (open_house.person(f"Walker {next(_numbers)}") for _ in range(2))
    stop = threading.Event()

    def write():
        number = 0
        while not stop.wait(1 / 50):
            number += 1
            writer.say(f"step-{number}-")

    async def walk():
        async with httpx2.AsyncClient(
            base_url=open_house.url, cookies=reader.http.cookies, verify=False, timeout=30
        ) as http:
            await asyncio.gather(*(repeat(http) for _ in range(10)))

    async def repeat(http):
        for _ in range(20):
            page = (await http.get("/rooms/hallway/")).text
            cursor = re.search(r"[0-9a-f]{12}-[0-9]+", page)
            assert cursor is not None
            stream = await AsyncListener.open(
                f"{open_house.url}/api/stream?since={cursor[0]}", {"Cookie": reader.cookie}
            )
            await stream.wait(lambda answer: len(steps_told(answer)) >= 3, seconds=20)
            await stream.close()
            assert all(frame.kind != "reset" for frame in stream.answer.frames)
            shown = sorted({int(step) for step in re.findall(r"step-(\d+)-", page)})
            run = shown + steps_told(stream.answer)
            assert run == list(range(run[0], run[0] + len(run)))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        until(lambda: len(reader.history()) >= 20, what="some history")
        asyncio.run(walk())
    finally:
        stop.set()
        thread.join()


def steps_told(answer):
    """The numbers of the steps that a stream told about."""
    return [
        int(frame.data["content"].split("-")[1])
        for frame in answer.frames
        if frame.kind == "message.posted" and frame.data["content"].startswith("step-")
    ]


def test_who_is_refused_for_now_comes_back_over_another_connection(tmp_path):
    # Behind nginx a connection that is kept leads to the same full process again and again.
    with serve(tmp_path, HALLWAY_STREAMS_PER_AUTHOR="1") as server:
        maya = server.person("Maya")
        with httpx2.Client(base_url=server.url) as client:
            asked = {"Cookie": maya.cookie}
            with client.stream("GET", "/api/stream", headers=asked) as first:
                assert first.status_code == 200
                refused = client.get("/api/stream", headers=asked)
            assert (refused.status_code, refused.headers["connection"]) == (429, "close")
            assert int(refused.headers["retry-after"]) > 0
            stranger = client.get("/api/stream")
            assert (stranger.status_code, "connection" in stranger.headers) == (401, False)
