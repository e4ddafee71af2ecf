"""What the server tells whoever runs it: figures, lines of the log, and a name for each request."""

import json
import logging
import re
import sqlite3
from contextlib import closing

import pytest

from hallway import asking
from hallway_server.logs import Json, Lines
from tests.server import serve
from tests.wire import until

TOKEN = "a-token-for-prometheus"
ASKED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Behind a proxy on this machine, with figures and a log for programs."""
    with serve(
        tmp_path_factory.mktemp("watched"),
        HALLWAY_METRICS_TOKEN=TOKEN, HALLWAY_LOG="json", HALLWAY_PROXIES="127.0.0.1",
    ) as server:  # fmt: skip
        yield server


def lines(server):
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def figures(server):
    text = server.person().http.get("/metrics", headers=ASKED).text
    found = re.findall(r"^(hallway_\S+?)(?:_total)?(\{.*\})? (\S+)$", text, re.MULTILINE)
    return {name + labels: float(value) for name, labels, value in found}


def test_figures_count_streams_deliveries_answers_and_posts(server):
    maya, joe = server.person("Maya"), server.person("Joe")
    before = figures(server)
    heard = joe.hear()
    maya.say("hello")
    heard.wait_for("hello")
    assert maya.post("").status_code == 400
    now = figures(server)
    assert now["hallway_streams"] == before["hallway_streams"] + 1
    assert now["hallway_deliveries"] > before["hallway_deliveries"]
    assert now["hallway_post_seconds_count"] == before["hallway_post_seconds_count"] + 2
    created = 'hallway_answers{status="201"}'
    assert now[created] == before.get(created, 0) + 1
    assert now["hallway_log_lag_events"] == 0


def test_figures_name_nobody_and_are_for_who_knows_the_token(server):
    maya = server.person("Unmistakable")
    maya.say("unmistakable words")
    text = maya.http.get("/metrics", headers=ASKED).text.lower()
    assert "unmistakable" not in text
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert maya.http.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_there_are_no_figures(product):
    for headers in (ASKED, {"Authorization": "Bearer"}, {}):
        assert product.person().http.get("/metrics", headers=headers).status_code == 404


def test_every_answer_has_a_name_which_the_log_knows(server):
    maya = server.person("Nameable")
    for path in ("/", "/api/me", "/api/rooms/nowhere/messages", "/api/stream?room=nowhere"):
        assert re.fullmatch(r"[0-9a-f]{16}", maya.http.get(path).headers["X-Request-ID"]), path
    given = maya.http.get("/api/rooms/nowhere/messages", headers={"X-Request-ID": "from-nginx.1"})
    assert given.headers["X-Request-ID"] == "from-nginx.1"
    [line] = until(lambda: [one for one in lines(server) if one.get("request") == "from-nginx.1"])
    assert (line["message"], line["code"], line["status"]) == ("Refused", "room-not-found", 404)
    assert line["address"] == "127.0.0.1"
    assert line["about"] == "GET /api/rooms"
    assert line["author"] == maya.http.get("/api/me").json()["id"]
    assert line["time"].endswith("+00:00")
    odd = maya.http.get("/api/me", headers={"X-Request-ID": "two words"})
    assert odd.headers["X-Request-ID"] != "two words"


def test_a_name_is_not_taken_from_who_is_no_proxy(product):
    answer = product.person().http.get("/lobby/", headers={"X-Request-ID": "forged"})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])


def test_the_log_tells_of_sign_ins_refusals_and_limits_but_never_of_words_or_secrets(server):
    [ada] = server.members("Ada")
    session, csrf = ada.http.cookies["sessionid"], ada.http.cookies["csrftoken"]
    ada.say("the secret words")
    eve = server.person()
    eve.http.get("/sign-in/")
    wrong = {"email": "ada", "password": "the wrong horse"}
    while eve.send("POST", "/sign-in/", data=wrong).status_code != 429:
        pass
    eve.http.get("/join/a-secret-token/")
    eve.http.get("/nowhere/another-secret/")
    assert ada.send("DELETE", "/api/me/sessions").status_code == 204
    told = until(lambda: [one for one in lines(server) if "everywhere" in one["message"]])
    assert f"author {told[0]['author']} " in told[0]["message"]
    messages = {one["message"].partition(":")[0] for one in lines(server)}
    assert {"signed in", "Limit reached", "Refused"} <= messages
    assert "sign-in refused (wrong-credentials)" in messages
    for secret in ("secret words", "wrong horse", "secret-token", "another-secret", session, csrf):
        assert secret not in server.log


def record(message, *arguments, **extra):
    one = logging.LogRecord("test", logging.INFO, "", 0, message, arguments, None)
    one.__dict__ |= extra
    return one


NASTY = "a\r\nFORGED line\x1b[2Jb\u2028c\x9b"


@pytest.mark.parametrize("formatter", [Lines(), Json()])
def test_a_line_is_a_line_whatever_somebody_wrote(formatter):
    line = formatter.format(record("said %s", NASTY, fields={"code": NASTY}))
    assert line.splitlines() == [line]
    assert "\x1b" not in line
    assert "\x9b" not in line


def test_a_line_for_people_tells_who_and_where():
    one = asking.Asking("r1", {"client": ("203.0.113.5", 1), "method": "GET", "path": "/a/b"})
    one.author = 7
    token = asking.current.set(one)
    try:
        line = Lines().format(record("Refused", fields={"code": "not-allowed"}))
    finally:
        asking.current.reset(token)
    assert line.endswith(
        'INFO test: Refused code=not-allowed request=r1 address=203.0.113.5 about="GET /a" author=7'
    )


def test_a_commit_that_is_given_up_names_every_request_that_shared_it(tmp_path):
    with serve(tmp_path, HALLWAY_LOG="json") as server:
        maya = server.person("Maya")
        with closing(sqlite3.connect(server.folder / "hallway.sqlite3")) as other:
            # Somebody else writes for longer than a post waits.
            other.execute("BEGIN IMMEDIATE")
            refused = maya.post("Is this stored?")
            other.rollback()
        assert refused.status_code == 503
        name = refused.headers["x-request-id"]
        [told] = [line for line in lines(server) if "was given up" in line["message"]]
        assert name in told["requests"].split()
        assert maya.say("Now it is.")["content"] == "Now it is."
