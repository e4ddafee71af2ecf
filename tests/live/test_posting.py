"""Posting to the real server: shared commits, repeats, limits."""

import asyncio
import threading
from collections import Counter
from itertools import count

import httpx2
import pytest

_numbers = count(1)
JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture
def joe(product):
    return product.person(f"Josephine {next(_numbers)}")


def all_at_once(person, bodies, *, room="hallway"):
    """The answers to these posts, sent at the same moment over connections of their own."""
    headers = {"X-CSRFToken": person.http.cookies.get("csrftoken") or ""}
    limits = httpx2.Limits(max_connections=len(bodies))

    async def send_all():
        async with httpx2.AsyncClient(
            base_url=person.server.url,
            cookies=person.http.cookies,
            headers=headers,
            limits=limits,
            verify=False,
            timeout=30,
        ) as http:
            path = f"/api/rooms/{room}/messages"
            return await asyncio.gather(*(http.post(path, json=body) for body in bodies))

    return asyncio.run(send_all())


def test_sixty_four_posts_at_once_are_all_stored(joe):
    texts = [f"{joe.name} says {number}" for number in range(64)]
    answers = all_at_once(joe, [{"content": text} for text in texts])
    assert Counter(answer.status_code for answer in answers) == {201: 64}
    stored = [message["content"] for message in joe.history(limit=100)]
    assert sorted(text for text in stored if text in texts) == sorted(texts)
    ids = [answer.json()["id"] for answer in answers]
    assert len(set(ids)) == 64


def test_one_refused_post_does_not_hurt_those_it_shares_a_commit_with(joe):
    bodies = [{"content": f"{joe.name} {number}"} for number in range(40)]
    odd = [{"content": ""}, {"content": "x" * 9000}, {"content": "a\0b"}, {"text": "?"}]
    for number, body in enumerate(odd):
        bodies.insert(10 * number + 5, body)
    answers = all_at_once(joe, bodies)
    for body, answer in zip(bodies, answers, strict=True):
        expected = 201 if body not in odd else (413 if len(body.get("content", "")) > 9 else 400)
        assert answer.status_code == expected, answer.text
    stored = {message["content"] for message in joe.history(limit=100)}
    assert {body["content"] for body in bodies if body not in odd} <= stored


def test_twenty_repeats_at_once_are_one_message(joe):
    content = f"{joe.name} once"
    answers = all_at_once(joe, [{"content": content, "client_id": "same"}] * 20)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json()["id"] for answer in answers}) == 1
    stored = [message for message in joe.history(limit=100) if message["content"] == content]
    assert len(stored) == 1


def test_the_same_client_id_of_another_author_is_another_message(product, joe):
    zoe = product.person(f"Zoe {next(_numbers)} in posting")
    first = joe.post("hi", client_id="c1")
    second = zoe.post("hi", client_id="c1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    assert joe.post("hi", client_id="c1").json() == first.json()


def test_parallel_posts_are_heard_once_each_in_one_order(product, joe):
    heard = [joe.hear() for _ in range(5)]
    bodies = [{"content": f"{joe.name} in order {number}"} for number in range(50)]
    ids = {answer.json()["id"] for answer in all_at_once(joe, bodies)}
    for listener in heard:
        listener.wait(lambda listener: len(told_to(listener, ids)) == 50)
        told = told_to(listener, ids)
        assert told == sorted(ids)
        positions = [frame.id for frame in listener.events]
        assert positions == sorted(set(positions))


def told_to(listener, ids):
    return [frame.data["id"] for frame in listener.events if frame.data.get("id") in ids]


def test_a_body_over_the_limit_is_refused_whatever_it_is(joe):
    for path in ("/api/rooms/hallway/messages", "/create-message/", "/lobby/"):
        answer = joe.send("POST", path, content=b"x" * 1_000_001, headers=JSON_TYPE)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too-large"


def test_a_body_without_a_length_is_measured_as_it_comes(joe):
    def pieces():
        for _ in range(20):
            yield b"x" * 100_000

    answer = joe.send("POST", "/api/rooms/hallway/messages", content=pieces(), headers=JSON_TYPE)
    assert answer.status_code == 413


def test_a_body_at_the_limit_is_read(joe):
    body = b'{"content": "hi", "more": "' + b"x" * (1_000_000 - 29) + b'"}'
    assert len(body) == 1_000_000
    answer = joe.send("POST", "/api/rooms/hallway/messages", content=body, headers=JSON_TYPE)
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"content": NaN}', b"", b"\xff"])
def test_a_body_that_is_no_json_is_refused(joe, body):
    answer = joe.send("POST", "/api/rooms/hallway/messages", content=body, headers=JSON_TYPE)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_the_csrf_token_nothing_is_stored(joe):
    answer = joe.http.post("/api/rooms/hallway/messages", json={"content": "forged"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed")
    foreign = {"Origin": "https://evil.example"}
    answer = joe.send(
        "POST", "/api/rooms/hallway/messages", json={"content": "forged"}, headers=foreign
    )
    assert answer.status_code == 403
    assert "forged" not in [message["content"] for message in joe.history(limit=100)]


def test_who_writes_too_fast_is_told_when_to_try_again(start):
    server = start(HALLWAY_POST_RATE="5")
    joe, zoe = server.person("Joe"), server.person("Zoe")
    answers = all_at_once(joe, [{"content": f"{number}"} for number in range(8)])
    assert Counter(answer.status_code for answer in answers) == {201: 5, 429: 3}
    for answer in answers:
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert answer.json()["code"] == "too-many-messages"
    assert len(joe.history()) == 5
    assert zoe.post("others write on").status_code == 201


def test_the_admin_writes_while_others_post(product, joe):
    """Both want SQLite's one lock; nobody is answered that the database is busy."""
    name = f"clerk{next(_numbers)}"
    product.shell(f"from tests.people import make_staff; make_staff('{name}')")
    clerk = product.person()
    clerk.sign_in(name, "correct horse")
    form = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    stop = threading.Event()
    statuses: Counter[int] = Counter()

    def post():
        while not stop.is_set():
            statuses[joe.post("hi").status_code] += 1

    poster = threading.Thread(target=post)
    poster.start()
    try:
        for number in range(10):
            room = {"name": f"{name} {number}", "slug": f"{name}-{number}"}
            answer = clerk.send("POST", "/admin/hallway/room/add/", data=form | room)
            assert answer.status_code == 302
    finally:
        stop.set()
        poster.join(20)
    assert set(statuses) == {201}
