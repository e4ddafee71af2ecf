"""The first start, in an empty data folder: what a helper process prepares is there in time."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.server import PRODUCT, Server


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    server = Server(folder, arguments=[*PRODUCT])
    yield server
    if hasattr(server, "process"):
        server.stop()


def test_the_first_page_finds_every_file_compressed(empty):
    empty.start()
    zoe = empty.person("Zoe")
    page = zoe.http.get("/rooms/hallway/").text
    linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert len(linked) > 15
    for path in linked:
        answer = zoe.http.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        assert re.search(r"\.[0-9a-f]{12}\.", path), path
        if path.endswith((".js", ".css")) and len(answer.content) > 500:
            assert answer.headers["content-encoding"] == "gzip", path


def test_files_of_another_version_are_made_anew(empty):
    empty.start().stop()
    (empty.folder / "static" / ".collected").write_text("another version")
    left_over = empty.folder / "static" / "hallway" / "old.js"
    left_over.write_text("old")
    shutil.rmtree(empty.folder / "static" / "admin")
    empty.start()
    assert not left_over.exists()
    assert (empty.folder / "static" / "admin").exists()


def test_what_keeps_the_helper_from_it_is_told(empty):
    empty.folder.joinpath("static").write_text("in the way")
    done = subprocess.run(
        [sys.executable, "-P", "-m", *PRODUCT],
        env=empty.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "static" in done.stderr.splitlines()[-1]
