"""The hub: each event once, in order, to exactly those who may see it."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from hallway.actions import accounts, members, messages, rooms, sign_ins
from hallway.errors import StreamsFull, TooManyStreams
from hallway.events import log
from hallway.live import door
from hallway.live.signals import KINDS as SIGNALS
from hallway.live.signals import tell_typing
from hallway.live.views import _until_gone
from hallway.models import Event, Room
from tests.live.inside import (
    away,
    here,
    join,
    kinds,
    open_stream,
    opened_for,
    read,
    running_hub,
    visit,
)
from tests.sse import StrictReader

pytestmark = pytest.mark.django_db(transaction=True)


async def post(author, room, source="hi"):
    message, _ = await away(messages.post_message, author, room, source=source)
    return message


async def test_a_stream_hears_what_comes_after_it_joined(joe, hallway):
    async with running_hub() as hub:
        await post(joe, hallway, "before")
        await hub.catch_up()
        stream = await join(hub, joe)
        for text in ("one", "two"):
            await post(joe, hallway, text)
        await hub.catch_up()
        assert [frame.data["content"] for frame in read(stream)] == ["one", "two"]
        await hub.catch_up()
        assert read(stream) == []


async def test_streams_of_the_same_rooms_are_sent_the_very_same_bytes(joe, zoe, hallway):
    async with running_hub() as hub:
        first, second = await join(hub, joe), await join(hub, zoe)
        for _ in range(3):
            await post(joe, hallway)
        await hub.catch_up()
        piece = first.take()
        assert piece.count(b"event: message.posted") == 3
        assert second.take() is piece


async def test_outsiders_hear_nothing_of_a_private_room(joe, zoe, kitchen, hallway):
    async with running_hub() as hub:
        inside, outside = await join(hub, joe), await join(hub, zoe)
        message = await post(joe, kitchen)
        await hub.catch_up()
        await away(messages.edit_message, joe, message, source="edited")
        await hub.catch_up()
        await away(messages.delete_message, joe, message)
        await away(members.leave_room, joe, kitchen)
        await post(joe, hallway, "open")
        await hub.catch_up()
        changes = ["message.posted", "message.edited", "message.deleted"]
        assert kinds(inside) == [*changes, "member.left", "message.posted"]
        assert [frame.data["content"] for frame in read_posts(outside)] == ["open"]


async def test_a_room_is_heard_from_joining_to_leaving(maya, zoe, kitchen):
    async with running_hub() as hub:
        stream = await join(hub, zoe)
        await post(maya, kitchen, "too early")
        await away(members.add_member, maya, kitchen, zoe)
        await post(maya, kitchen, "welcome")
        await away(members.leave_room, zoe, kitchen)
        await post(maya, kitchen, "too late")
        await hub.catch_up()
        frames = read(stream)
        assert [frame.kind for frame in frames] == [
            "member.joined",
            "room.created",
            "message.posted",
            "member.left",
        ]
        assert frames[2].data["content"] == "welcome"


async def test_who_comes_and_goes_while_something_waits_keeps_its_order(
    maya, zoe, hallway, kitchen
):
    async with running_hub() as hub:
        stream = await join(hub, zoe)
        for turn in range(3):
            await post(maya, hallway, f"open {turn}")
            await away(members.add_member, maya, kitchen, zoe)
            await post(maya, kitchen, f"ours {turn}")
            await post(maya, hallway, f"both {turn}")
            await away(members.leave_room, zoe, kitchen)
            await post(maya, kitchen, f"hidden {turn}")
            await hub.catch_up()
        frames = read(stream)
        assert [frame.id for frame in frames] == sorted({frame.id for frame in frames})
        heard = [frame.data["content"] for frame in frames if frame.kind == "message.posted"]
        expected = [f"{text} {turn}" for turn in range(3) for text in ("open", "ours", "both")]
        assert heard == expected


async def test_everybody_hears_of_a_new_open_room_and_what_is_said_there(maya, zoe):
    async with running_hub() as hub:
        stream = await join(hub, zoe)
        room = await away(rooms.create_room, maya, "Tea")
        await post(maya, room, "first")
        await hub.catch_up()
        assert kinds(stream) == ["room.created", "member.joined", "message.posted"]


async def test_leaving_an_open_room_is_not_losing_it(joe, zoe, hallway):
    async with running_hub() as hub:
        stream = await join(hub, zoe)
        await away(members.leave_room, zoe, hallway)
        await post(joe, hallway)
        await hub.catch_up()
        assert kinds(stream) == ["member.left", "message.posted"]


async def test_who_leaves_hears_that_and_nothing_more(joe, zoe, hallway):
    async with running_hub() as hub:
        stream, other = await join(hub, joe), await join(hub, zoe)
        await post(joe, hallway, "last words")
        await away(accounts.leave, joe)
        await post(zoe, hallway, "just us now")
        await hub.catch_up()
        await post(zoe, hallway, "still us")
        await hub.catch_up()
        assert kinds(stream) == ["message.posted", "member.left", "session.ended"]
        assert stream.is_ending
        assert kinds(other) == ["message.posted", "member.left", "message.posted", "message.posted"]
        assert not other.is_ending


async def test_who_leaves_while_opening_a_stream_hears_nothing_of_afterwards(joe, zoe, hallway):
    """The rights were read, then changed, then the stream joined."""
    async with running_hub() as hub:
        since = here(hub)
        visitor = await visit(joe)
        await away(accounts.leave, joe)
        await post(zoe, hallway, "just us now")
        await hub.catch_up()
        opened = await opened_for(hub, visitor, since)
        assert "just us now" not in str(await opened.frames())
        assert opened.stream.is_ending
        await post(zoe, hallway, "still us")
        await hub.catch_up()
        assert await opened.frames() == []


async def test_who_is_removed_while_opening_a_stream_hears_nothing_of_afterwards(
    maya, joe, kitchen
):
    async with running_hub() as hub:
        since = here(hub)
        visitor = await visit(joe)
        await away(members.leave_room, joe, kitchen)
        await post(maya, kitchen, "just us now")
        await hub.catch_up()
        opened = await opened_for(hub, visitor, since)
        assert "just us now" not in str(await opened.frames())
        await post(maya, kitchen, "still us")
        await hub.catch_up()
        assert await opened.frames() == []


async def test_who_is_let_in_while_opening_a_stream_hears_the_room(maya, zoe, kitchen):
    async with running_hub() as hub:
        visitor = await visit(zoe)
        await away(members.add_member, maya, kitchen, zoe)
        await hub.catch_up()
        stream = hub.join(visitor)
        await post(maya, kitchen)
        await hub.catch_up()
        assert kinds(stream) == ["message.posted"]


async def test_a_room_that_closes_is_heard_by_its_members_alone(maya, joe, zoe):
    """Both were reading along; only joe belongs to it."""
    async with running_hub() as hub:
        tea = await away(rooms.create_room, maya, "Tea")
        await away(members.join_room, joe, tea)
        await hub.catch_up()
        inside, outside = await join(hub, joe), await join(hub, zoe)
        await away(rooms.change_room, maya, tea, kind=Room.Kind.PRIVATE)
        await post(maya, tea, "just us now")
        await hub.catch_up()
        await post(maya, tea, "still us")
        await away(rooms.change_room, maya, tea, kind=Room.Kind.OPEN)
        await post(maya, tea, "all of us")
        await hub.catch_up()
        posts = ["message.posted"] * 2
        assert kinds(inside) == ["room.changed", *posts, "room.changed", "message.posted"]
        assert kinds(outside) == ["room.changed", "room.changed", "message.posted"]


async def test_a_room_that_closes_while_a_stream_opens_is_not_heard(maya, zoe):
    async with running_hub() as hub:
        tea = await away(rooms.create_room, maya, "Tea")
        await hub.catch_up()
        since = here(hub)
        visitor = await visit(zoe)
        await away(rooms.change_room, maya, tea, kind=Room.Kind.PRIVATE)
        await post(maya, tea, "just us now")
        await hub.catch_up()
        opened = await opened_for(hub, visitor, since)
        await post(maya, tea, "still us")
        await hub.catch_up()
        assert await opened.frames() == []


async def test_who_comes_to_belong_to_a_room_keeps_it_when_it_closes(maya, zoe):
    async with running_hub() as hub:
        tea = await away(rooms.create_room, maya, "Tea")
        await hub.catch_up()
        stream = await join(hub, zoe)
        await away(members.join_room, zoe, tea)
        await away(rooms.change_room, maya, tea, kind=Room.Kind.PRIVATE)
        await post(maya, tea, "ours")
        await away(members.remove_member, maya, tea, zoe)
        await post(maya, tea, "not yours")
        await hub.catch_up()
        heard = ["member.joined", "room.changed", "message.posted", "member.left"]
        assert kinds(stream) == heard


async def test_a_deleted_room_is_told_once_and_then_silent(maya, joe, zoe, kitchen):
    async with running_hub() as hub:
        inside, outside = await join(hub, joe), await join(hub, zoe)
        start = here(hub)
        await post(joe, kitchen, "soup")
        await away(rooms.delete_room, maya, kitchen)
        await hub.catch_up()
        assert kinds(inside) == ["message.posted", "room.deleted"]
        assert kinds(outside) == []
        again = await open_stream(hub, joe, start)
        assert await again.frames() == []


async def test_what_is_told_to_one_about_a_room_ends_with_it(maya, joe, zoe, kitchen):
    """A removed member's past holds nothing of the room, not even what was for them alone."""
    async with running_hub() as hub:
        start = here(hub)
        stream, other = await join(hub, zoe), await join(hub, joe)
        await away(members.add_member, maya, kitchen, zoe)
        await away(members.change_level, zoe, kitchen, "nothing")
        await hub.catch_up()
        assert kinds(stream) == ["member.joined", "room.created", "level.changed"]
        assert kinds(other) == ["member.joined"]
        narrowed = await open_stream(hub, zoe, start, "hallway")
        assert await narrowed.frames() == []
        await away(members.remove_member, maya, kitchen, zoe)
        await hub.catch_up()
        again = await open_stream(hub, zoe, start)
        assert await again.frames() == []


