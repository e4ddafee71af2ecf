"""What fan-out costs without Django, database and rights: a plain ASGI application.

A frame has the size of Hallway's, and a stream that wakes up sends all that waits in one write.
Nothing is stored and nobody is asked for a name, so this is the ceiling, not a competitor.
"""

import asyncio
import json
from itertools import count
from typing import Any

_numbers = count(1)
_streams: set["_Stream"] = set()


class _Stream:
    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.is_awake = asyncio.Event()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        await _lifespan(receive, send)
    elif scope["path"] == "/api/stream":
        await _stream(receive, send)
    elif scope["method"] == "POST":
        await _post(receive, send)
    else:
        await _answer(send, 200, b"{}")


async def _stream(receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, b"event: heartbeat\ndata: {}\n\n")
    stream = _Stream()
    _streams.add(stream)
    # A server says nothing to who sends to somebody gone: without this each round would write to
    # the streams of those before it, too.
    gone = asyncio.create_task(_disconnected(receive))
    gone.add_done_callback(lambda _: stream.is_awake.set())
    try:
        while True:
            await stream.is_awake.wait()
            if gone.done():
                return
            stream.is_awake.clear()
            waiting, stream.waiting = stream.waiting, []
            await _write(send, b"".join(waiting))
    finally:
        _streams.discard(stream)
        gone.cancel()


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _post(receive: Any, send: Any) -> None:
    asked = json.loads((await receive())["body"])
    number = next(_numbers)
    message = {
        "id": number,
        "room": "hallway",
        "author": {"id": 1, "name": "bench-0", "kind": "guest"},
        "content": asked["content"],
        "html": f"<p>{asked['content']}</p>\n",
        "emoji_only": False,
        "created_at": "2026-11-22T19:08:37.123456Z",
        "edited_at": None,
        "client_id": asked["client_id"],
        "version": 1,
    }
    told = json.dumps(message, separators=(",", ":"))
    frame = f"id: 0123456789ab-{number}\nevent: message.posted\ndata: {told}\n\n".encode()
    for stream in _streams:
        stream.waiting.append(frame)
        stream.is_awake.set()
    await _answer(send, 201, told.encode())


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _write(send: Any, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
