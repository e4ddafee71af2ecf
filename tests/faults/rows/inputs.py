"""What nobody should send, and somebody does."""

import asyncio
import gzip
import json
import unicodedata
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import product
from time import monotonic
from typing import Any

from tests.faults.people import Person, listening
from tests.faults.rows.delivery import replay
from tests.faults.scenario import MANY, Run, row
from tests.faults.sse import Frame, parse
from tests.faults.stage import Stage, percentile
from tests.faults.wire import Answer, NoAnswer, Wire, listen, request

# The documented limits: characters of a message, bytes of a request's body.
CHARACTERS = 8000
BODY = 1_000_000
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What nginx answers to a coding and to a version of HTTP that it does not know.
NOT_HTTP = {501, 505}


@dataclass(frozen=True)
class Reply:
    """What came back for raw bytes: the first status (0: hung up without one), and when."""

    status: int
    seconds: float
    is_over: bool

    @property
    def is_refusal(self) -> bool:
        return self.is_over and (self.status < 500 or self.status in NOT_HTTP)


async def throw(
    port: int, pieces: Sequence[bytes], *, pause: float = 0, patience: float = 30
) -> Reply:
    """Send raw bytes, piece by piece, and see what becomes of them."""
    begin = monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    status = 0

    async def send() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(patience):
            head = await reader.readuntil(b"\r\n")
            status = int(head.split()[1])
        return Reply(status, monotonic() - begin, is_over=True)
    except TimeoutError:
        return Reply(0, monotonic() - begin, is_over=False)
    except (OSError, EOFError):
        return Reply(0, monotonic() - begin, is_over=True)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()