async def test_the_people_of_a_direct_room_alone_hear_of_it(joe, zoe, maya):
    async with running_hub() as hub:
        streams = [await join(hub, author) for author in (joe, zoe, maya)]
        room, _ = await away(rooms.start_direct, joe, [zoe])
        await post(joe, room, "psst")
        await hub.catch_up()
        told = ["member.joined", "member.joined", "room.created", "message.posted"]
        assert [kinds(stream) for stream in streams] == [told, told[1:], []]


async def test_a_stream_narrowed_to_a_room_tells_of_that_room(maya, joe, hallway, kitchen):
    async with running_hub() as hub:
        stream = (await open_stream(hub, joe, None, "kitchen")).stream
        await post(maya, hallway, "elsewhere")
        await post(maya, kitchen, "here")
        await hub.catch_up()
        assert [frame.data["content"] for frame in read_posts(stream)] == ["here"]


async def test_resuming_from_every_position_gives_exactly_the_rest(maya, joe, hallway, kitchen):
    async with running_hub() as hub:
        first = await open_stream(hub, joe)
        await first.frames()
        start = here(hub)
        for turn in range(8):
            message = await post(maya, kitchen if turn % 2 else hallway, f"{turn}")
            if turn % 3 == 0:
                await away(messages.edit_message, maya, message, source=f"{turn}!")
        await away(rooms.create_room, maya, "Tea")
        await hub.catch_up()
        live = await first.frames()
        assert len(live) == 13
        positions = [start.id, *(frame.id for frame in live)]
        for number, position in enumerate(positions):
            again = await open_stream(hub, joe, start._replace(id=position))
            rest = await again.frames()
            assert [frame.id for frame in rest] == [frame.id for frame in live[number:]]
            hub.leave(again.stream)


