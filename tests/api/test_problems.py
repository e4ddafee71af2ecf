"""Whatever is refused has one shape, and what is odd is refused, never a crash."""

import json
import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hallway.actions.accounts import leave
from hallway.api.site import api
from hallway.models import Message

HALLWAY = "/api/rooms/hallway/messages"
JSON = "application/json"
# Every call of the API's own contract, with something in the place of what varies.
CALLS = sorted(
    (method.upper(), re.sub(r"\{\w+\}", "1", path.replace("{slug}", "hallway")))
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
    if path != "/api/stream"
)


@pytest.fixture
def strict_joes(browser_of, joe):
    """Joe's browser, with the CSRF check that the test client leaves out."""
    return browser_of(joe, enforce_csrf_checks=True)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_name_every_call_is_refused(first_rows, is_problem, method, path):
    body = "{}" if method in ("POST", "PATCH") else ""
    answer = Client().generic(method, path, body, content_type=JSON)
    is_problem(answer, 401, "not-signed-in")


@pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "GET"])
@pytest.mark.parametrize("token", [None, "wrong", "x" * 32])
def test_what_changes_something_needs_the_csrf_token(strict_joes, is_problem, method, path, token):
    client = strict_joes
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": token} if token else {}
    answer = client.generic(method, path, "{}", content_type=JSON, headers=headers)
    is_problem(answer, 403, "csrf-failed")
    assert not Message.objects.exists()


def test_with_the_csrf_token_it_works(strict_joes):
    client = strict_joes
    client.get("/rooms/hallway/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        HALLWAY, {"content": "hi"}, content_type=JSON, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil"])
def test_another_origin_changes_nothing(strict_joes, is_problem, origin):
    client = strict_joes
    client.get("/rooms/hallway/")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token, "Origin": origin}
    answer = client.post(HALLWAY, {"content": "hi"}, content_type=JSON, headers=headers)
    is_problem(answer, 403, "csrf-failed")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_session_of_who_has_left_is_nobodys(browser_of, gil, is_problem):
    gils = browser_of(gil)
    leave(gil)
    is_problem(gils.get("/api/me"), 401, "not-signed-in")


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/rooms/", "/api/messages/x"])
def test_unknown_addresses_are_not_found(joes, is_problem, path):
    answer = joes.patch(path, {"content": "x"}, content_type=JSON)
    assert answer.status_code in (400, 404)
    is_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_method_that_an_address_does_not_know_is_told_which_it_does(
    joes, is_problem, method, path
):
    answer = joes.generic("TRACE", path)
    is_problem(answer, 405, "method-not-allowed")
    assert method in answer.headers["Allow"]


ODD_BODIES = [
    b" ",
    b"{",
    b"nope",
    b'"text"',
    b"[]",
    b"12",
    b"null",
    b'{"content": NaN}',
    b'{"content": Infinity}',
    b'{"content": 1e400x}',
    b'{"content": ' + b"9" * 100_000 + b"}",
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b"\xff\xfe",
    b'{"content": "\xff"}',
    b'{"content": "a\nb"}',
    b'{"content": "hi"} trailing',
    b"\xef\xbb\xbf{",
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: repr(body[:24]))
def test_a_body_that_is_no_json_object_is_refused(joes, is_problem, body):
    answer = joes.generic("POST", HALLWAY, body, content_type=JSON)
    is_problem(answer, 400, "invalid-body")
    assert not Message.objects.exists()


ODD_CONTENTS = [
    12,
    None,
    True,
    ["hi"],
    {"a": "b"},
    1e308,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udc00\ud800",
    "\x1b",
    "\x7f",
    "\x85",
]


@pytest.mark.parametrize("content", ODD_CONTENTS, ids=ascii)
def test_a_content_that_is_no_text_is_refused(joes, is_problem, content):
    answer = joes.generic("POST", HALLWAY, json.dumps({"content": content}), content_type=JSON)
    is_problem(answer, 400, answer.json()["code"])
    assert not Message.objects.exists()


@pytest.mark.parametrize("client_id", [12, None, [], "\ud800", "\0", "a b", "x" * 65], ids=ascii)
def test_a_client_id_that_cannot_be_is_refused(joes, is_problem, client_id):
    body = json.dumps({"content": "hi", "client_id": client_id})
    answer = joes.generic("POST", HALLWAY, body, content_type=JSON)
    is_problem(answer, 400, answer.json()["code"])
    assert not Message.objects.exists()


def test_of_two_equal_keys_the_last_counts(joes):
    body = '{"content": "first", "content": "second"}'
    answer = joes.generic("POST", HALLWAY, body, content_type=JSON)
    assert (answer.status_code, answer.json()["content"]) == (201, "second")


def test_deeply_nested_fields_that_nobody_asked_for_are_ignored(joes):
    body = '{"content": "hi", "more": ' + "[" * 500 + "]" * 500 + "}"
    assert joes.generic("POST", HALLWAY, body, content_type=JSON).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "x" * 300])
def test_another_type_of_body_is_refused(joes, is_problem, kind):
    answer = joes.generic("POST", HALLWAY, '{"content": "hi"}', content_type=kind)
    is_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é"],
)
def test_a_form_with_a_broken_boundary_is_refused(joes, is_problem, kind):
    answer = joes.generic("POST", HALLWAY, b"--x\r\n\r\n--x--", content_type=kind)
    is_problem(answer, 400, "invalid-body")


def test_a_message_over_the_limit_is_told_the_limit(joes, is_problem):
    answer = joes.post(HALLWAY, {"content": "x" * 8001}, content_type=JSON)
    is_problem(answer, 413, "message-too-long")
    assert "8000" in answer.json()["detail"]
    assert "8001" in answer.json()["detail"]


def test_a_body_over_the_limit_is_refused(joes, is_problem):
    for kind in (JSON, "application/x-www-form-urlencoded"):
        body = "content=" + "x" * 1_000_001
        is_problem(joes.generic("POST", HALLWAY, body, content_type=kind), 413, "too-large")


def test_too_many_fields_are_refused(joes, is_problem):
    body = "content=hi&" + "&".join(f"f{number}=1" for number in range(250))
    kind = "application/x-www-form-urlencoded"
    is_problem(joes.generic("POST", HALLWAY, body, content_type=kind), 413, "too-large")


def test_an_unknown_host_is_refused(joes, is_problem):
    answer = joes.get("/api/me", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    is_problem(answer, 400, answer.json()["code"])


def test_every_route_of_the_api_is_in_its_contract():
    """A call that the contract does not tell of would not be asked for its refusals."""
    known = {re.sub(r"\{\w+\}", "*", path) for path in api.get_openapi_schema()["paths"]}
    public = {"/api/openapi.json", "/api/docs", "/api/stream", "/api/"}
    assert routes("/api/") <= known | public


def routes(prefix):
    found = set()

    def walk(resolver, path):
        for entry in resolver.url_patterns:
            here = path + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry, here)
            elif isinstance(entry, URLPattern):
                found.add("/" + re.sub(r"<[^>]+>", "*", here))

    walk(get_resolver(), "")
    return {path for path in found if path.startswith(prefix)}
