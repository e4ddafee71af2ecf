"""deploy/nginx.conf as it is shipped, in a real nginx before a real server, with a certificate."""

import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from hallway.conf import Settings
from hallway.errors import TooLarge
from hallway.problems import document
from hallway_server import settings
from tests.live.proxied import as_shipped, nginx
from tests.pages.test_pictures import picture
from tests.server import HOUSE, Person, Server, free_port, processor_seconds
from tests.sse import StrictReader
from tests.wire import until

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
# One beat a second, and a proxy that waits for three: what holds for 20 s and 75 s, sooner.
QUICK = """from tests.served import *
HALLWAY["HEARTBEAT_SECONDS"] = 1
"""
BEFORE, QUICKLY = "proxy_read_timeout 75s;", "proxy_read_timeout 3s;"


class Site:
    """The server as people reach it: through nginx, by HTTPS."""

    def __init__(self, server: Server, folder: Path, port: int, plain: int) -> None:
        self.server, self.folder = server, folder
        self.url, self.plain = f"https://127.0.0.1:{port}", f"http://127.0.0.1:{plain}"
        self._browsers: list[httpx2.Client] = []

    def browser(self, *, address: str = "127.0.0.1", **options) -> httpx2.Client:
        """Speaks HTTP/2 if nginx does, and comes from this address."""
        transport = httpx2.HTTPTransport(verify=False, http2=True, local_address=address)
        made = httpx2.Client(base_url=self.url, transport=transport, timeout=15, **options)
        self._browsers.append(made)
        return made

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()

    def person(self, name: str = "", **options) -> Person:
        person = OverHttps(self.server)
        person.http.close()
        person.http = self.browser(headers={"Referer": self.url}, **options)
        if name:
            person.enter(name)
        return person


class OverHttps(Person):
    """Behind HTTPS the cookie of the token has another name."""

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        token = self.http.cookies.get("__Host-csrftoken") or ""
        headers = {"X-CSRFToken": token} | options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "quick.py").write_text(QUICK)
    port, plain = free_port(), free_port()
    server = Server(
        folder / "data",
        {"HALLWAY_ORIGIN": f"https://127.0.0.1:{port}", "DJANGO_SETTINGS_MODULE": "quick"},
    )
    server.environment["PYTHONPATH"] += f":{folder}"
    server.start()
    try:
        conf = as_shipped(folder, port, urlsplit(server.url).port, plain=plain)
        assert conf.count(BEFORE) == 1
        with nginx(folder, conf.replace(BEFORE, QUICKLY), port):
            site = Site(server, folder, port, plain)
            yield site
            site.close()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def ada(site):
    """Somebody with a picture of her own."""
    person = site.person("Ada")
    sent = person.send("POST", "/api/me/picture", files={"picture": ("me.png", picture())})
    assert sent.status_code == 200, sent.text
    me = sent.json()
    person.picture = f"/pictures/{me['id']}/{me['picture']}.webp"
    return person


def test_the_file_is_one_nginx_takes_without_a_complaint(site):
    told = (site.folder / "error.log").read_text().splitlines()
    # What a request did wrong is no complaint about the file.
    assert [line for line in told if " client: " not in line] == []
    shipped = (HOUSE / "deploy" / "nginx.conf").read_text()
    [patience] = re.findall(r"proxy_read_timeout (\d+)s;", shipped)
    assert int(patience) > 3 * Settings().HEARTBEAT_SECONDS


def test_plain_http_is_led_to_https(site):
    answer = httpx2.get(f"{site.plain}/rooms/hallway/?a=b")
    assert (answer.status_code, answer.headers["location"]) == (
        301,
        "https://127.0.0.1/rooms/hallway/?a=b",
    )