async def test_what_memory_has_lost_comes_from_the_log(joe, hallway, setting):
    setting(MEMORY_EVENTS=2, STREAMS_PER_AUTHOR=0)
    async with running_hub() as hub:
        start = here(hub)
        for turn in range(20):
            await post(joe, hallway, f"{turn}")
        await hub.catch_up()
        for number in range(20):
            cursor = start._replace(id=start.id + number)
            opened = await open_stream(hub, joe, cursor)
            told = [frame.data["content"] for frame in await opened.frames()]
            assert told == [f"{turn}" for turn in range(number, 20)]


async def test_a_cursor_that_leads_nowhere_is_told_to_load_afresh(joe, hallway, setting):
    setting(MEMORY_EVENTS=1)
    for turn in range(4):
        await post(joe, hallway, f"{turn}")
    await away(Event.objects.update, created_at=timezone.now() - timedelta(days=99))
    oldest = (await away(log.span)).oldest
    await away(log.trim)
    async with running_hub() as hub:
        now = here(hub)
        for since, reason in (
            (now._replace(epoch="0123456789ab"), "epoch"),
            (now._replace(id=now.id + 1), "ahead"),
            (now._replace(id=2**63 - 1), "ahead"),
            (now._replace(id=oldest), "trimmed"),
            ("garbage", "unknown"),
            ("0", "unknown"),
        ):
            opened = await open_stream(hub, joe, since)
            [frame] = await opened.frames()
            assert (frame.kind, frame.data, frame.cursor) == (
                "reset",
                {"reason": reason},
                str(now),
            )


