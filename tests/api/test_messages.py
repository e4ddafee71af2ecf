"""The messages of a room, over HTTP."""

import pytest

from hallway import limits
from hallway.actions.messages import delete_message, post_message
from hallway.events.shapes import author_shape
from hallway.models import Message

HALLWAY = "/api/rooms/hallway/messages"
KITCHEN = "/api/rooms/kitchen/messages"
JSON = "application/json"


def test_a_message_is_posted_as_json(joes, joe):
    answer = joes.post(HALLWAY, {"content": "*hi*", "client_id": "c1"}, content_type=JSON)
    assert answer.status_code == 201
    message = answer.json()
    assert message == {
        "id": Message.objects.get().pk,
        "room": "hallway",
        "author": {"id": joe.pk, "name": "Joe", "kind": "member", "picture": ""},
        "content": "*hi*",
        "html": "<p><em>hi</em></p>",
        "emoji_only": False,
        "created_at": message["created_at"],
        "edited_at": None,
        "client_id": "c1",
        "version": 1,
        "reply_to": None,
        "reactions": [],
        "mentions": [],
        "pinned_at": None,
    }
    assert message["created_at"].endswith("Z")


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_message_is_posted_as_a_form(joes, kind):
    if kind == "multipart":
        answer = joes.post(HALLWAY, {"content": "hi"})
    else:
        answer = joes.post(HALLWAY, "content=hi", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["content"]) == (201, "hi")


def test_a_repeat_answers_200_and_the_first_message(joes, zoes):
    body = {"content": "hi", "client_id": "c1"}
    first = joes.post(HALLWAY, body, content_type=JSON)
    again = joes.post(HALLWAY, body | {"content": "other"}, content_type=JSON)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    theirs = zoes.post(HALLWAY, body, content_type=JSON)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != first.json()["id"]


def test_fields_that_are_not_ones_own_to_set_are_ignored(joes, joe, maya):
    body = {
        "content": "hi",
        "author": maya.pk,
        "id": 99_000_000,
        "created_at": "2001-01-01",
        "room": "x",
    }
    message = joes.post(HALLWAY, body, content_type=JSON).json()
    assert message["author"]["id"] == joe.pk
    assert message["id"] != 99_000_000
    assert message["room"] == "hallway"
    assert not message["created_at"].startswith("2001")


def test_the_newest_page_comes_first(joes, joe, hallway):
    ids = [post_message(joe, hallway, source=f"{number}")[0].pk for number in range(45)]
    page = joes.get(HALLWAY).json()
    assert [message["id"] for message in page["messages"]] == ids[-40:]
    assert page["has_more"] is True
    older = joes.get(HALLWAY, {"before": ids[5]}).json()
    assert [message["id"] for message in older["messages"]] == ids[:5]
    assert older["has_more"] is False
    newer = joes.get(HALLWAY, {"after": ids[2], "limit": 2}).json()
    assert [message["id"] for message in newer["messages"]] == ids[3:5]
    assert newer["has_more"] is True


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": -1},
        {"limit": "x"},
        {"limit": "1e400"},
        {"before": 0},
        {"before": -1},
        {"before": 2**63},
        {"before": "9" * 5000},
        {"after": "\0"},
        {"after": "1.5"},
        {"after": "NaN"},
    ],
)
def test_a_page_that_cannot_be_is_refused(joes, is_problem, query):
    is_problem(joes.get(HALLWAY, query), 400, "invalid-parameters")


def test_one_edits_and_deletes_ones_own(joes, joe, hallway):
    message, _ = post_message(joe, hallway, source="teh")
    address = f"/api/messages/{message.pk}"
    edited = joes.patch(address, {"content": "the"}, content_type=JSON)
    assert edited.status_code == 200
    assert (edited.json()["content"], edited.json()["version"]) == ("the", 2)
    assert edited.json()["edited_at"]
    deleted = joes.delete(address)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert joes.get(HALLWAY).json()["messages"] == []


def test_zoe_edits_and_deletes_nothing_of_others(zoes, joe, hallway, is_problem):
    message, _ = post_message(joe, hallway, source="mine")
    address = f"/api/messages/{message.pk}"
    is_problem(zoes.patch(address, {"content": "x"}, content_type=JSON), 403, "not-your-message")
    is_problem(zoes.delete(address), 403, "not-your-message")
    assert Message.objects.get().content == "mine"


def test_for_zoe_a_private_room_is_like_none(zoes, joe, kitchen, is_problem):
    message, _ = post_message(joe, kitchen, source="ours")
    body = {"content": "hi"}
    for room in ("kitchen", "no-such-room"):
        address = f"/api/rooms/{room}/messages"
        is_problem(zoes.get(address), 404, "room-not-found")
        is_problem(zoes.post(address, body, content_type=JSON), 404, "room-not-found")
    assert zoes.get(KITCHEN).content == zoes.get("/api/rooms/no-such-room/messages").content
    for number in (message.pk, message.pk + 1, 2**63 - 1):
        address = f"/api/messages/{number}"
        is_problem(zoes.patch(address, body, content_type=JSON), 404, "message-not-found")
        is_problem(zoes.delete(address), 404, "message-not-found")
    assert Message.objects.count() == 1


def test_what_was_deleted_is_gone_for_its_author_too(joes, joe, hallway, is_problem):
    message, _ = post_message(joe, hallway, source="oops", client_id="c1")
    delete_message(joe, message)
    is_problem(joes.delete(f"/api/messages/{message.pk}"), 404, "message-not-found")
    again = joes.post(HALLWAY, {"content": "oops", "client_id": "c1"}, content_type=JSON)
    is_problem(again, 410, "message-gone")


