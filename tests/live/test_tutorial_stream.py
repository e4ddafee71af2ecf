"""The tutorial's stream: everything once, whatever happens while its history is read."""

import pytest

from hallway.actions import messages
from hallway.live import opening
from tests.live.inside import Opened, away, running_hub, visit

pytestmark = pytest.mark.django_db(transaction=True)


async def open_tutorial(hub, author):
    return Opened(*await opening.tutorial(hub, await visit(author)))


async def told(opened):
    return [frame.data["content"] for frame in await opened.frames()]


async def test_history_comes_first_then_what_is_new(joe, hallway, kitchen):
    for number in range(3):
        await away(messages.post_message, joe, hallway, source=f"old {number}")
        await away(messages.post_message, joe, kitchen, source=f"elsewhere {number}")
    async with running_hub() as hub:
        opened = await open_tutorial(hub, joe)
        assert await told(opened) == ["old 0", "old 1", "old 2"]
        await away(messages.post_message, joe, hallway, source="new")
        await hub.catch_up()
        assert await told(opened) == ["new"]


async def test_what_is_posted_while_history_is_read_comes_once(joe, hallway, monkeypatch):
    monkeypatch.setattr(opening, "HISTORY_PAGE", 2)
    for number in range(5):
        await away(messages.post_message, joe, hallway, source=f"old {number}")
    async with running_hub() as hub:
        opened = await open_tutorial(hub, joe)
        await away(messages.post_message, joe, hallway, source="in between")
        await hub.catch_up()
        expected = [f"old {number}" for number in range(5)]
        assert await told(opened) == [*expected, "in between"]


async def test_what_is_edited_while_history_is_read_is_told_all_the_same(joe, hallway):
    message, _ = await away(messages.post_message, joe, hallway, source="teh")
    async with running_hub() as hub:
        opened = await open_tutorial(hub, joe)
        await away(messages.edit_message, joe, message, source="the")
        await hub.catch_up()
        assert await told(opened) == ["the"]


async def test_what_was_deleted_is_not_told(joe, hallway):
    message, _ = await away(messages.post_message, joe, hallway, source="oops")
    await away(messages.delete_message, joe, message)
    async with running_hub() as hub:
        assert await told(await open_tutorial(hub, joe)) == []