async def test_a_page_newer_than_the_hub_is_no_reason_to_reset(joe, hallway):
    async with running_hub() as hub:
        await post(joe, hallway)
        cursor = (await away(log.span)).cursor
        opened = await open_stream(hub, joe, cursor)
        assert await opened.frames() == []


async def test_nothing_comes_twice_to_who_is_slow_to_begin(joe, hallway):
    """Between joining and the first byte the hub goes on: that waits in the mailbox already."""
    async with running_hub() as hub:
        start = here(hub)
        await post(joe, hallway, "missed")
        opened = await open_stream(hub, joe, start)
        await post(joe, hallway, "in between")
        await hub.catch_up()
        told = [frame.data["content"] for frame in await opened.frames()]
        assert told == ["missed", "in between"]


@pytest.mark.parametrize("reload", [False, True], ids=["from memory", "from the log"])
async def test_taken_back_text_is_not_replayed(joe, hallway, reload):
    async with running_hub() as hub:
        start = here(hub)
        edited, deleted = await post(joe, hallway, "old words"), await post(joe, hallway, "secret")
        await hub.catch_up()
        await away(messages.edit_message, joe, edited, source="new words")
        await away(messages.delete_message, joe, deleted)
        await hub.catch_up()
        frames = await (await open_stream(hub, joe, start)).frames()
    if reload:
        async with running_hub() as hub:
            frames = await (await open_stream(hub, joe, start)).frames()
    assert [frame.kind for frame in frames] == [
        "message.posted",
        "message.deleted",
        "message.edited",
        "message.deleted",
    ]
    assert "old words" not in str(frames)
    assert "secret" not in str(frames)
    assert frames[0].data["content"] == "new words"


async def test_the_streams_of_one_author_are_limited(joe, zoe, setting):
    setting(STREAMS_PER_AUTHOR=2)
    async with running_hub() as hub:
        streams = [await join(hub, joe) for _ in range(2)]
        visitor = await visit(joe)
        with pytest.raises(TooManyStreams) as refusal:
            hub.join(visitor)
        assert refusal.value.retry_after > 0
        await join(hub, zoe)
        hub.leave(streams[0])
        hub.join(visitor)


async def test_the_streams_of_a_process_are_limited(joe, zoe, setting):
    setting(STREAMS=2, STREAMS_PER_AUTHOR=0)
    async with running_hub() as hub:
        streams = [await join(hub, joe) for _ in range(2)]
        visitor = await visit(zoe)
        with pytest.raises(StreamsFull) as refusal:
            hub.join(visitor)
        assert refusal.value.retry_after > 0
        hub.leave(streams[0])
        hub.join(visitor)


