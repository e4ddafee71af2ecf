"""The newest events, kept by the hub so that a thousand clients resume without a query each."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from hallway.events.log import Entry, requoted
from hallway.events.shapes import QuoteShape


class Memory:
    """The newest events of the log without a gap, bounded in number and in bytes."""

    def __init__(self, *, events: int, size: int, since: int) -> None:
        self._events = events
        self._size_limit = size
        self._entries: list[Entry] = []
        self._size = 0
        # Every event after this id is here.
        self.since = since

    def add(self, entry: Entry) -> None:
        if entry.message_id is not None and entry.kind != "message.posted":
            self._forget_old_text(entry)
        self._entries.append(entry)
        self._size += len(entry.payload)
        # Cut in large pieces: a list gives up its head at the cost of moving its tail.
        if len(self._entries) > self._events * 1.25 or self._size > self._size_limit * 1.25:
            self._cut()

    def covers(self, position: int) -> bool:
        """Whether everything after `position` is remembered."""
        return position >= self.since

    def after(self, position: int, *, up_to: int) -> Iterator[Entry]:
        """What came after `position`, oldest first; ask `covers` first."""
        start = bisect_right(self._entries, position, key=lambda entry: entry.id)
        for entry in islice(self._entries, start, None):
            if entry.id > up_to:
                return
            yield entry

    def _forget_old_text(self, change: Entry) -> None:
        """The message was edited or deleted: who resumes from here must not meet what it was."""
        # As it is written into every payload; text in between has its quotation marks escaped.
        is_reply = f'"reply_to":{{"id":{change.message_id},'
        quote: QuoteShape | None = None
        for place, old in enumerate(self._entries):
            if old.message_id == change.message_id:
                kind = change.kind if change.kind == "message.deleted" else old.kind
                self._entries[place] = old._replace(kind=kind, payload=change.payload)
                self._size += len(change.payload) - len(old.payload)
            elif old.message_id is not None and is_reply in old.payload:
                quote = quote or _quote(change)
                self._entries[place] = new = old._replace(payload=requoted(old.payload, quote))
                self._size += len(new.payload) - len(old.payload)

    def _cut(self) -> None:
        keep = len(self._entries)
        size = self._size
        cut = 0
        while keep - cut > self._events or (size > self._size_limit and keep - cut > 1):
            size -= len(self._entries[cut].payload)
            cut += 1
        self.since = self._entries[cut - 1].id
        del self._entries[:cut]
        self._size = size


def _quote(change: Entry) -> QuoteShape:
    """What replies to the changed message show now."""
    shape = json.loads(change.payload)
    gone: QuoteShape = {"id": shape["id"], "author": None, "excerpt": "", "deleted": True}
    quote: QuoteShape = shape.get("quote", gone)
    return quote
