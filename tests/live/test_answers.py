"""What every answer of the real server carries, whatever it is."""

import json
import re
from itertools import count
from posixpath import dirname, join, normpath

import httpx2
import pytest

from tests.server import serve

_numbers = count(1)
PUBLIC = [
    "/lobby/",
    "/up",
    "/api/openapi.json",
    "/api/docs",
    "/admin/login/",
    "/nothing",
    "/static/no",
]
PRIVATE = ["/", "/rooms/hallway/", "/rooms/no/", "/api/me", "/api/rooms", "/api/nothing", "/admin/"]
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")
POLICY = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "require-trusted-types-for": "'script'",
    "report-uri": "/policy-reports/",
}


@pytest.fixture
def joe(product):
    return product.person(f"Josef {next(_numbers)}")


@pytest.fixture
def stranger(product):
    return product.person()


def check_headers(headers):
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert not any(name.startswith("access-control") for name in headers)
    assert "server" not in headers


@pytest.mark.parametrize("path", [*PUBLIC, *PRIVATE])
def test_every_answer_is_guarded(stranger, joe, path):
    for person in (stranger, joe):
        answer = person.http.get(path, headers={"Origin": "https://evil.example"})
        assert answer.status_code < 500
        check_headers(answer.headers)


@pytest.mark.parametrize(
    "origin", ["null", "https://127.0.0.1.evil.example", "http://127.0.0.1:1", "file://"]
)
def test_no_other_origin_may_read(joe, origin):
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for path in ("/api/me", "/rooms/hallway/", "/api/rooms/hallway/messages"):
        for method in ("GET", "OPTIONS"):
            check_headers(joe.http.request(method, path, headers=asked).headers)


def test_a_line_break_makes_no_header(joe, stranger):
    broken = "/\r\nSet-Cookie: forged=1\r\n\r\n<p>"
    for answer in (
        stranger.http.get("/lobby/", params={"next": broken}),
        joe.send("POST", "/lobby/", data={"username": "Again", "next": broken}),
        joe.send("POST", "/language/", data={"language": broken, "next": broken}),
        joe.http.get("/rooms/hallway%0d%0aSet-Cookie:%20forged=1/"),
    ):
        assert answer.status_code < 500
        assert "forged" not in answer.cookies
        assert not any("\n" in value for value in answer.headers.values())


def test_errors_are_guarded(stranger, joe):
    message = "/api/rooms/hallway/messages"
    for answer in (
        stranger.http.post("/lobby/", data={"username": "x"}),
        joe.http.post(message, json={"content": "no token"}),
        joe.send("POST", message, content=b"x" * 1_000_001),
        joe.send("POST", message, content=b"{", headers={"Content-Type": "application/json"}),
        joe.send("PUT", message),
        joe.send("DELETE", "/rooms/hallway/"),
        joe.http.get("/api/me", headers={"Host": "evil.example"}),
        joe.http.get("/lobby/", headers={"Host": "evil.example"}),
        joe.http.get("/api/stream", headers={"Host": "evil.example"}),
        joe.http.get("/api/stream", headers={"Sec-Fetch-Site": "cross-site"}),
        joe.http.request("TRACE", "/lobby/"),
        stranger.http.get("/api/stream"),
    ):
        assert 400 <= answer.status_code < 500, answer.text
        check_headers(answer.headers)


def test_static_files_are_guarded(joe):
    page = joe.http.get("/rooms/hallway/").text
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)[:20]:
        answer = joe.http.get(path)
        assert answer.status_code == 200, path
        check_headers(answer.headers)


def test_streams_are_guarded(joe):
    for path in ("/api/stream", "/stream-chat-messages/"):
        heard = joe.listen(path, origin="https://evil.example")
        assert heard.status == 200
        check_headers(heard.answer.headers)