async def test_who_stopped_leaves_nothing_behind(joe, hallway):
    async with running_hub() as hub:
        for _ in range(3):
            hub.leave(await join(hub, joe))
        assert len(hub) == 0
        await post(joe, hallway)
        await hub.catch_up()


async def test_stopping_ends_every_stream_at_a_moment_of_its_own(joe, setting):
    setting(STREAMS_PER_AUTHOR=0)
    async with running_hub() as hub:
        streams = [await join(hub, joe) for _ in range(50)]
        visitor = await visit(joe)
        hub.stop()
        with pytest.raises(StreamsFull):
            hub.join(visitor)
        farewells = {b"".join(iter(stream.take, b"")) for stream in streams}
        assert all(farewell.startswith(b"retry: ") for farewell in farewells)
        assert len(farewells) > 40
        assert all(stream.is_ending for stream in streams)


async def test_heartbeats_tell_where_the_log_stands(joe, hallway, setting):
    setting(HEARTBEAT_SECONDS=0.1)
    async with running_hub() as hub:
        stream = await join(hub, joe)
        await post(joe, hallway)
        await hub.catch_up()
        async with asyncio.timeout(5):
            beats = []
            async for piece in stream.bodies():
                beats += [piece] if b"heartbeat" in piece else []
                if len(beats) == 2:
                    break
        assert f"id: {here(hub)}\n".encode() in beats[-1]


@pytest.mark.parametrize("limit", [{"STALL_SECONDS": 0.2}, {"MAILBOX_EVENTS": 3}], ids=str)
async def test_a_reader_that_takes_nothing_is_cut_and_costs_the_others_nothing(
    joe, zoe, hallway, setting, limit
):
    setting(HEARTBEAT_SECONDS=0.4, **limit)
    async with running_hub() as hub:
        stalled, other = await open_stream(hub, joe), await open_stream(hub, zoe)
        got = bytearray()

        async def take_everything():
            async for piece in _until_gone(hub, other.stream, other.preface):
                got.extend(piece)

        async def take_only_the_welcome():
            async for piece in _until_gone(hub, stalled.stream, stalled.preface):
                if b": hallway" not in piece:
                    await asyncio.Event().wait()

        reader = asyncio.create_task(take_only_the_welcome())
        other_reader = asyncio.create_task(take_everything())
        for turn in range(6):
            await post(zoe, hallway, f"{turn}")
            await hub.catch_up()
        async with asyncio.timeout(5):
            await asyncio.wait([reader])
        assert reader.cancelled()
        other_reader.cancel()
        assert got.count(b"event: message.posted") == 6


async def test_the_stream_of_a_session_that_is_over_ends(joe, zoe, setting, browser_of):
    setting(RECHECK_SECONDS=0.1)
    keys = {}
    for author in (joe, zoe):
        client = await away(browser_of, author)
        keys[author] = client.cookies["sessionid"].value
    async with running_hub() as hub:
        ended = hub.join(await visit(joe, keys[joe]))
        goes_on = hub.join(await visit(zoe, keys[zoe]))
        await away(Session.objects.filter(pk=keys[joe]).delete)
        async with asyncio.timeout(5):
            pieces = [piece async for piece in ended.bodies()]
        assert b"event: session.ended" in pieces[-1]
        assert not goes_on.is_ending


async def test_the_stream_of_a_session_that_ran_out_ends(joe, setting, browser_of):
    setting(RECHECK_SECONDS=0.1)
    key = (await away(browser_of, joe)).cookies["sessionid"].value
    async with running_hub() as hub:
        stream = hub.join(await visit(joe, key))
        await away(Session.objects.filter(pk=key).update, expire_date=timezone.now())
        async with asyncio.timeout(5):
            pieces = [piece async for piece in stream.bodies()]
        assert b"event: session.ended" in pieces[-1]


