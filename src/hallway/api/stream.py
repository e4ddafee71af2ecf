"""How the stream is described in the OpenAPI document; `hallway.live` serves it."""

from typing import Any

from hallway.events.kinds import KINDS
from hallway.live import signals

EVENTS = (*(kind.kind for kind in KINDS), *signals.KINDS, "heartbeat", "reset")

STREAM_OPERATION: dict[str, Any] = {
    "operationId": "stream",
    "summary": "Stream",
    "tags": ["Stream"],
    "description": (
        "Server-Sent Events of all your rooms, live and from where you stopped. Each event has an "
        "`id` to resume from, a name and one line of JSON. A `heartbeat` comes at once and every "
        "20 seconds. `reset` says that what lies between cannot be told any more: load afresh and "
        "go on from its id. Names: " + ", ".join(f"`{name}`" for name in EVENTS) + "."
    ),
    "parameters": [
        {
            "name": "room",
            "in": "query",
            "description": "Slug of a room; repeat it for several. Without it: all your rooms.",
            "schema": {"type": "array", "items": {"type": "string"}},
        },
        {
            "name": "since",
            "in": "query",
            "description": "The id of the last event you have.",
            "schema": {"type": "string", "maxLength": 128},
        },
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The same, as browsers send it; wins over `since`.",
            "schema": {"type": "string", "maxLength": 128},
        },
    ],
    "responses": {
        "200": {
            "description": "OK",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        "401": {"description": "No identity"},
        "404": {"description": "One of the rooms is unknown to you"},
        "429": {"description": "Too many streams of one author; see Retry-After"},
        "503": {"description": "The server is full or stopping; see Retry-After"},
    },
    "security": [{"SessionAuth": []}],
}
