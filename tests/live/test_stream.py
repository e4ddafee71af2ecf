"""The stream over the wire, from the real server."""

import re
import time
from functools import partial
from itertools import count

import pytest

from tests.wire import until

_numbers = count(1)


@pytest.fixture
def maya(product):
    return product.person(f"Maya {next(_numbers)}")


@pytest.fixture
def joe(product):
    return product.person(f"Joe {next(_numbers)}")


@pytest.fixture
def word():
    """A text that no other test says."""
    return f"word {next(_numbers)}"


def test_its_head_and_first_heartbeat_come_at_once(maya):
    fastest = 1.0
    for _ in range(5):
        began = time.monotonic()
        with maya.listen() as heard:
            heard.heartbeat()
            fastest = min(fastest, time.monotonic() - began)
    assert fastest < 0.1


def test_its_headers_keep_it_flowing_and_unseen_by_others(maya):
    headers = maya.hear().answer.headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in headers
    assert "content-length" not in headers
    assert not any(name.startswith("access-control") for name in headers)


def test_it_is_never_compressed(maya):
    heard = maya.hear(accept_encoding="gzip, br, zstd")
    assert "content-encoding" not in heard.answer.headers


def test_every_client_comes_back_at_a_moment_of_its_own(maya):
    retries = {maya.hear().answer.reader.retries[0] for _ in range(5)}
    assert len(retries) > 1
    assert all(500 <= retry <= 10_000 for retry in retries)


def test_a_message_reaches_another_screen_at_once(maya, joe, word):
    heard = joe.hear()
    began = time.monotonic()
    message = maya.say(word)
    heard.wait_for(word)
    assert time.monotonic() - began < 2
    [frame] = [frame for frame in heard.events if frame.data.get("content") == word]
    assert frame.kind == "message.posted"
    assert frame.data == message


def test_edits_and_deletions_are_heard(maya, joe, word):
    heard = joe.hear()
    number = maya.say(word)["id"]
    maya.send("PATCH", f"/api/messages/{number}", json={"content": f"{word}!"})
    heard.wait(lambda heard: "message.edited" in heard.kinds())
    maya.send("DELETE", f"/api/messages/{number}")
    heard.wait(lambda heard: "message.deleted" in heard.kinds())
    told = [frame for frame in heard.events if frame.data.get("id") == number]
    assert [frame.kind for frame in told][-2:] == ["message.edited", "message.deleted"]
    assert told[-1].data == {"id": number, "room": "hallway"}


def test_a_new_name_is_heard(maya, joe):
    heard = joe.hear()
    name = f"Portia {next(_numbers)}"
    assert maya.send("POST", "/name/", data={"username": name}).status_code == 302
    heard.wait(lambda heard: any(frame.data.get("name") == name for frame in heard.events))
    assert heard.events[-1].kind == "author.renamed"


def test_leaving_ends_ones_streams_and_no_others(maya, joe, word):
    mine, second, theirs = maya.hear(), maya.hear(), joe.hear()
    assert maya.send("POST", "/leave/").status_code == 302
    joe.say(word)
    for heard in (mine, second):
        heard.wait_for_end()
        assert heard.kinds()[-1] == "session.ended"
        assert word not in heard.contents()
        assert heard.answer.is_complete
    theirs.wait_for(word)
    assert not theirs.has_ended
    assert maya.listen().status == 401


def test_it_resumes_from_every_position(maya, joe):
    live = joe.hear()
    first = live.heartbeat().cursor
    texts = [f"{next(_numbers)}" for _ in range(12)]
    for text in texts:
        maya.say(text)
    live.wait_for(texts[-1])
    events = live.events
    for number, cursor in enumerate([first, *(frame.cursor for frame in events)]):
        with joe.hear(last_event_id=cursor) as heard:
            assert heard.events[: len(events) - number] == events[number:]


def test_it_resumes_by_parameter_or_by_header_and_the_header_wins(maya, joe, word):
    start = joe.hear().heartbeat().cursor
    maya.say(f"{word} 1")
    middle = joe.hear().heartbeat().cursor
    maya.say(f"{word} 2")

    def told(path="/api/stream", **headers):
        with joe.hear(path, **headers) as heard:
            heard.wait(lambda heard: "heartbeat" in [frame.kind for frame in heard.frames])
            return [text for text in heard.contents() if text.startswith(word)]

    assert told() == []
    assert told(last_event_id=start) == [f"{word} 1", f"{word} 2"]
    assert told(f"/api/stream?since={start}") == [f"{word} 1", f"{word} 2"]
    assert told(f"/api/stream?since={start}", last_event_id=middle) == [f"{word} 2"]
    assert told(f"/api/stream?since={middle}", last_event_id=start) == [f"{word} 1", f"{word} 2"]