@pytest.fixture
def slow_door(monkeypatch):
    """Sessions are looked at, but what was seen is told only once the test lets it."""
    slow = SimpleNamespace(looked=asyncio.Event(), answer=asyncio.Event())
    still_valid = door.still_valid

    async def look(sessions):
        valid = await still_valid(sessions)
        slow.looked.set()
        await slow.answer.wait()
        return valid

    monkeypatch.setattr(door, "still_valid", look)
    return slow


async def test_nothing_committed_after_a_sign_out_is_sent_before_that_is_found_out(
    joe, zoe, hallway, browser_of, slow_door
):
    keys = [(await away(browser_of, joe)).cookies["sessionid"].value for _ in range(2)]
    async with running_hub() as hub:
        ended, goes_on = [hub.join(await visit(joe, key)) for key in keys]
        await post(zoe, hallway, "before")
        await away(sign_ins.end_session, joe, keys[0])
        await post(zoe, hallway, "after")
        await away(tell_typing, zoe, hallway)
        await hub.catch_up()
        assert not ended.is_ending
        assert read(ended) == read(goes_on) == []
        slow_door.answer.set()
        async with asyncio.timeout(5):
            heard = [frame async for frame in frames_of(ended)]
            while goes_on.is_held:
                await asyncio.sleep(0)
        assert "after" not in str(heard)
        assert [frame.kind for frame in heard] == ["message.posted", *LAST_WORDS]
        # Who signs in again resumes from there, and is told what was held back.
        assert heard[-1].cursor == heard[-2].cursor
        assert [frame.data["content"] for frame in read_posts(goes_on)] == ["before", "after"]


LAST_WORDS = ["access.changed", "session.ended"]


async def test_who_was_signed_out_while_opening_a_stream_is_replayed_nothing(
    joe, zoe, hallway, browser_of
):
    key = (await away(browser_of, joe)).cookies["sessionid"].value
    async with running_hub() as hub:
        since = here(hub)
        visitor = await visit(joe, key)
        await away(sign_ins.end_session, joe, key)
        await post(zoe, hallway, "after")
        await hub.catch_up()
        opened = await opened_for(hub, visitor, since)
        async with asyncio.timeout(5):
            assert "after" not in str(await opened.frames())
        assert opened.stream.is_ending


async def test_a_second_doubt_keeps_a_stream_held_until_it_is_answered_too(
    joe, zoe, hallway, browser_of, slow_door
):
    """The sessions were read before the second sign-out, and the answer came after it."""
    key = (await away(browser_of, joe)).cookies["sessionid"].value
    async with running_hub() as hub:
        stream = hub.join(await visit(joe, key))
        await away(sign_ins.look_again, joe)
        await hub.catch_up()
        async with asyncio.timeout(5):
            await slow_door.looked.wait()
            await away(sign_ins.end_session, joe, key)
            await post(zoe, hallway, "after")
            await hub.catch_up()
            slow_door.answer.set()
            heard = [frame async for frame in frames_of(stream)]
        assert [frame.kind for frame in heard] == LAST_WORDS


async def test_who_is_held_for_long_is_cut_when_too_much_waits(
    joe, zoe, hallway, setting, browser_of, slow_door
):
    key = (await away(browser_of, joe)).cookies["sessionid"].value
    setting(HEARTBEAT_SECONDS=0.4, STALL_SECONDS=0.1, MAILBOX_EVENTS=3)
    async with running_hub() as hub:
        stream = hub.join(await visit(joe, key))
        stream.sending_since = None
        await away(sign_ins.look_again, joe)
        await hub.catch_up()
        await asyncio.sleep(0.3)  # the clock of those who read nothing stands still meanwhile
        assert not stream.is_closed
        for _ in range(3):
            await post(zoe, hallway)
        await hub.catch_up()
        async with asyncio.timeout(5):
            while not stream.is_closed:
                await asyncio.sleep(0.01)


async def frames_of(stream):
    """What comes until the stream ends, without what is true for a moment only."""
    reader = StrictReader()
    async for piece in stream.bodies():
        for frame in reader.feed(piece):
            if frame.kind not in ("heartbeat", *SIGNALS):
                yield frame


def read_posts(stream):
    return [frame for frame in read(stream) if frame.kind == "message.posted"]
