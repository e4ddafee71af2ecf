"""Channels: a consumer for each stream, a group for the room."""

import json
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    CHANNEL_LAYERS={
        # Its own capacity is 100 messages a consumer; what comes on top is dropped without a word.
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10**6},
        }
    },
)
django.setup()

from channels.generic.http import AsyncHttpConsumer  # noqa: E402  after setup
from channels.layers import get_channel_layer  # noqa: E402

GROUP = "hallway"


class Stream(AsyncHttpConsumer):  # type: ignore[misc]
    async def handle(self, body: bytes) -> None:
        await self.send_headers(headers=[(b"Content-Type", b"text/event-stream")])
        await self.send_body(b":\n\n", more_body=True)
        await self.channel_layer.group_add(GROUP, self.channel_name)

    async def message_posted(self, event: dict[str, Any]) -> None:
        told = json.dumps(event["message"], separators=(",", ":"))
        frame = f"event: message.posted\ndata: {told}\n\n"
        await self.send_body(frame.encode(), more_body=True)

    async def http_request(self, message: dict[str, Any]) -> None:
        # As the class does, but the stream stays open when `handle` is done.
        await self.handle(message.get("body", b""))


class Post(AsyncHttpConsumer):  # type: ignore[misc]
    async def handle(self, body: bytes) -> None:
        event = {"type": "message.posted", "message": json.loads(body)}
        await get_channel_layer().group_send(GROUP, event)
        await self.send_response(201, b"{}", headers=[(b"Content-Length", b"2")])


class Up(AsyncHttpConsumer):  # type: ignore[misc]
    async def handle(self, body: bytes) -> None:
        await self.send_response(200, b"", headers=[(b"Content-Length", b"0")])


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    consumer = Up
    if scope["path"] == "/api/stream":
        consumer = Stream
    elif scope["method"] == "POST":
        consumer = Post
    await consumer.as_asgi()(scope, receive, send)
