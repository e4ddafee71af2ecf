"""Server-Sent Events on the wire: https://html.spec.whatwg.org/multipage/server-sent-events.html

Payloads are JSON on one line, kinds and ids come from us: nothing here can carry a line break,
so no text of a user can forge a field or a frame.
"""

import json

from hallway.events.log import Cursor, Entry

CONTENT_TYPE = "text/event-stream"
HEADERS = [
    (b"content-type", CONTENT_TYPE.encode()),
    (b"cache-control", b"no-store"),
    # nginx would hold the frames back until its buffer is full.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
]
# Some proxies wait for the first bytes of the body before they pass the headers on.
WELCOME = b": hallway\n\n"


def frame(kind: str, payload: str, cursor: Cursor) -> bytes:
    """One event with the position a client resumes from once it has it."""
    return f"id: {cursor}\nevent: {kind}\ndata: {payload}\n\n".encode()


def heartbeat(cursor: Cursor) -> bytes:
    """A named event, because a page cannot see comments."""
    return frame("heartbeat", "{}", cursor)


def signal(kind: str, payload: str) -> bytes:
    """An event that is not in the log: it has no position, and is not told again."""
    return f"event: {kind}\ndata: {payload}\n\n".encode()


def reset(reason: str, cursor: Cursor) -> bytes:
    """What lies between the client's cursor and ours cannot be told any more: load afresh."""
    return frame("reset", json.dumps({"reason": reason}), cursor)


def retry(seconds: float) -> bytes:
    """How long the client waits before it comes back."""
    return f"retry: {round(seconds * 1000)}\n\n".encode()


def tutorial_frame(message_id: int, author_name: str, content: str) -> bytes:
    """A message as the tutorial's page expects it: an unnamed event."""
    message = {"id": message_id, "author__name": author_name, "content": content}
    return f"data: {json.dumps(message, ensure_ascii=False)}\n\n".encode()


class EventFormat:
    """The stream of the API: every event the reader may see, with its cursor."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch

    def encode(self, entry: Entry) -> bytes:
        return frame(entry.kind, entry.payload, Cursor(self.epoch, entry.id))

    def signal(self, kind: str, payload: str) -> bytes:
        return signal(kind, payload)

    def heartbeat(self, position: int) -> bytes:
        return heartbeat(Cursor(self.epoch, position))


class TutorialFormat:
    """The tutorial's stream: posted messages only."""

    def encode(self, entry: Entry) -> bytes:
        if entry.kind != "message.posted":
            return b""
        message = json.loads(entry.payload)
        return tutorial_frame(message["id"], message["author"]["name"], message["content"])

    def signal(self, kind: str, payload: str) -> bytes:
        return b""

    def heartbeat(self, position: int) -> bytes:
        return b": heartbeat\n\n"


Format = EventFormat | TutorialFormat