@pytest.mark.parametrize("path", ["/lobby/", "/rooms/hallway/", "/rooms/no/", "/api/docs"])
def test_pages_have_a_strict_policy_with_a_fresh_nonce(joe, path):
    nonces = set()
    for _ in range(3):
        answer = joe.http.get(path)
        given = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["content-security-policy"].split(";")
        )
        assert given.items() >= POLICY.items()
        assert "unsafe" not in str(given)
        assert "*" not in str(given)
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        if found := re.search(r"'nonce-([^']+)'", given.get("script-src", "")):
            nonces.add(found[1])
            used = set(re.findall(r'<script[^>]* nonce="([^"]+)"', answer.text))
            assert used <= {found[1]}
            assert "strict-dynamic" in given["script-src"]
        else:
            assert "<script" not in answer.text
    assert len(nonces) in (0, 3)


def test_the_admin_has_a_policy_too(product):
    answer = product.person().http.get("/admin/login/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/rooms/hallway/", "/api/me", "/api/rooms/hallway/messages"])
def test_what_is_ones_own_is_kept_by_no_cache(joe, path):
    headers = joe.http.get(path).headers
    assert "public" not in headers.get("cache-control", "")
    assert "no-store" in headers.get("cache-control", "") or "private" in headers["cache-control"]
    assert "cookie" in headers["vary"].lower()


@pytest.mark.parametrize("path", ["/api/me", "/lobby/", "/api/stream", "/up"])
@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil", "a b"]
)
def test_an_unknown_host_is_refused(joe, path, name):
    assert joe.http.get(path, headers={"Host": name}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/lobby/", "/rooms/hallway/", "/api/me", "/api/rooms", "/api/stream"]
)
def test_a_method_that_is_not_known_is_told_which_are(joe, path):
    for method in ("TRACE", "PROPFIND"):
        answer = joe.send(method, path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/static/../secret_key",
        "/static/..%2f..%2fsecret_key",
        "/secret_key",
        "/static/",
        "/hallway.sqlite3",
        "/rooms/%00/",
        "/rooms/%ff/",
        "/%00",
        "/api/rooms/%00/messages",
        "/api/messages/99999999999999999999",
        "/api/rooms/hallway/messages?before=%00",
    ],
)
def test_nothing_else_is_served(joe, path):
    answer = joe.http.get(path)
    assert answer.status_code in (400, 404, 405)
    assert "SQLite" not in answer.text


def test_it_is_up_and_tells_nothing_more(stranger):
    answer = stranger.http.get("/up")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    assert not answer.cookies


def test_behind_https_plain_http_is_led_there(tmp_path):
    host = {"Host": "chat.example.org"}
    with serve(tmp_path, HALLWAY_ORIGIN="https://chat.example.org") as server:
        plain = httpx2.get(f"{server.url}/lobby/", headers=host, verify=False)
        assert plain.status_code == 301
        assert plain.headers["location"] == "https://chat.example.org/lobby/"
        assert httpx2.get(f"{server.url}/up", headers=host, verify=False).status_code == 200


def test_a_room_for_a_page_of_the_same_site_says_so_itself(joe):
    """One guard and no second one that contradicts it."""
    answer = joe.http.get("/rooms/hallway/frame/")
    assert answer.status_code == 200
    assert answer.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("path", ["/lobby/", "/rooms/hallway/", "/account/"])
def test_modules_are_found_by_what_is_in_them_even_those_wanted_later(joe, path):
    """After an update no page may get an old module for a new one: all go by their hash."""
    page = joe.http.get(path).text
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    places = json.loads(found[1])["imports"]
    for plain, hashed in places.items():
        answer = joe.http.get(hashed)
        assert answer.status_code == 200, plain
        assert "immutable" in answer.headers["cache-control"]
        if plain.startswith("/"):
            for name in IMPORTED.findall(answer.text):
                assert normpath(join(dirname(plain), name)) in places, (plain, name)
    assert joe.http.get(next(plain for plain in places if plain.startswith("/"))).status_code == 404
