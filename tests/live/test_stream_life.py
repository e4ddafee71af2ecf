"""What must not go wrong between joining the hub and leaving it. Each of these once did."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager

import pytest
from django.db import connections
from django.http import HttpResponse

from hallway.actions.messages import edit_message, post_message
from hallway.actions.rooms import create_room
from hallway.asgi.shared_commit import SharedCommit
from hallway.events import log
from hallway.live import hub as hubs
from hallway.live import opening
from hallway.live.door import visitor_of_author
from hallway.live.push import Push
from hallway.live.stream import WRITE_SIZE
from hallway.live.views import _until_gone
from hallway.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


async def in_thread(function, *args, **kwargs):
    """Call what uses the database, in a thread that gives its connection back."""

    def call():
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


@asynccontextmanager
async def running_hub():
    hub = await hubs.current()
    try:
        yield hub
    finally:
        hub.close()


async def visitor(author):
    position = await in_thread(lambda: log.span().newest)
    return await in_thread(visitor_of_author, author, None, position)


@pytest.mark.usefixtures("first_rows")
async def test_a_long_replay_comes_in_pieces_of_what_one_write_may_hold(maya, hallway):
    async with running_hub() as hub:
        start = await in_thread(lambda: log.span().cursor)

        def post():
            for number in range(80):
                post_message(maya, hallway, source=f"{number} " + "word " * 1500)

        await in_thread(post)
        # What the hub has not seen when the stream joins would come live.
        await hub.reach(await in_thread(lambda: log.span().cursor))
        for remembers in (True, False):
            stream, preface = await opening.events(
                hub, await visitor(maya), opening.Ask(since=str(start))
            )
            if not remembers:
                hub._memory.since = hub.position
            pieces = [piece async for piece in preface]
            assert max(map(len, pieces)) < WRITE_SIZE + 20_000
            assert b"".join(pieces).count(b"event: message.posted") == 80
            hub.leave(stream)


async def read_preface(preface):
    return b"".join([body async for body in preface])


def taken(stream):
    bodies = []
    while body := stream.take():
        bodies.append(body)
    return b"".join(bodies)


def contents(body):
    return re.findall(rb'"content": ?"([^"]*)"', body)


@pytest.mark.parametrize("which", ["events", "tutorial"])
async def test_a_stream_of_one_room_goes_on_when_another_room_opens(maya, joe, hallway, which):
    async with running_hub() as hub:
        if which == "events":
            stream, preface = await opening.events(
                hub, await visitor(joe), opening.Ask(rooms=("hallway",))
            )
        else:
            stream, preface = await opening.tutorial(hub, await visitor(joe))
        await read_preface(preface)
        await in_thread(create_room, maya, "Balcony")
        await in_thread(post_message, maya, hallway, source="still here")
        await hub.catch_up()
        assert b"still here" in taken(stream)
        hub.leave(stream)
        assert len(hub) == 0


async def test_what_happens_before_the_first_byte_is_told_once(maya, joe, hallway):
    async with running_hub() as hub:
        since = f"{hub.epoch}-{hub.position}"
        stream, preface = await opening.events(hub, await visitor(joe), opening.Ask(since=since))
        await in_thread(post_message, maya, hallway, source="once")
        await hub.catch_up()
        told = await read_preface(preface) + taken(stream)
        assert contents(told) == [b"once"]


async def test_the_tutorials_history_keeps_a_message_edited_while_it_is_read(maya, joe, hallway):
    message, _ = await in_thread(post_message, maya, hallway, source="old")
    async with running_hub() as hub:
        stream, preface = await opening.tutorial(hub, await visitor(joe))
        await anext(preface)
        await in_thread(edit_message, maya, message, source="new")
        await hub.catch_up()
        assert contents(await read_preface(preface) + taken(stream)) == [b"new"]


async def test_a_reader_that_left_can_take_nothing_more(maya, joe, hallway):
    async with running_hub() as hub:
        stream, preface = await opening.events(hub, await visitor(joe), opening.Ask())
        await read_preface(preface)
        await in_thread(post_message, maya, hallway, source="waits")
        await hub.catch_up()
        hub.leave(stream)
        hub.leave(stream)
        assert taken(stream) == b""


async def test_a_send_that_fails_ends_one_stream_and_not_the_hub(maya, joe, hallway):
    async with running_hub() as hub:
        broken, preface = await opening.events(hub, await visitor(joe), opening.Ask())
        await read_preface(preface)
        well, preface = await opening.events(hub, await visitor(maya), opening.Ask())
        await read_preface(preface)
        closed = asyncio.Event()

        async def send(message):
            raise RuntimeError("the transport is closed")

        broken.serve_with(on_close=closed.set)
        push = Push(broken, send)
        broken.push_with(push.push)
        await in_thread(post_message, maya, hallway, source="for the others")
        await hub.catch_up()
        assert closed.is_set()
        assert broken.is_closed
        assert b"for the others" in taken(well)
        assert hub.is_well


async def test_a_slow_reader_gets_nothing_after_it_was_dropped(maya, joe, hallway):
    async with running_hub() as hub:
        stream, preface = await opening.events(hub, await visitor(joe), opening.Ask())
        await read_preface(preface)
        reads = asyncio.Event()
        written = []

        async def send(message):
            await reads.wait()
            written.append(message["body"])

        push = Push(stream, send)
        stream.serve_with(on_close=push.stop)
        stream.push_with(push.push)
        await in_thread(post_message, maya, hallway, source="one")
        await hub.catch_up()
        hub._drop(stream)
        await in_thread(post_message, maya, hallway, source="two")
        await hub.catch_up()
        reads.set()
        await asyncio.sleep(0)
        assert written == []


async def test_a_response_that_never_began_leaves_the_hub(maya, joe, hallway, setting):
    setting(STALL_SECONDS=0.1, HEARTBEAT_SECONDS=0.2)
    async with running_hub() as hub:
        stream, preface = await opening.events(hub, await visitor(joe), opening.Ask())
        bodies = _until_gone(hub, stream, preface)
        await bodies.aclose()
        async with asyncio.timeout(5):
            while len(hub):
                await hub._tick()


async def test_a_broken_transaction_acknowledges_nothing(maya, hallway):
    def post(source):
        post_message(maya, hallway, source=source)
        return HttpResponse(status=201)

    def give_up():
        # As SQLite does by itself when the disk fails outside a savepoint.
        connections["default"].connection.execute("ROLLBACK")
        return HttpResponse(status=200)

    commits = SharedCommit()
    jobs = [lambda: post("lost"), give_up, lambda: post("later")]
    answers = await asyncio.gather(*(commits.run(job) for job in jobs))
    stored = await in_thread(lambda: set(Message.objects.values_list("content", flat=True)))
    acknowledged = {
        source
        for answer, source in zip(answers, ["lost", None, "later"], strict=True)
        if answer.status_code == 201
    }
    assert acknowledged - stored == set()


def test_a_pipelined_request_and_a_hang_up_stop_nobodys_stream(product):
    joe, maya = product.person("Pipe"), product.person("Listener")
    port = int(product.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(
            f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {joe.cookie}\r\n\r\n".encode()
        )
        assert peer.recv(65536)
        peer.sendall(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n")
    heard = maya.hear()
    for word in ("first", "second", "third"):
        maya.say(f"pipelined {word}")
        heard.wait_for(f"pipelined {word}")
