"""Servers with a planted fault: a suite that lets one of them pass proves nothing.

    python -m tests.faults.mutants skip serve --port 8001

Each wraps the application from outside, at its ASGI border or in its settings, so it goes on
planting the same fault whatever becomes of the code inside.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

EVERY = 40  # one event in so many is mistreated


def _frames(application: Application, change: Callable[[list[bytes]], list[bytes]]) -> Application:
    """Change the frames of each piece of a stream; a piece holds whole frames."""

    async def mutant(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                frames = message["body"].split(b"\n\n")[:-1]
                body = b"".join(frame + b"\n\n" for frame in change(frames))
                message = {**message, "body": body}
            await send(message)

        is_stream = scope["type"] == "http" and scope["path"] == "/api/stream"
        await application(scope, receive, changed if is_stream else send)

    return mutant


def drop(application: Application) -> Application:
    """A frame in forty gets lost."""
    number = count(1)
    return _frames(
        application, lambda frames: [f for f in frames if not _is_post(f) or next(number) % EVERY]
    )


def duplicate(application: Application) -> Application:
    """A frame in forty is sent twice."""
    number = count(1)

    def twice(frames: list[bytes]) -> list[bytes]:
        return [
            frame
            for one in frames
            for frame in ([one, one] if _is_post(one) and not next(number) % EVERY else [one])
        ]

    return _frames(application, twice)


def reorder(application: Application) -> Application:
    """Two events that are sent together change places."""

    def swapped(frames: list[bytes]) -> list[bytes]:
        if len(frames) > 1 and _is_post(frames[-1]) and _is_post(frames[-2]):
            frames[-2:] = [frames[-1], frames[-2]]
        return frames

    return _frames(application, swapped)


def skip(application: Application) -> Application:
    """Whoever resumes is told one event too few."""

    async def mutant(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/stream":
            scope["headers"] = [_one_further(*header) for header in scope["headers"]]
        await application(scope, receive, send)

    return mutant


def hasty(application: Application) -> Application:
    """A message is acknowledged before it is stored."""
    tasks: set[asyncio.Task[None]] = set()

    async def mutant(scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_posting(scope):
            await application(scope, receive, send)
            return
        body = await _body(receive)

        async def later() -> None:
            await asyncio.sleep(0.05)
            await application(scope, _giving(body), _nobody)

        task = asyncio.create_task(later())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        answer = json.dumps({**json.loads(body), "id": None}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return mutant


def forgetful(application: Application) -> Application:
    """A message that is sent again is stored again."""
    number = count(1)

    async def mutant(scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_posting(scope):
            await application(scope, receive, send)
            return
        message = json.loads(await _body(receive))
        message["client_id"] = f"{message['client_id']}~{next(number)}"
        body = json.dumps(message).encode()
        scope["headers"] = [
            (name, b"%d" % len(body) if name == b"content-length" else value)
            for name, value in scope["headers"]
        ]
        await application(scope, _giving(body), send)

    return mutant


def counted(application: Application) -> Application:
    """No fault: tells at `/faults/queries` what the database was asked so far, by thread."""
    from threading import current_thread

    from django.db.backends.utils import CursorWrapper

    asked: Counter[str] = Counter()
    execute = CursorWrapper.execute

    def counting(cursor: CursorWrapper, *arguments: Any) -> Any:
        asked[current_thread().name] += 1
        return execute(cursor, *arguments)

    CursorWrapper.execute = counting  # type: ignore[assignment,method-assign]

    async def mutant(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/faults/queries":
            body = json.dumps({"pid": os.getpid(), "asked": asked}).encode()
            headers = [(b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await application(scope, receive, send)

    return mutant


def unsynced(application: Application) -> Application:
    """Commits don't wait for the disk."""
    from hallway_server import settings

    options: dict[str, Any] = settings.DATABASES["default"]["OPTIONS"]
    options["init_command"] += "PRAGMA synchronous=OFF;"
    return application


def leak(application: Application) -> Application:
    """Everybody may read every room."""
    from hallway.live import door
    from hallway.models import Room

    def all_rooms(author_ids: Any) -> dict[int, door.Rooms]:
        rooms = dict(Room.objects.values_list("id", "slug"))
        return {author: door.Rooms(rooms, frozenset(rooms)) for author in author_ids}

    door.rooms_of_authors = all_rooms
    return application


MUTANTS: dict[str, Callable[[Application], Application]] = {
    mutant.__name__: mutant
    for mutant in (drop, duplicate, reorder, skip, hasty, forgetful, unsynced, leak)
}


INSTRUMENTS: dict[str, Callable[[Application], Application]] = {"counted": counted}


def _is_post(frame: bytes) -> bool:
    return b"\nevent: message.posted\n" in frame


def _is_posting(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    return str(scope["path"]).endswith("/messages")


def _one_further(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name == b"last-event-id":
        epoch, _, position = value.rpartition(b"-")
        value = b"%b-%d" % (epoch, int(position) + 1)
    return name, value


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _giving(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nobody(message: Message) -> None:
    pass


def _started_likewise(name: str) -> None:
    """Where several processes serve, `serve` starts them: with the same fault."""
    start = subprocess.Popen.__init__

    def started(self: Any, words: Any, *more: Any, **named: Any) -> None:
        if isinstance(words, list) and words[2:5] == ["-m", "hallway_server", "work"]:
            words = [*words[:3], "tests.faults.mutants", name, *words[4:]]
        start(self, words, *more, **named)

    subprocess.Popen.__init__ = started  # type: ignore[assignment,method-assign]


def main() -> None:
    _started_likewise(sys.argv[1])
    mutate = (MUTANTS | INSTRUMENTS)[sys.argv.pop(1)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hallway_server.settings")
    if mutate is unsynced:
        unsynced(_nobody)  # type: ignore[arg-type]  # before Django reads the settings
    import uvicorn

    load = uvicorn.Config.load

    def load_mutant(config: uvicorn.Config) -> None:
        load(config)
        config.loaded_app = mutate(config.loaded_app)

    uvicorn.Config.load = load_mutant  # type: ignore[assignment,method-assign]
    from hallway_server.cli import main as serve

    serve()


if __name__ == "__main__":
    main()
