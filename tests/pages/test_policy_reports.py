"""What browsers tell about pages that tried what their policy forbids."""

import json

import pytest
from django.test import Client

from hallway.limits import Limiter
from hallway_server import policy_reports

ADDRESS = "/policy-reports/"
REPORT = {
    "effective-directive": "script-src-elem",
    "blocked-uri": "https://evil.example/x.js?token=secret",
    "document-uri": "https://chat.example/rooms/hallway/?q=private",
    "script-sample": "what somebody wrote",
}


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch):
    monkeypatch.setattr(policy_reports, "_reports", Limiter())


def send(body, **more):
    kind = "application/csp-report"
    return Client(enforce_csrf_checks=True).post(ADDRESS, body, content_type=kind, **more)


def test_a_report_is_one_plain_line_in_the_log(caplog):
    forged = REPORT | {"source-file": "a\r\nINFO forged: \x1b[31m行"}
    assert send(json.dumps({"csp-report": forged})).status_code == 204
    (line,) = caplog.messages
    assert "effective-directive 'script-src-elem'" in line
    assert "'https://evil.example/x.js'" in line
    assert line.isascii()
    assert line.isprintable()
    for private in ("secret", "private", "somebody"):
        assert private not in line


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "12", '"csp-report"', '{"csp-report": []}', "[" * 9_000, b"\xff"]
)
def test_what_is_no_report_is_refused(caplog, body):
    assert send(body).status_code == 400
    assert not any("policy:" in line for line in caplog.messages)


def test_what_is_too_large_or_too_much_is_refused():
    assert send("x" * (policy_reports.MOST_BYTES + 1)).status_code == 413
    for _ in range(policy_reports.MOST_A_MINUTE):
        assert send(json.dumps({"csp-report": REPORT})).status_code == 204
    answer = send(json.dumps({"csp-report": REPORT}))
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    elsewhere = send(json.dumps({"csp-report": REPORT}), REMOTE_ADDR="203.0.113.7")
    assert elsewhere.status_code == 204


def test_nothing_is_to_be_read_there():
    answer = Client().get(ADDRESS)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