ODD_CURSORS = [
    "0",
    "-1",
    str(2**63),
    str(2**64),
    "1e999",
    "abc",
    "x" * 10_000,
    "%00",
    "%C3%A9",
    "<",
    "%0A",
    "0123456789ab-1",
    "0123456789ab-99999999999999999999",
    "a-1,a-2",
    "../../etc",
]


@pytest.mark.parametrize("cursor", ODD_CURSORS, ids=lambda cursor: cursor[:24])
def test_an_odd_cursor_is_told_to_load_afresh(maya, joe, cursor):
    before = maya.hear()
    maya.say("there is some history")
    before.wait_for("there is some history")  # or it comes after the reset, as news
    heard = joe.hear(f"/api/stream?since={cursor}")
    assert heard.kinds()[:1] == ["reset"]
    assert heard.contents() == []
    assert heard.events[0].cursor == heard.heartbeat().cursor


@pytest.mark.parametrize("cursor", ["0", "-1", "abc", "x" * 10_000, "é", "<", "a-1, a-2"])
def test_an_odd_cursor_in_the_header_too(joe, cursor):
    heard = joe.hear(last_event_id=cursor)
    assert heard.kinds()[:1] == ["reset"]


def test_a_cursor_from_the_future_is_told_to_load_afresh(joe):
    epoch, _, number = joe.hear().heartbeat().cursor.partition("-")
    heard = joe.hear(last_event_id=f"{epoch}-{int(number) + 10_000}")
    assert heard.events[0].data == {"reason": "ahead"}


def test_an_empty_cursor_is_none(joe):
    assert joe.hear("/api/stream?since=", last_event_id="").kinds() == []


def test_strangers_get_no_stream(product):
    answer = product.person().listen().answer
    until(lambda: answer.is_complete, what="the whole answer")
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/stream", "/stream-chat-messages/"])
def test_other_sites_get_no_stream(joe, path):
    assert joe.listen(path, sec_fetch_site="cross-site").status == 403
    assert joe.listen(path, sec_fetch_site="same-origin").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_stream_is_only_read(joe, method):
    answer = joe.send(method, "/api/stream")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["code"] == "method-not-allowed"


