"""Behind HTTPS, where everything is as strict as it can be; and what a log gives away."""

import re

import httpx2
import pytest

from tests.server import serve
from tests.wire import until

HOST = {"Host": "chat.example.org"}
SECURE = HOST | {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
ADA = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("https")
    environment = {
        "HALLWAY_ORIGIN": "https://chat.example.org",
        "DJANGO_SETTINGS_MODULE": "hallway_server.settings",
    }
    with serve(folder, **environment) as server:
        yield server


def ask(server, method, path, *, cookies=None, **options):
    headers = SECURE | options.pop("headers", {})
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return httpx2.request(method, server.url + path, headers=headers, verify=False, **options)


def test_browsers_are_told_to_use_nothing_else_for_a_year(server):
    answer = ask(server, "GET", "/lobby/")
    assert answer.status_code == 200
    found = re.match(
        r"max-age=(\d+); includeSubDomains", answer.headers["strict-transport-security"]
    )
    assert found
    assert int(found[1]) >= 31_536_000


def test_programs_are_refused_over_plain_http_and_led_nowhere(server):
    for method, path in (("GET", "/api/me"), ("POST", "/api/direct"), ("GET", "/api/stream")):
        answer = httpx2.request(method, server.url + path, headers=HOST, verify=False)
        assert (answer.status_code, answer.json()["code"]) == (403, "needs-https")
        assert ask(server, "GET", "/api/me").status_code == 401


def test_cookies_stay_on_this_host_and_out_of_scripts(server):
    page = ask(server, "GET", "/lobby/")
    token = page.cookies["__Host-csrftoken"]
    answer = ask(
        server,
        "POST",
        "/lobby/",
        cookies={"__Host-csrftoken": token},
        data={"username": "Viola", "csrfmiddlewaretoken": token},
        headers={"Referer": "https://chat.example.org/lobby/"},
    )
    assert answer.status_code == 302
    set_by_server = answer.headers.get_list("set-cookie")
    [session] = [cookie for cookie in set_by_server if cookie.startswith("__Host-sessionid=")]
    parts = {part.strip().lower() for part in session.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    # 32 of 36 signs: 165 bits.
    assert re.match(r"__Host-sessionid=[a-z0-9]{32};", session)


def test_nobody_but_the_proxy_says_whom_it_speaks_for(tmp_path):
    with serve(tmp_path) as server:
        # No proxy is named here: what it says of address and scheme is not believed.
        lies = SECURE | {"Host": "127.0.0.1", "Forwarded": "for=203.0.113.9;proto=https"}
        lies |= {"X_Forwarded_For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}
        page = httpx2.get(f"{server.url}/lobby/", headers=lies, verify=False)
        assert page.status_code == 200
        assert "strict-transport-security" not in page.headers
        assert "evil.example" not in page.text
        person = server.person()
        person.http.headers.update({name: lies[name] for name in lies if name != "Host"})
        person.enter("Viola")
        told = server.shell(
            "from hallway.models import Author; print([a.network for a in Author.objects.all()])"
        )
        assert told == "['']"


def test_the_log_holds_no_password_cookie_or_text_and_no_forged_line(start):
    server = start()
    until(lambda: "/first-run/" in server.log, seconds=5, what="the link")
    link = server.log.split("once, at ")[1].split()[0]
    person = server.person()
    person.http.get(link)
    assert person.send("POST", link, data=ADA).status_code == 302
    person.say("the text of a message")
    stranger = server.person()
    stranger.http.get("/sign-in/")
    wrong = {"email": ADA["email"], "password": "a wrong password"}
    assert stranger.send("POST", "/sign-in/", data=wrong).status_code == 403
    forged = "/api/x%0a2026-01-01 00:00:00,000 WARNING root: forged%0d%1b[31mred"
    assert stranger.http.get(forged).status_code == 404
    until(lambda: "forged" in server.log, seconds=5, what="the line of what was not found")
    for secret in (ADA["password"], "a wrong password", "the text of a message"):
        assert secret not in server.log
    for value in person.http.cookies.values():
        assert value not in server.log
    assert "\x1b" not in server.log
    assert not re.search(r"^2026-01-01", server.log, re.MULTILINE)