def _malformed(person: Person) -> dict[str, list[bytes]]:
    """Requests that are no HTTP, or too much of it."""
    who = "".join(f"{name}: {value}\r\n" for name, value in person.headers.items())
    post = f"POST /api/rooms/hallway/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}".encode()
    get = f"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}".encode()
    body = b'{"content": "x", "client_id": "raw"}'
    typed = b"Content-Type: application/json\r\n"
    return {
        "a length that is no number": [post + typed + b"Content-Length: ten\r\n\r\n" + body],
        "a negative length": [post + typed + b"Content-Length: -5\r\n\r\n" + body],
        "two lengths": [post + typed + b"Content-Length: 36\r\nContent-Length: 5\r\n\r\n" + body],
        "length and chunks": [
            post + typed + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ],
        "a chunk size that is none": [post + typed + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"],
        "a chunk without end": [
            post + typed + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
        ],
        "an unknown coding": [post + typed + b"Transfer-Encoding: rot13\r\n\r\n" + body],
        "100,000 headers": [get + b"X-A: b\r\n" * 100_000 + b"\r\n"],
        "a header of 64 KB": [get + b"X-A: " + b"b" * 65_536 + b"\r\n\r\n"],
        "a header of 10 MB": [get + b"X-A: " + b"b" * 10_000_000 + b"\r\n\r\n"],
        "a space in a header's name": [get + b"X A: b\r\n\r\n"],
        "a NUL in a header": [get + b"X-A: b\0c\r\n\r\n"],
        "a folded header": [get + b"X-A: b\r\n folded\r\n\r\n"],
        "a NUL in the path": [b"GET /api/\0me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
        "a path of 100 KB": [b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
        "no host": [b"GET /api/me HTTP/1.1\r\n\r\n"],
        "another host": [b"GET /api/me HTTP/1.1\r\nHost: evil.example\r\n\r\n"],
        "HTTP/9.9": [b"GET /api/me HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n"],
        "no HTTP": [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200],
        "a method nobody knows": [b"BREW /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
    }


def _odd(person: Person) -> dict[str, list[bytes]]:
    """Requests that are strange and may be answered: with anything but a 5xx."""
    who = f"Cookie: sessionid={person.session}\r\n".encode()
    host = b"Host: 127.0.0.1\r\n" + who
    return {
        "bad UTF-8 in the query": [b"GET /api/me?a=%ff%fe HTTP/1.1\r\n" + host + b"\r\n"],
        "bad UTF-8 in the path": [b"GET /rooms/%ff%fe/ HTTP/1.1\r\n" + host + b"\r\n"],
        "raw bytes in the path": [b"GET /rooms/\xff\xfe/ HTTP/1.1\r\n" + host + b"\r\n"],
        "a coded NUL in the path": [b"GET /rooms/%00/ HTTP/1.1\r\n" + host + b"\r\n"],
        "an absolute address": [b"GET http://127.0.0.1/api/me HTTP/1.1\r\n" + host + b"\r\n"],
        "a header with an underscore": [b"GET /api/me HTTP/1.1\r\nX_A: b\r\n" + host + b"\r\n"],
        "chunk extensions": [
            b"POST /lobby/ HTTP/1.1\r\n" + host
            + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n"
        ],
        "bad UTF-8 in a cookie": [
            b"GET /api/me HTTP/1.1\r\nCookie: a=\xff\xfe\r\n" + host + b"\r\n"
        ],
        "bad UTF-8 in the stream's query": [
            b"GET /api/stream?room=%ff HTTP/1.1\r\n" + host + b"\r\n"
        ],
        "a coded NUL in the stream's query": [
            b"GET /api/stream?room=%00 HTTP/1.1\r\n" + host + b"\r\n"
        ],
    }  # fmt: skip


@row("IN-02", "requests that are no HTTP, endless or slow, while others chat",
     short_limit=120, beside=MANY, stack="")  # fmt: skip
async def malformed(run: Run) -> None:
    async with Stage(run, people=4) as stage:
        person = stage.people[0]
        poster = stage.poster(stage.people[1])
        await poster.post("hallway")
        before = stage.server.memory()
        chatting = stage.background(stage.post_for(3600, posters=[poster], pace=0.05))
        # These take their time; the others are thrown meanwhile. nginx keeps slow clients from
        # Hallway and takes time for them as it likes.
        slowly = asyncio.gather(*_slow(person, stage.server.listens_at))
        for where, port in stage.server.doors.items():
            wrong = []
            refusals, odd = _malformed(person), _odd(person)
            for name, pieces in refusals.items():
                reply = await throw(port, pieces, patience=10)
                if not reply.is_refusal or 0 < reply.status < 400:
                    wrong.append(f"{name}: {reply}")
            for name, pieces in odd.items():
                reply = await throw(port, pieces, patience=10)
                if not reply.is_refusal or reply.status == 0:
                    wrong.append(f"{name}: {reply}")
            run.none(f"wrong answers of {len(refusals) + len(odd)} {where}".strip(), wrong)
        replies = await slowly
        for name, reply in zip(("headers", "a body", "nothing"), replies, strict=True):
            if not reply.is_over or reply.status >= 500:
                run.notes.append(f"slow {name}: {reply}")
        kept = [reply for reply in replies if not reply.is_over or reply.seconds > 30]
        run.none("slow clients kept longer than 30 s", kept)
        # A browser's spare connection: what is sent on it would answer its next request.
        run.expect("answer to who asked nothing", replies[2].status, 0)
        run.at_most("MB grown", max(stage.server.grown(before)), 20)
        chatting.cancel()
        await asyncio.gather(chatting, return_exceptions=True)
        run.at_most("others' sends p99 ms", percentile(poster.latencies, 0.99) * 1000, 500)
        await stage.judge(strangers=True)


def _slow(person: Person, port: int) -> list[Coroutine[Any, Any, Reply]]:
    """Headers, a body, and nothing at all: a byte a second."""
    head = f"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={person.session}\r\n"
    body = (
        "POST /api/rooms/hallway/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    )
    return [
        throw(port, [bytes([byte]) for byte in (head * 50).encode()], pause=1, patience=32),
        throw(port, [body.encode(), *[b"x"] * 60], pause=1, patience=32),
        throw(port, [b""], patience=32),
    ]


def _message(content: str, client_id: str) -> bytes:
    return json.dumps({"content": content, "client_id": client_id}).encode()


async def _post(wire: Wire, person: Person, body: bytes, headers: dict[str, str]) -> Answer:
    path = "/api/rooms/hallway/messages"
    return await wire.ask("POST", path, headers=person.headers | headers, body=body, patience=20)


@row("IN-03", "bodies of every size, from none to a gigabyte, packed and split",
     short_limit=120, beside=MANY, stack="")  # fmt: skip
async def sizes(run: Run) -> None:
    async with Stage(run, people=2) as stage:
        person = stage.people[0]
        for _ in stage.server.processes():
            await _post(Wire(stage.server.listens_at), person, _message("warm", "warm"), JSON)
        before = stage.server.memory()
        for where, port in stage.server.doors.items():
            wrong = [
                *await _wrong_sizes(person, port, where),
                *await _wrong_parts(person, port),
            ]
            run.none(f"wrong answers of 14 {where}".strip(), wrong)
        run.at_most("MB grown", max(stage.server.grown(before)), 20)
        run.expect("still up", await stage.server.is_up(), True)


async def _wrong_sizes(person: Person, port: int, where: str) -> list[str]:
    wire = Wire(port)
    wrong = []
    for size, wanted in (
        (0, {400}), (1, {201}), (CHARACTERS - 1, {201}), (CHARACTERS, {201}),
        (CHARACTERS + 1, {413}), (10 * CHARACTERS, {413}), (BODY, {413}), (10 * BODY, {413}),
    ):  # fmt: skip
        key = f"size-{size}-{where.replace(' ', '-')}"
        try:
            answer = await _post(wire, person, _message("x" * size, key), JSON)
            status = answer.status
        except NoAnswer:
            status = 413 if size > BODY else 0  # hung up on while still sending
        if status not in wanted:
            wrong.append(f"{size} characters: {status}")
    wire.close()
    return wrong


async def _wrong_parts(person: Person, port: int) -> list[str]:
    """Too many fields and files, packed bodies, and those that don't say how long they are."""
    wire = Wire(port)
    wrong = []
    fields = "&".join(f"f{number}=1" for number in range(1001)).encode()
    parts = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="f%d"; filename="a"\r\n\r\nx\r\n' % number
        for number in range(101)
    )
    bomb = gzip.compress(b"\0" * 50_000_000)
    cases: dict[str, tuple[bytes, dict[str, str], set[int]]] = {
        "1001 fields": (fields, FORM, {400, 413}),
        "101 files": (parts + b"--b--\r\n",
                      {"Content-Type": "multipart/form-data; boundary=b"}, {400, 413}),
        "a gzip bomb": (bomb, JSON | {"Content-Encoding": "gzip"}, {400, 413, 415}),
    }  # fmt: skip
    for name, (body, headers, wanted) in cases.items():
        answer = await _post(wire, person, body, headers)
        if answer.status not in wanted:
            wrong.append(f"{name}: {answer.status}")
    wire.close()
    head = request("POST", "/api/rooms/hallway/messages", headers=person.headers | JSON)[:-2]
    megabytes = [b"100000\r\n" + b"x" * 2**20 + b"\r\n"] * 60 + [b"0\r\n\r\n"]
    raw = {
        "no length": ([head + b"\r\n"], {400, 411}),
        "a gigabyte announced": ([head + b"Content-Length: 1073741824\r\n\r\n", b"x" * 1000],
                                 {0, 408, 413}),
        "60 MB in chunks": ([head + b"Transfer-Encoding: chunked\r\n\r\n", *megabytes],
                            {0, 413}),
    }  # fmt: skip
    for name, (pieces, wanted) in raw.items():
        reply = await throw(port, pieces, patience=30)
        if not reply.is_over or reply.status not in wanted:
            wrong.append(f"{name}: {reply}")
    return wrong


# What is in a text, and the text.
TEXTS: dict[str, str] = {
    "NUL": "a\0b",
    "a lone high surrogate": "a\ud800b",
    "a lone low surrogate": "a\udc00b",
    "C0": "a\x01\x08\x0b\x1fb",
    "DEL and C1": "a\x7f\x85\x9fb",
    "tab": "a\tb",
    "line and paragraph separator": "a\u2028b\u2029c",
    "a byte order mark": "\ufeffa\ufeffb",
    "right-to-left overrides": "a\u202eb\u202cc\u2066d\u2069",
    "a chain of joiners": "👩" + "\u200d👩" * 50,
    "only joiners": "\u200d" * 50,
    "10,000 combining marks": "a" + "\u0301" * 10_000,
    "5,000 combining marks": "a" + "\u0301" * 5_000,
    "unassigned": "a\u0378\U000e0fffb",
    "not characters": "a\ufffe\uffff\U0010ffffb",
    "private use": "a\ue000\U000f0000b",
    "composed": unicodedata.normalize("NFC", "Zoë Ångström é"),
    "decomposed": unicodedata.normalize("NFD", "Zoë Ångström é"),
    "emoji": "🎭👩‍👩‍👧‍👦🏳️‍🌈",
    "every script": "Ω Ж א ع अ ไ 漢字 かな 한글 ᚠ 𒀀",
    "white space": " \u00a0\u3000 x \u2003",
    "only white space": " \u00a0\u3000 \u2003",
    "quotes and tags": "<b>\"'&amp;</b><script>alert(1)</script>",
    "SQL": "'; DROP TABLE hallway_message; --",
    "a template": "{{ 7*7 }}{% debug %}%(x)s%s",
}

# What is no message, and what else is no name: the same on every stack.
REFUSED = {
    "NUL", "a lone high surrogate", "a lone low surrogate", "C0", "DEL and C1", "only joiners",
    "10,000 combining marks", "only white space",
}  # fmt: skip
REFUSED_NAMES = REFUSED | {
    "line and paragraph separator", "a byte order mark", "right-to-left overrides",
    "a chain of joiners", "5,000 combining marks", "unassigned", "not characters", "private use",
}  # fmt: skip


@row("IN-04", "every kind of character in messages and names", beside=MANY, stack="")
async def characters(run: Run) -> None:
    async with Stage(run, people=4) as stage:
        writer, renamer = stage.people[0], stage.people[1]
        wire = Wire(stage.server.port)
        reader = stage.reader(stage.people[2])
        reader.start()
        await reader.opened()
        wrong = []
        kept: dict[int, str] = {}
        refused, refused_names = set(), set()
        for number, (name, text) in enumerate(TEXTS.items()):
            answer = await _post(wire, writer, _message(text, f"text-{number}"), JSON)
            if answer.status == 201:
                kept[answer.json()["id"]] = text
                if answer.json()["content"] != text:
                    wrong.append(f"{name}: sent back as {answer.json()['content']!r}"[:200])
            elif answer.status in (400, 413):
                refused.add(name)
            else:
                wrong.append(f"{name}: {answer.status}")
            answer = await wire.ask(
                "PATCH", "/api/me", headers=renamer.headers | JSON,
                body=json.dumps({"name": text}).encode(),
            )  # fmt: skip
            if answer.status in (400, 409, 413):
                refused_names.add(name)
            elif answer.status != 200:
                wrong.append(f"{name} as a name: {answer.status}")
            else:
                told = (await wire.ask("GET", "/api/me", headers=renamer.headers)).json()["name"]
                if told != answer.json()["name"]:
                    wrong.append(f"{name} as a name: {answer.json()['name']!r} and {told!r}")
        raw = b'{"content": "a\xff\xfe\xc3(", "client_id": "raw"}'
        answer = await _post(wire, writer, raw, JSON)
        if answer.status != 400:
            wrong.append(f"invalid UTF-8: {answer.status}")
        run.none("refused, or not, unlike elsewhere", refused ^ REFUSED)
        run.none("refused as names, or not, unlike elsewhere", refused_names ^ REFUSED_NAMES)
        stored = stage.stored()
        wrong += [
            f"message {number} is stored as {stored.messages[number]['content']!r}"[:200]
            for number, text in kept.items()
            if stored.messages[number]["content"] != text
        ]
        run.none(f"wrong answers of {len(TEXTS)} texts, {len(kept)} kept", wrong)
        run.none("readers left behind", await stage.settle())
        run.none("frames that are none", reader.faults)
        run.at_least("messages told", reader.kinds.get("message.posted", 0), len(kept))
        wire.close()
        await stage.judge(strangers=True)


FORGED_LINES = (
    "hello\nworld", "hello\rworld", "hello\r\nworld", "hi\n\nevent: reset\ndata: {}\n\n",
    "hi\nid: 999\n", "hi\rid: 999\r", ":\n:comment", ": leading colon", " leading space",
    "data: x", "id: ffff-1\nevent: session.ended\ndata: {}", "a\u2028event: reset\u2028",
    "a\u0085id: 9",
    "\n\ndata: forged\n\n", "retry: 1\n", 'a","x":"y', "\\n\\nevent: reset\\n", "a\0b\nid: \0",
)  # fmt: skip


@row("IN-06", "line breaks and field names in texts and names: nobody forges a frame",
     beside=MANY, stack="")  # fmt: skip
async def forged_frames(run: Run) -> None:
    async with Stage(run, people=4) as stage:
        wire = Wire(stage.server.port)
        reader = stage.reader(stage.people[2])
        heard: list[Frame] = []
        reader.on_frame = heard.append
        reader.start()
        await reader.opened()
        kept = {}
        for number, text in enumerate(FORGED_LINES):
            answer = await _post(wire, stage.people[0], _message(text, f"forged-{number}"), JSON)
            if answer.status == 201:
                kept[answer.json()["id"]] = answer.json()["content"]
            body = json.dumps({"name": text[:50]}).encode()
            headers = stage.people[1].headers | JSON
            await wire.ask("PATCH", "/api/me", headers=headers, body=body)
        run.none("readers left behind", await stage.settle())
        told = {
            message["id"]: message["content"]
            for frame in heard
            if frame.kind == "message.posted" and (message := json.loads(frame.data))
        }
        run.at_least("texts kept", len(kept), 8)
        run.none("texts told otherwise",
                 [number for number, text in kept.items() if told.get(number) != text])  # fmt: skip
        run.none("frames that are none", reader.faults)
        run.none("forged kinds", [kind for kind in reader.kinds
                                  if kind in ("reset", "session.ended")])  # fmt: skip
        # The tutorial's stream is read the same way.
        frames = await _tutorial(stage)
        run.none("tutorial frames that are none", [one for one in frames if one.count(b"\n")])
        wire.close()
        await stage.judge(strangers=True)


async def _tutorial(stage: Stage) -> list[bytes]:
    frames: list[bytes] = []
    raw = listening(stage.people[3], path="/stream-chat-messages/")
    ear = await listen(stage.server.port, raw, frames.extend)
    await asyncio.shield(ear.head)
    await asyncio.sleep(0.5)
    ear.close()
    return [frame for frame in frames if frame.startswith(b"data:") or b"\n" in frame]


@row(
    "IN-07",
    "cursors that are none: nothing breaks, nothing is dumped, nothing is hidden",
    beside=MANY,
    stack="",
)
async def bad_cursors(run: Run) -> None:
    async with Stage(run, people=2, history=50) as stage:
        person = stage.people[0]
        beat = (await replay(person, stage.server.port))[-1]
        epoch, newest = beat.cursor.rpartition("-")[0], beat.position
        other = "".join("0" if digit != "0" else "1" for digit in epoch)
        nonsense = [
            "0", "-1", str(2**63), str(2**64), "1e999", "abc", "x" * 10_000, "<script>", "'",
            "\u00e9", f"{epoch}", f"{epoch}-", f"-{newest}", f"{epoch}--1", f"{epoch}-1.5",
            f"{epoch}-0x10", f"{epoch}-1e3", f"{epoch}-{2**63}", f"{epoch}-{2**64}",
            f"{epoch}-{newest + 1}", f"{epoch}-{newest + 10**9}", f"{other}-{newest - 5}",
            f"{epoch}-{newest - 5},{epoch}-{newest - 3}", f"{epoch} -{newest}", f"{epoch}-٣",
            f"{epoch.upper()}-{newest}" if epoch.upper() != epoch else "ZZ-1",
            f"{epoch}-00{newest}",
        ]  # fmt: skip
        for door, port in stage.server.doors.items():
            wrong = []
            for cursor in nonsense:
                for header, query in ((cursor, ""), ("", f"?since={_quoted(cursor)}")):
                    where = "header" if header else "parameter"
                    frames = await _frames_for(person, port, header.encode(), query)
                    if isinstance(frames, int):
                        if frames not in (400, 414, 431):
                            wrong.append(f"{where} {cursor[:40]!r}: {frames}")
                    elif sum(f.kind == "reset" for f in frames) != 1 or len(frames) != 2:
                        wrong.append(f"{where} {cursor[:40]!r}: {[f.kind for f in frames][:5]}")
            empty = await _frames_for(person, port, b"", "?since=")
            if isinstance(empty, int) or len(empty) != 1:
                wrong.append(f"empty: {empty}")
            run.none(f"wrong answers of {2 * len(nonsense) + 1} {door}".strip(), wrong)
            raw = request("GET", "/api/stream", headers=person.headers)[:-2]
            lines = {
                "NUL": b"Last-Event-ID: a\0b\r\n",
                "bytes": b"Last-Event-ID: \xff\xfe\r\n",
                "two": f"Last-Event-ID: {epoch}-{newest - 5}\r\n".encode() * 2,
            }
            for name, line in lines.items():
                reply = await throw(port, [raw + line + b"\r\n"], patience=5)
                run.expect(f"{name} in the header: no server error", reply.is_refusal, True)
        # A sound cursor from the start tells everything there is, which is no secret to the reader.
        whole = await replay(person, stage.server.port, cursor=f"{epoch}-0")
        run.at_least("events from the very start", len(whole), 50)


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


async def _frames_for(person: Person, port: int, header: bytes, query: str) -> list[Frame] | int:
    """The frames up to the heartbeat, or the status of the refusal."""
    raw = request("GET", "/api/stream" + query, headers=person.headers)
    if header:
        raw = raw[:-2] + b"Last-Event-ID: " + header + b"\r\n\r\n"
    frames: list[Frame] = []
    beat = asyncio.Event()

    def hear(raws: Sequence[bytes]) -> None:
        for one in raws:
            frame = parse(one.decode())
            if frame is not None and not beat.is_set():
                frames.append(frame)
                if frame.kind == "heartbeat":
                    beat.set()

    ear = await listen(port, raw, hear)
    try:
        async with asyncio.timeout(10):
            status = (await asyncio.shield(ear.head)).status
            if status == 200:
                await beat.wait()
    except NoAnswer:
        return 0
    finally:
        ear.close()
    return frames if status == 200 else status


@row("IN-08", "bodies that are not what they say, or not what is asked for", beside=MANY, stack="")
async def lying_bodies(run: Run) -> None:
    async with Stage(run, people=2) as stage:
        person = stage.people[0]
        wires = [Wire(port) for port in stage.server.doors.values()]
        deep = 10_000
        documents: dict[str, bytes] = {
            "nothing": b"", "no JSON": b"{", "two documents": b"{} {}", "an array": b"[]",
            "a string": b'"content"', "null": b"null", "NaN": b'{"content": NaN}',
            "Infinity": b'{"content": "x", "a": -Infinity}', "1e400": b'{"content": 1e400}',
            "100,000 digits": b'{"content": ' + b"9" * 100_000 + b"}",
            "100,000 digits beside": b'{"content": "x", "a": ' + b"9" * 100_000 + b"}",
            "deep arrays": b'{"content": ' + b"[" * deep + b"]" * deep + b"}",
            "deep objects": b'{"a":' * deep + b"1" + b"}" * deep,
            "a number": b'{"content": 5}', "true": b'{"content": true}',
            "an array for a text": b'{"content": ["a"]}',
            "an object for a text": b'{"content": {}}',
            "null for a text": b'{"content": null}', "no content": b'{"client_id": "c"}',
            "an array for a key": b'{"content": "x", "client_id": ["c"]}',
            "a long key": b'{"content": "x", "client_id": "' + b"k" * 65 + b'"}',
            "a key of another script": '{"content": "x", "client_id": "é"}'.encode(),
            "UTF-16": '{"content": "x"}'.encode("utf-16"), "Latin-1": b'{"content": "\xe9"}',
        }  # fmt: skip
        wrong = []
        for (name, body), wire in product(documents.items(), wires):
            answer = await _post(wire, person, body, JSON)
            if answer.status not in (400, 413, 415) or not _is_problem(answer):
                wrong.append(f"{name}: {answer.status} {answer.body[:80]!r}")
        good = b'{"content": "x"}'
        types: dict[str, tuple[str, bytes]] = {
            "JSON as text": ("text/plain", good), "JSON as a form": (FORM["Content-Type"], good),
            "XML": ("application/xml", b"<content>x</content>"), "no type": ("", good),
            "multipart without boundary": ("multipart/form-data", b"x"),
            "another boundary": ("multipart/form-data; boundary=a", b"--b\r\n\r\nx\r\n--b--"),
            "a cut part": ("multipart/form-data; boundary=a",
                           b'--a\r\nContent-Disposition: form-data; name="content"'),
            "1000 parts": ("multipart/form-data; boundary=a",
                           b'--a\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n' * 1000
                           + b"--a--"),
            "a form as JSON": ("application/json", b"content=x"),
            "a charset nobody knows": ("application/x-www-form-urlencoded; charset=nonsense",
                                       b"contents=x"),
            "two types": ("application/json, text/plain", good),
        }  # fmt: skip
        for (name, (kind, body)), wire in product(types.items(), wires):
            answer = await _post(wire, person, body, {"Content-Type": kind})
            if answer.status not in (400, 413, 415) or not _is_problem(answer):
                wrong.append(f"{name}: {answer.status} {answer.body[:80]!r}")
        run.none(f"wrong answers of {len(wires) * (len(documents) + len(types))}", wrong)
        wire = wires[0]
        twice = b'{"content": "first", "content": "second", "client_id": "twice"}'
        answer = await _post(wire, person, twice, JSON)
        run.expect("a key given twice: taken once or refused", answer.status in (201, 400), True)
        stored = [message["content"] for message in stage.stored().messages.values()]
        run.at_most("messages stored", len(stored), 1)
        # What is what it says is taken, in each of the three ways.
        field = b'--a\r\nContent-Disposition: form-data; name="content"\r\n\r\nhi\r\n--a--\r\n'
        for name, kind, body in (
            ("JSON", "application/json; charset=utf-8", b'{"content": "hi"}'),
            ("a form", FORM["Content-Type"], b"content=hi"),
            ("a multipart form", "multipart/form-data; boundary=a", field),
        ):
            answer = await _post(wire, person, body, {"Content-Type": kind})
            run.expect(f"sound {name}", answer.status, 201)
        for wire in wires:
            wire.close()


def _is_problem(answer: Answer) -> bool:
    document: Any = answer.json()
    return (
        answer.headers.get("content-type", "").startswith("application/problem+json")
        and isinstance(document, dict)
        and document.get("status") == answer.status
    )


@row("IN-13", "texts that make a parser sweat", beside=MANY, stack="")
async def sweating(run: Run) -> None:
    patterns = (
        "[", "]", "*", "**", "_", "__", "(", "![", "[](", "[a](", ">", "> ", "`", "``", "~", "~~~",
        "<", "<a", "<!--", "&", "&#", "\\", "#", "- ", " - ", "1. ", "|", "| a ", "a|b\n", "http://",
        "www.", "a@b.", "*a_ ", "_*", "[*", "`a``", "\t", "\n", "> - ", "- > ", ":", "👩\u200d",
        "\u0301", "mailto:", "[a]: b\n", "```\n", "*_~`", "<<", "((",
    )  # fmt: skip
    async with Stage(run, people=2) as stage:
        wire = Wire(stage.server.port)
        slowest: list[tuple[float, str]] = []
        wrong = []
        texts = [(pattern, pattern * (CHARACTERS // len(pattern))) for pattern in patterns]
        for _ in range(run.pick(20, 300)):
            mix = "".join(run.rng.choices(patterns, k=run.rng.randrange(2, 6)))
            texts.append((mix, mix * (CHARACTERS // len(mix))))
        texts += [("```python " + sign, "```python\n" + sign * 7900) for sign in "('\"#\\{[ "]
        for number, (name, text) in enumerate(texts):
            cpu = stage.server.cpu_seconds
            try:
                answer = await _post(wire, stage.people[0], _message(text, f"s-{number}"), JSON)
            except NoAnswer as error:
                wrong.append(f"{name!r}: {error}")
                continue
            slowest.append((stage.server.cpu_seconds - cpu, repr(name)))
            if answer.status not in (201, 400):
                wrong.append(f"{name!r}: {answer.status}")
        answer = await _post(wire, stage.people[0], _message("[" * 100_000, "large"), JSON)
        run.expect("100 KB", answer.status, 413)
        run.none(f"wrong answers of {len(texts)}", wrong)
        slowest.sort(reverse=True)
        run.at_most("CPU s of the slowest", slowest[0][0], 1)
        run.figure("slowest", [f"{seconds:.2f} {name}" for seconds, name in slowest[:3]])
        wire.close()