def test_asking_for_its_head_ends(joe):
    answer = joe.http.head("/api/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"


FORGERIES = [
    "hi\n\nevent: reset\ndata: {}\n\n",
    "hi\nid: 999\nevent: message.deleted",
    "hi\r\nid: 999\r\n\r\nevent: reset",
    "hi\rid: 999\r\revent: reset",
    ": comment\ndata: x",
    "x\u2028id: 1\u2029event: reset\x0b".rstrip("\x0b"),
    "retry: 1\n\nretry: 1",
]


@pytest.mark.parametrize("text", FORGERIES)
def test_no_text_forges_a_frame(maya, joe, text):
    """The listener's reader is strict: a forged field, id or frame fails it."""
    heard = joe.hear()
    content = maya.say(text)["content"]
    assert content == text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    heard.wait_for(content)
    assert heard.kinds().count("message.posted") == 1


def test_a_room_opened_in_the_admin_appears(product, joe, word):
    staff = sign_in_staff(product)
    heard = joe.hear()
    slug = word.replace(" ", "-")
    form = {
        "name": word,
        "slug": slug,
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert staff.send("POST", "/admin/hallway/room/add/", data=form).status_code == 302
    heard.wait(lambda heard: any(frame.data.get("slug") == slug for frame in heard.events))
    joe.say(f"{word} 1", room=slug)
    heard.wait_for(f"{word} 1")


def test_a_write_of_another_process_arrives(product, joe, word):
    heard = joe.hear()
    product.shell(
        "from hallway.actions import accounts, messages\n"
        "from hallway.models import Room\n"
        f"author = accounts.enter_as_guest('{word} author')\n"
        f"messages.post_message(author, Room.objects.get(slug='hallway'), source='{word}')"
    )
    heard.wait_for(word)


def test_a_private_room_is_heard_by_its_members_alone(product, word):
    """What zoe may learn of the kitchen is what she may learn of a room that is not there."""
    zoe, joe = product.members(*(f"{name} {next(_numbers)}" for name in ("Zoe", "Joe")))
    number = next(_numbers)
    slug = f"kitchen-{number}"
    hers, his = zoe.hear(), joe.hear()
    manage = (
        "from hallway.models import Author, Room\n"
        "from hallway.actions import accounts, members, messages\n"
        "from tests.people import make_private_room, make_somebody, make_staff\n"
        f"joe = Author.objects.get(name='{joe.name}')\n"
    )
    product.shell(
        f"{manage}host = accounts.enter_with_account(make_staff('Host {number}'))\n"
        f"make_private_room('{slug}', host, joe)"
    )
    his.wait(lambda heard: "member.joined" in heard.kinds())
    joe.say(f"{word} ours", room=slug)
    his.wait_for(f"{word} ours")
    narrowed = joe.hear(f"/api/stream?room={slug}")

    for path in (f"/api/stream?room={slug}", f"/api/stream?room=hallway&room={slug}"):
        theirs = zoe.listen(path).answer
        none = zoe.listen(path.replace(slug, "no-such-room")).answer
        for answer in (theirs, none):
            until(partial(getattr, answer, "is_complete"), what="the whole answer")
        assert theirs.status == none.status == 404
        assert theirs.body == none.body
    for method, path in (
        ("GET", f"/api/rooms/{slug}/messages"),
        ("POST", f"/api/rooms/{slug}/messages"),
        ("PUT", f"/api/rooms/{slug}/membership"),
        ("DELETE", f"/api/rooms/{slug}/membership"),
    ):
        body = {"content": "hi"} if method == "POST" else None
        theirs_ = zoe.send(method, path, json=body)
        none_ = zoe.send(method, path.replace(slug, "no-such-room"), json=body)
        assert theirs_.status_code == none_.status_code == 404
        assert theirs_.content == none_.content
    assert zoe.http.get(f"/rooms/{slug}/").status_code == 404
    assert joe.http.get(f"/rooms/{slug}/").status_code == 200

    product.shell(f"{manage}members.leave_room(joe, Room.objects.get(slug='{slug}'))")
    his.wait(lambda heard: "member.left" in heard.kinds())
    assert joe.post("hi", room=slug).status_code == 404
    assert joe.listen(f"/api/stream?room={slug}").status == 404
    product.shell(
        f"{manage}host = Author.objects.get(name='Host {number}')\n"
        f"room = Room.objects.get(slug='{slug}')\n"
        f"eve = make_somebody('Eve {next(_numbers)}')\n"
        "members.add_member(host, room, eve)\n"
        f"messages.post_message(eve, room, source='{word} without joe')\n"
    )
    zoe.say(f"{word} open")
    hers.wait_for(f"{word} open")
    his.wait_for(f"{word} open")
    assert f"{word} without joe" not in his.contents() + narrowed.contents()
    assert f"{word} ours" in narrowed.contents() or narrowed.contents() == []
    assert slug not in str(hers.events)


def test_narrowed_to_a_room_it_tells_of_nothing_else(product, maya, joe, word):
    slug = word.replace(" ", "-")
    assert sign_in_staff(product).send("POST", "/api/rooms", json={"name": word}).is_success
    heard = joe.hear(f"/api/stream?room={slug}")
    maya.say(f"{word} elsewhere")
    maya.say(f"{word} here", room=slug)
    heard.wait_for(f"{word} here")
    assert heard.contents() == [f"{word} here"]


def sign_in_staff(product):
    name = f"staff{next(_numbers)}"
    product.shell(f"from tests.people import make_staff; make_staff('{name}')")
    staff = product.person()
    staff.sign_in(name, "correct horse")
    return staff


def test_the_page_leads_to_where_its_stream_begins(maya, joe, word):
    maya.say(f"{word} before")
    page = joe.http.get("/rooms/hallway/").text
    maya.say(f"{word} after")
    found = re.search(r"[0-9a-f]{12}-[0-9]+", page)
    assert found is not None
    with joe.hear(f"/api/stream?since={found[0]}") as heard:
        heard.wait_for(f"{word} after")
        assert f"{word} before" in page
        assert f"{word} before" not in heard.contents()
