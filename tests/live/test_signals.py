"""What is true for a moment only, and who hears of it."""

import asyncio
import json

import pytest

from hallway.live import bell
from hallway.live.hub import TYPING_LISTENERS
from hallway.live.signals import tell_typing
from hallway.models import Author
from tests.live.inside import away, join, read, running_hub

pytestmark = pytest.mark.django_db(transaction=True)


async def settled(hub, *streams):
    """The streams, with nothing waiting and their readers up to date."""
    await hub.catch_up()
    for stream in streams:
        read(stream)
        stream.sending_since = None


async def delivered():
    """What was sent from a thread has come to the loop."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_the_others_in_the_room_hear_who_types(joe, maya, zoe, kitchen):
    async with running_hub() as hub:
        joes, joes_other, mayas, zoes = [
            await join(hub, author) for author in (joe, joe, maya, zoe)
        ]
        await settled(hub, joes, joes_other, mayas, zoes)
        await away(tell_typing, joe, kitchen)
        await delivered()
        [heard] = read(mayas)
        assert (heard.kind, heard.cursor) == ("typing", "")
        assert heard.data == {
            "room": "kitchen",
            "author": {"id": joe.pk, "name": "Joe", "kind": "member", "picture": ""},
        }
        assert read(joes) == read(joes_other) == read(zoes) == []


async def test_nobody_hears_it_who_asked_for_other_rooms_or_the_tutorials_stream(
    joe, maya, hallway, kitchen
):
    async with running_hub() as hub:
        elsewhere = await join(hub, maya, only=frozenset([hallway.pk]))
        tutorial = await join(hub, maya, only=frozenset([kitchen.pk]), tutorial=True)
        await settled(hub, elsewhere, tutorial)
        await away(tell_typing, joe, kitchen)
        await delivered()
        assert elsewhere.take() == tutorial.take() == b""


async def test_who_is_behind_or_leaving_is_spared(joe, maya, hallway):
    async with running_hub() as hub:
        behind, leaving = await join(hub, maya), await join(hub, maya)
        await settled(hub, leaving)
        read(behind)
        leaving.end()
        await away(tell_typing, joe, hallway)
        await delivered()
        assert read(behind) == read(leaving) == []


async def test_in_a_crowd_nobody_is_told(joe, hallway):
    crowd = await away(
        lambda: Author.objects.bulk_create(
            Author(name=f"a{number}", name_key=f"a{number}")
            for number in range(TYPING_LISTENERS + 1)
        )
    )
    async with running_hub() as hub:
        streams = [await join(hub, author) for author in crowd]
        await settled(hub, *streams)
        await away(tell_typing, joe, hallway)
        await delivered()
        assert not any(read(stream) for stream in streams)
        hub.leave(streams.pop())
        await away(tell_typing, joe, hallway)
        await delivered()
        assert all(len(read(stream)) == 1 for stream in streams)


async def test_a_signal_is_not_told_again(joe, maya, hallway):
    async with running_hub() as hub:
        await away(tell_typing, joe, hallway)
        await delivered()
        assert read(await join(hub, maya)) == []


async def test_no_text_of_a_user_can_forge_a_frame(joe, maya, hallway):
    async with running_hub() as hub:
        stream = await join(hub, maya)
        await settled(hub, stream)
        payload = json.dumps({"name": "a\n\nevent: reset\r\nid: 9"})
        bell.send(bell.Signal("typing", hallway.pk, joe.pk, payload))
        await delivered()
        [heard] = read(stream)
        assert heard.data == {"name": "a\n\nevent: reset\r\nid: 9"}
