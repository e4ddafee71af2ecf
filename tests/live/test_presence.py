"""Who is here, and who may know it."""

import asyncio
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from hallway.actions import accounts, members
from hallway.live import presence
from hallway.models import Author, Membership
from tests.live.inside import away, join, read, running_hub

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(presence, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.05)


async def settled():
    """Whatever was to be told by now is told; timers that are due run in order."""
    passed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(presence.SETTLE_SECONDS, passed.set_result, None)
    await passed
    await asyncio.sleep(0)


async def graced():
    passed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(presence.GRACE_SECONDS, passed.set_result, None)
    await passed
    await asyncio.sleep(0)


def told(stream):
    return [
        (frame.data["author"]["id"], frame.data["online"])
        for frame in read(stream)
        if frame.kind == "presence"
    ]


async def test_those_who_share_a_room_hear_who_comes_and_goes(joe, maya, kitchen):
    async with running_hub() as hub:
        mayas = await join(hub, maya)
        await settled()
        joes = await join(hub, joe)
        await settled()
        assert told(mayas) == [(joe.pk, True)]
        assert told(joes) == [(maya.pk, True)]
        hub.leave(joes)
        await settled()
        assert told(mayas) == []
        await graced()
        assert told(mayas) == [(joe.pk, False)]
        assert hub.presence.online([joe.pk, maya.pk]) == {maya.pk}


async def test_a_page_that_loads_afresh_makes_nobody_flicker(joe, maya, hallway):
    async with running_hub() as hub:
        mayas, joes = await join(hub, maya), await join(hub, joe)
        await settled()
        told(mayas)
        hub.leave(joes)
        await join(hub, joe)
        await graced()
        assert told(mayas) == []
        assert hub.presence.online([joe.pk]) == {joe.pk}


async def test_one_of_several_windows_is_enough(joe, maya, hallway):
    async with running_hub() as hub:
        mayas = await join(hub, maya)
        first, second = await join(hub, joe), await join(hub, joe)
        await settled()
        assert told(mayas) == [(joe.pk, True)]
        hub.leave(first)
        await graced()
        assert told(mayas) == []
        hub.leave(second)
        await graced()
        assert told(mayas) == [(joe.pk, False)]


async def test_an_outsider_hears_nothing_of_who_is_only_in_private_rooms(
    joe, maya, zoe, hallway, kitchen
):
    await away(lambda: Membership.objects.filter(room=hallway).delete())
    async with running_hub() as hub:
        zoes = await join(hub, zoe)
        mayas, joes = await join(hub, maya), await join(hub, joe)
        await settled()
        assert told(mayas) == [(joe.pk, True)]
        hub.leave(joes)
        await graced()
        assert told(mayas) == [(joe.pk, False)]
        assert zoes.take() == b""


async def test_who_reads_an_open_room_sees_its_members_and_no_mere_visitors(
    joe, zoe, hallway, kitchen
):
    await away(lambda: Membership.objects.filter(author=zoe).delete())
    async with running_hub() as hub:
        zoes, joes = await join(hub, zoe), await join(hub, joe)
        await settled()
        assert told(zoes) == [(joe.pk, True)]
        assert told(joes) == []


async def test_who_asked_for_another_room_hears_nothing(joe, maya, zoe, hallway, kitchen):
    await away(lambda: Membership.objects.filter(room=hallway, author=joe).delete())
    async with running_hub() as hub:
        mayas = await join(hub, maya, only=frozenset([hallway.pk]))
        tutorial = await join(hub, maya, tutorial=True)
        await join(hub, joe)
        await settled()
        assert told(mayas) == []
        assert tutorial.take() == b""