def test_browsers_speak_http_2_and_old_programs_need_not(site):
    assert site.browser().get("/lobby/").http_version == "HTTP/2"
    assert httpx2.get(f"{site.url}/lobby/", verify=False).http_version == "HTTP/1.1"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_stream_comes_byte_by_byte_and_outlives_silence_by_its_heartbeats(site, version):
    joe = site.person("Joe")
    command = ["curl", "--silent", "--no-buffer", "--insecure", "--include", version]
    command += ["--header", f"Cookie: {joe.cookie}", "--header", "Accept-Encoding: gzip, br"]
    with subprocess.Popen([*command, f"{site.url}/api/stream"], stdout=subprocess.PIPE) as curl:
        try:
            assert curl.stdout is not None
            head = [line.decode().strip().lower() for line in iter(curl.stdout.readline, b"\r\n")]
            assert head[0].split()[1] == "200"
            assert ("http/2" in head[0]) == (version == "--http2")
            assert "content-type: text/event-stream" in head
            assert not [line for line in head if line.startswith("content-encoding")]
            reader = StrictReader()
            hear(curl, reader, "heartbeat")
            said = joe.say("every byte at once")
            assert hear(curl, reader, "message.posted").data["id"] == said["id"]
            # Five beats are longer than nginx waits for one.
            for _ in range(5):
                hear(curl, reader, "heartbeat")
            assert curl.poll() is None
        finally:
            curl.terminate()
    joe.send("POST", "/leave/")


def hear(curl, reader, kind):
    """The next frame of this kind; what a buffer held back would not come in time."""
    while True:
        for frame in reader.feed(curl.stdout.readline()):
            if frame.kind == kind:
                return frame
        assert curl.poll() is None, "the stream was cut"