def test_who_writes_too_fast_is_told_when_to_try_again(joes, setting, is_problem):
    setting(POST_RATE=2)
    for _ in range(2):
        assert joes.post(HALLWAY, {"content": "hi"}, content_type=JSON).status_code == 201
    refused = joes.post(HALLWAY, {"content": "hi"}, content_type=JSON)
    is_problem(refused, 429, "too-many-messages")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Retry-After"] in refused.json()["detail"]


def test_a_page_of_messages_costs_the_same_at_10_and_20(joes, joe, hallway, count_queries):
    for _ in range(10):
        post_message(joe, hallway, source="hi")
    ten = count_queries(lambda: joes.get(HALLWAY))
    for _ in range(10):
        post_message(joe, hallway, source="hi")
    assert count_queries(lambda: joes.get(HALLWAY)) == ten


def test_a_reply_names_what_it_replies_to_and_nothing_of_another_room(
    joes, mayas, is_problem, kitchen
):
    first = mayas.post(HALLWAY, {"content": "where?"}, content_type=JSON).json()
    body = {"content": "there", "reply_to": first["id"]}
    reply = joes.post(HALLWAY, body, content_type=JSON).json()
    assert (reply["reply_to"]["id"], reply["reply_to"]["excerpt"]) == (first["id"], "where?")
    ours = mayas.post(KITCHEN, {"content": "ours"}, content_type=JSON).json()
    refused = joes.post(HALLWAY, {"content": "?", "reply_to": ours["id"]}, content_type=JSON)
    is_problem(refused, 400, "reply-not-found")
    unknown = joes.post(HALLWAY, {"content": "?", "reply_to": 10**9}, content_type=JSON)
    assert unknown.json() == refused.json()


def test_people_react_over_http(joes, zoes, joe, is_problem, kitchen, mayas):
    message = joes.post(HALLWAY, {"content": "hi"}, content_type=JSON).json()
    path = f"/api/messages/{message['id']}/reactions/"
    for _ in range(2):
        answer = joes.put(f"{path}%F0%9F%91%8D")
        summary = [{"emoji": "👍", "count": 1, "authors": [joe.pk]}]
        assert (answer.status_code, answer.json()["reactions"]) == (200, summary)
    who = zoes.get(path.rstrip("/")).json()["reactions"]
    assert who[0]["authors"] == [author_shape(joe)]
    is_problem(joes.put(f"{path}nonsense"), 400, "invalid-emoji")
    assert joes.delete(f"{path}%F0%9F%91%8D").status_code == 204
    ours = mayas.post(KITCHEN, {"content": "ours"}, content_type=JSON).json()
    for call in (zoes.put, zoes.delete):
        refused = call(f"/api/messages/{ours['id']}/reactions/%F0%9F%91%8D")
        is_problem(refused, 404, "message-not-found")
    for hidden in ("", "/reactions", "/revisions"):
        is_problem(zoes.get(f"/api/messages/{ours['id']}{hidden}"), 404, "message-not-found")
    is_problem(zoes.get("/api/rooms/kitchen/pins"), 404, "room-not-found")
    is_problem(zoes.get("/api/rooms/kitchen/people"), 404, "room-not-found")


def test_reacting_too_fast_is_refused(joes, setting, is_problem, monkeypatch):
    monkeypatch.setattr(limits, "_reacting", limits.Limiter())
    message = joes.post(HALLWAY, {"content": "hi"}, content_type=JSON).json()
    setting(POST_RATE=2)
    path = f"/api/messages/{message['id']}/reactions/%F0%9F%91%8D"
    answers = [call(path) for call in (joes.put, joes.delete, joes.put)]
    assert [answer.status_code for answer in answers] == [200, 204, 429]
    is_problem(answers[2], 429, "too-many-reactions")
    assert int(answers[2].headers["Retry-After"]) > 0


def test_earlier_texts_are_readable_until_the_message_is_deleted(joes, zoes, setting):
    setting(POST_RATE=0)
    message = joes.post(HALLWAY, {"content": "teh"}, content_type=JSON).json()
    path = f"/api/messages/{message['id']}"
    joes.patch(path, {"content": "the"}, content_type=JSON)
    joes.patch(path, {"content": "the end"}, content_type=JSON)
    revisions = zoes.get(f"{path}/revisions").json()["revisions"]
    assert [revision["content"] for revision in revisions] == ["teh", "the"]
    joes.delete(path)
    assert zoes.get(f"{path}/revisions").status_code == 404


def test_a_page_around_a_message_and_the_pins(mayas, zoes, is_problem):
    ids = [
        mayas.post(HALLWAY, {"content": f"{n}"}, content_type=JSON).json()["id"] for n in range(9)
    ]
    page = zoes.get(f"{HALLWAY}?around={ids[4]}&limit=4").json()
    assert [message["id"] for message in page["messages"]] == ids[2:6]
    assert (page["has_more"], page["has_newer"]) == (True, True)
    page = zoes.get(f"{HALLWAY}?around={ids[8]}&limit=40").json()
    assert [message["id"] for message in page["messages"]] == ids
    assert (page["has_more"], page["has_newer"]) == (False, False)
    is_problem(zoes.put(f"/api/messages/{ids[0]}/pin"), 403, "not-allowed")
    assert mayas.put(f"/api/messages/{ids[0]}/pin").json()["pinned_at"]
    assert [m["id"] for m in zoes.get("/api/rooms/hallway/pins").json()["messages"]] == [ids[0]]
    assert mayas.delete(f"/api/messages/{ids[0]}/pin").status_code == 204
    assert zoes.get("/api/rooms/hallway/pins").json()["messages"] == []