async def test_rights_that_change_change_who_is_seen(joe, maya, zoe, hallway, kitchen):
    await away(lambda: Membership.objects.filter(room=hallway).delete())
    async with running_hub() as hub:
        mayas, zoes = await join(hub, maya), await join(hub, zoe)
        await settled()
        assert told(mayas) == told(zoes) == []
        await away(members.add_member, maya, kitchen, zoe)
        await hub.catch_up()
        await settled()
        assert told(mayas) == [(zoe.pk, True)]
        assert (maya.pk, True) in told(zoes)
        await away(members.remove_member, maya, kitchen, zoe)
        await hub.catch_up()
        await settled()
        assert told(mayas) == [(zoe.pk, False)]
        assert told(zoes) == [(maya.pk, False)]


async def test_who_leaves_hallway_is_gone_at_once(joe, maya, hallway):
    async with running_hub() as hub:
        mayas = await join(hub, maya)
        await join(hub, joe)
        await settled()
        told(mayas)
        await away(accounts.leave, joe)
        await hub.catch_up()
        await settled()
        assert told(mayas) == [(joe.pk, False)]


async def test_in_a_crowd_nobody_is_told(joe, hallway):
    def gather():
        crowd = Author.objects.bulk_create(
            Author(name=f"a{number}", name_key=f"a{number}") for number in range(presence.CROWD)
        )
        Membership.objects.bulk_create(Membership(room=hallway, author=author) for author in crowd)
        return crowd

    crowd = await away(gather)
    async with running_hub() as hub:
        streams = [await join(hub, author) for author in crowd]
        await settled()
        assert all(len(told(stream)) >= presence.CROWD - 1 for stream in streams)
        joes = await join(hub, joe)
        await settled()
        assert told(joes) == []
        assert not any(told(stream) for stream in streams)


async def test_when_a_guest_was_here_last_is_noted_after_they_hung_up(gil, setting):
    setting(RECHECK_SECONDS=0.1)
    long_ago = timezone.now() - timedelta(days=3)
    await away(Author.objects.filter(pk=gil.pk).update, last_seen_at=long_ago)
    async with running_hub() as hub:
        hub.leave(await join(hub, gil))
        async with asyncio.timeout(5):
            while (await away(Author.objects.get, pk=gil.pk)).last_seen_at == long_ago:
                await asyncio.sleep(0.05)


async def test_who_opens_a_stream_does_not_wait_until_it_is_noted_who_is_here(
    joe, zoe, setting, browser_of, monkeypatch
):
    setting(RECHECK_SECONDS=0.1)
    key = (await away(browser_of, zoe)).cookies["sessionid"].value
    noting, may_go_on = threading.Event(), threading.Event()

    def saw(authors):
        noting.set()
        may_go_on.wait(10)

    monkeypatch.setattr(accounts, "saw", saw)
    async with running_hub() as hub:
        await join(hub, joe)
        try:
            await away(noting.wait, 5)
            async with asyncio.timeout(5):
                visitor = await hub.door.let_in(key)
            assert visitor is not None
        finally:
            may_go_on.set()


async def test_one_more_page_of_somebody_who_is_here_looks_at_nobody_else(
    hallway, joe, zoe, monkeypatch
):
    looked = []
    look_at = presence.Presence._readers

    def count(self, rooms, besides):
        looked.append(besides)
        return look_at(self, rooms, besides)

    monkeypatch.setattr(presence.Presence, "_readers", count)
    async with running_hub() as hub:
        await join(hub, zoe)
        await join(hub, joe)
        await settled()
        assert set(looked) == {joe.pk, zoe.pk}
        looked.clear()
        for _ in range(10):
            await join(hub, joe)
        await settled()
        assert looked == []


async def test_who_comes_is_told_who_is_here_in_one_write(
    hallway, joe, zoe, lea, maya, monkeypatch
):
    async with running_hub() as hub:
        for author in (joe, zoe, lea):
            await join(hub, author)
        await settled()
        stream = await join(hub, maya)
        writes: list[bytes] = []
        monkeypatch.setattr(stream, "tell", writes.append)
        await settled()
        assert len([frame for frame in writes if frame]) == 1
        assert writes[0].count(b'"online":true') == 3