def test_static_files_are_kept_for_ever_compressed_and_of_their_type(site):
    page = site.browser().get("/lobby/").text
    style = stylesheet(page)
    found = site.browser().get(style, headers={"Accept-Encoding": "gzip"})
    assert found.headers["content-type"].startswith("text/css")
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["vary"] == "Accept-Encoding"
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["x-content-type-options"] == "nosniff"
    plain = site.browser().get(style, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == found.content
    script = page.split('src="/static/hallway/js/')[1].split('"')[0]
    kind = site.browser().get(f"/static/hallway/js/{script}").headers["content-type"]
    assert kind.startswith("text/javascript")
    # Without the hash of its content it might change, and is not there.
    assert site.browser().get("/static/hallway/css/base.css").status_code == 404


def stylesheet(page):
    [found] = re.findall(r'"(/static/hallway/css/base\.[0-9a-f]+\.css)"', page)
    return found


def test_static_files_are_asked_of_hallway_once(site):
    style = stylesheet(site.browser().get("/lobby/").text)
    with site.browser() as browser:
        assert "x-request-id" not in browser.get(style).headers
        before = processor_seconds(site.server.pid)
        asked = 400
        for _ in range(asked):
            assert browser.get(style).status_code == 200
        # Hallway itself needs 2.5 ms for each.
        assert (processor_seconds(site.server.pid) - before) / asked < 0.0005
        assert browser.get("/lobby/").headers["x-request-id"]


def test_what_is_private_goes_to_those_who_are_in_and_to_no_cache(site, ada):
    address = ada.picture
    found = ada.http.get(address)
    assert (found.status_code, found.headers["content-type"]) == (200, "image/webp")
    assert found.headers["cache-control"].startswith("private")
    assert site.browser().get(address).status_code == 401
    cached = [file for file in (site.folder / "cache").rglob("*") if file.is_file()]
    assert not [file for file in cached if found.content in file.read_bytes()]


@pytest.mark.parametrize("who", ["an outsider", "somebody who is in"])
def test_nobody_gets_a_file_by_guessing_where_it_lies(site, ada, who):
    browser = ada.http if who == "somebody who is in" else site.browser()
    data = site.server.folder
    uploaded = data / "uploads" / ada.picture.lstrip("/")
    assert uploaded.is_file()
    for file in (uploaded, data / "secret_key", data / "hallway.sqlite3"):
        inside = file.relative_to(data)
        for guess in (
            f"/{inside}",
            f"/data/{inside}",
            f"/media/{inside.name}",
            f"/static/../{inside}",
            f"/static/%2e%2e/{inside}",
            f"/static/..%2f{inside}",
            f"/static//..//{inside}",
            f"/static{file}",
            f"/static/hallway/..%5c..%5c..%5c{inside}",
            f"/{inside}%00.css",
        ):
            status, body = raw(site, guess, browser.cookies)
            assert status in (400, 404), guess
            assert file.read_bytes()[:64] not in body, guess


def raw(site, path, cookies):
    """Ask for the path as it is written: clients tidy up dots."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    command = ["curl", "--silent", "--insecure", "--path-as-is", "--output", "-", "--cookie"]
    command += [cookie, "--write-out", "%{stderr}%{http_code}", f"{site.url}{path}"]
    done = subprocess.run(command, capture_output=True, check=True)
    return int(done.stderr), done.stdout


def test_a_private_page_is_not_kept_for_others_under_a_static_address(site, ada):
    for path in (
        "/static/..%2fapi/me",
        "/static/..%2f..%2fapi/me",
        "/api/me/..%2f..%2fstatic/x.css",
    ):
        raw(site, path, ada.http.cookies)
        _, body = raw(site, path, {})
        assert b"Ada" not in body


def test_an_upload_at_the_limit_is_taken(site):
    joe = site.person("Uploader")
    whole = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert f"client_max_body_size {whole};" in (HOUSE / "deploy" / "nginx.conf").read_text()
    body = b'{"content": "at the limit", "more": "'
    body += b"x" * (whole - len(body) - 2) + b'"}'
    kind = {"Content-Type": "application/json"}
    path = "/api/rooms/hallway/messages"
    assert joe.send("POST", path, content=body, headers=kind).status_code == 201
    joe.send("POST", "/leave/")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_an_upload_above_the_limit_is_told_so_in_hallways_words(site, tmp_path, version):
    for over in (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, 3_000_000, 20_000_000):
        body = tmp_path / "body"
        body.write_bytes(b"x" * over)
        for path in ("/api/rooms/hallway/messages", "/api/me/picture", "/lobby/"):
            command = ["curl", "--silent", "--insecure", version, "--data-binary", f"@{body}"]
            command += ["--write-out", "%{stderr}%{http_code} %{content_type}", site.url + path]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            assert done.stderr == "413 application/problem+json"
            assert json.loads(done.stdout) == document(TooLarge())


def test_a_large_picture_comes_through(site):
    joe = site.person("Painter")
    large = picture("PNG", size=(540, 540)) + zlib.compress(b"") + b"\0" * 890_000
    sent = joe.send("POST", "/api/me/picture", files={"picture": ("me.png", large)})
    assert sent.status_code == 200, sent.text
    joe.send("POST", "/leave/")


def test_limits_count_by_where_people_come_from_whatever_they_say(site):
    def attempt(address, said):
        lies = {"X-Forwarded-For": said, "X-Real-IP": said, "Forwarded": f"for={said}"}
        person = site.person(address=address)
        person.http.get("/sign-in/")
        wrong = {"email": "ada@example.org", "password": "a wrong password"}
        return person.send("POST", "/sign-in/", data=wrong, headers=lies).status_code

    told = [attempt("127.0.0.2", f"203.0.113.{number}") for number in range(11)]
    assert told == [403] * 10 + [429]
    assert attempt("127.0.0.3", "127.0.0.2") == 403
    assert "address=127.0.0.2" in site.server.log
    assert "203.0.113" not in site.server.log


def test_a_request_has_one_name_in_nginx_and_in_hallway(site):
    named = site.browser().get("/api/me", headers={"X-Request-ID": "forged"})
    assert named.headers["x-request-id"] != "forged"
    until(lambda: f"request={named.headers['x-request-id']}" in site.server.log, what="its line")


def test_figures_are_not_for_the_public(site):
    assert site.browser().get("/metrics").status_code == 404
    assert site.browser().get("/up").text == "ready\n"
