"""What our middlewares leave out of Django's, and what they must not."""

import pytest
from django.test import Client

pytestmark = pytest.mark.usefixtures("first_rows", "static_files")

COMPRESSED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def joe():
    client = Client()
    client.post("/lobby/", {"username": "Joe"})
    return client


def post(client, content, **headers):
    return client.post("/api/rooms/hallway/messages", {"content": content}, headers=headers)


def test_what_fits_into_a_packet_is_not_compressed(joe):
    answer = post(joe, "short", **COMPRESSED)
    assert answer.status_code == 201
    assert "Content-Encoding" not in answer.headers


def test_longer_answers_are_compressed_for_who_can_read_that(joe):
    post(joe, "long " * 400)
    path = "/api/rooms/hallway/messages"
    assert joe.get(path, headers=COMPRESSED).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in joe.get(path).headers
    assert joe.get("/lobby/", headers=COMPRESSED).headers["Content-Encoding"] == "gzip"


def test_an_answer_says_that_it_varies_with_the_session_it_read(joe):
    for answer in (
        joe.get("/api/me"),
        joe.get("/rooms/hallway/"),
        joe.get("/api/rooms/hallway/messages", headers=COMPRESSED),
        post(joe, "short"),
    ):
        assert "Cookie" in answer.headers["Vary"]
    assert "Vary" not in joe.get("/up").headers


def test_who_is_forgotten_is_told_so_by_the_cookie(joe):
    assert joe.cookies["sessionid"].value
    gone = Client()
    gone.cookies["sessionid"] = "nobody-has-this-one-and-never-had"
    assert gone.get("/api/me").status_code == 401
    assert gone.cookies["sessionid"].value == ""


def test_what_somebody_may_keep_varies_with_the_language(joe):
    answer = joe.get("/admin/login/", follow=True)
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]
    assert joe.get("/api/me").headers["Content-Language"] == "en"
