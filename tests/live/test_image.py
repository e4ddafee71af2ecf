"""deploy/: the Dockerfile carried out step by step, the compose file and the systemd unit."""

import ipaddress
import os
import re
import shutil
import signal
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import httpx2
import pytest
from compose_spec import PyCompose

from tests.live.image import Image, instructions
from tests.server import HOUSE, free_port
from tests.wire import until

# The first one waits for the image.
pytestmark = pytest.mark.timeout(240)
DEPLOY = HOUSE / "deploy"
SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|DATABASE_URL|EMAIL_URL|://[^/\s]*@")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    image = Image(tmp_path_factory.mktemp("image"))
    image.build()
    return image


@pytest.fixture(scope="module")
def compose():
    return PyCompose.from_yaml((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def service(compose):
    return compose.to_dict()["services"]["hallway"]


def unprivileged(command):
    """Without any capability and without a way to one, as the compose file has it."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        return command
    return ["setpriv", "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all", *command]


def files_of(folder):
    """And when each was written; uv, other than pip, leaves compiling to whoever may write."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.stat().st_mtime_ns for path in found}


def test_the_image_starts_answers_and_stops(image, service, tmp_path):
    port = free_port()
    variables = image.variables | service["environment"]
    before = files_of(image.root / "opt")
    program = shutil.which(image.command[0], path=variables["PATH"])
    assert program == str(image.root / "opt/hallway/bin/hallway")
    command = unprivileged([program, *image.command[1:], "--port", str(port)])

    def is_healthy():
        check = [part.replace(str(image.port), str(port)) for part in image.check]
        check[0] = shutil.which(check[0], path=variables["PATH"])
        done = subprocess.run(check, env=variables, capture_output=True, check=False)
        return done.returncode == 0

    assert not is_healthy()
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, env=variables, cwd=tmp_path, stdout=log, stderr=log) as running,
    ):
        try:
            until(is_healthy, seconds=50, what="the image to be healthy")
            url = f"http://127.0.0.1:{port}"
            # The proxy is believed at the gateway's address alone: this is none.
            host = {"Host": "chat.example.org", "X-Forwarded-Proto": "https"}
            assert httpx2.get(f"{url}/lobby/", headers=host).status_code == 301
            [style] = (image.root / "data/static/hallway/css").glob("base.*[0-9a-f].css")
            shown = httpx2.get(f"{url}/static/hallway/css/{style.name}", headers=host)
            assert "immutable" in shown.headers["cache-control"]
            assert shown.headers["content-encoding"] == "gzip"
        finally:
            running.send_signal(getattr(signal, image.signal))
            code = running.wait(int(service["stop_grace_period"].removesuffix("s")))
    told = (tmp_path / "log").read_text()
    assert code == 0, told
    assert "Traceback" not in told
    assert "https://chat.example.org/first-run/" in told
    assert not is_healthy()
    # Its file system is read-only but for the volume.
    assert files_of(image.root / "opt") == before
    assert image.volumes == ["/data"]
    assert (image.root / "data").stat().st_mode & 0o777 == 0o700
    for file in files_of(image.root / "data"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_image_holds_what_the_lock_names_and_no_tools(image):
    [packages] = (image.root / "opt/hallway/lib").glob("python3.*/site-packages")
    found = {one.name.lower().replace("_", "-") for one in distributions(path=[str(packages)])}
    locked = (HOUSE / "requirements" / "serve.txt").read_text()
    named = set(re.findall(r"^([\w.-]+)(?:\[.*?\])?==", locked, re.MULTILINE))
    assert found - named <= {"hallway", "pip", "setuptools"}
    assert {"django", "psycopg", "redis", "uvicorn", "hallway"} <= found
    assert not (image.root / "build").exists()


def test_nobody_in_the_image_is_root(image):
    added = (image.tools / "people").read_text().split()
    assert added[-1] == image.user == "hallway"
    assert "--system" in added
    # The steps before this may need to be root; those after may not.
    steps = [instruction for instruction, _ in instructions(DEPLOY / "Dockerfile")]
    assert "RUN" not in steps[len(steps) - steps[::-1].index("USER") :]


def test_only_what_is_needed_leaves_the_checkout(image):
    sent = {path.relative_to(image.context).parts[0] for path in image.context.rglob("*")}
    assert sent == {"requirements", "pyproject.toml", "README.md", "LICENSE", "src"}
    assert not list(image.context.rglob("__pycache__"))


def test_nothing_is_installed_without_a_hash():
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    assert project["dependency-groups"]["build"] == project["build-system"]["requires"]
    for _, rest in instructions(DEPLOY / "Dockerfile"):
        for install in re.findall(r"pip (?:install|wheel) [^&]*", rest):
            is_ours = "--no-index" in install or "--no-build-isolation" in install
            assert is_ours or "--require-hashes" in install, install


def test_the_compose_file_is_one(compose):
    compose.validate()
    text = (DEPLOY / "compose.yaml").read_text()
    for wrong in (
        text.replace("cap_drop:", "cap_dorp:"),
        text.replace("stop_grace_period: 15s", "stop_grace_period: soon"),
    ):
        assert wrong != text
        with pytest.raises(ValueError, match=r"cap_dorp|duration"):
            PyCompose.from_yaml(wrong)


def test_the_container_can_do_nothing_it_need_not(compose, service):
    assert service["image"] == "hallway"
    assert (HOUSE / "deploy" / service["build"]["context"]).resolve() == HOUSE
    assert (HOUSE / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] in ("/tmp", ["/tmp"])
    assert "privileged" not in service
    # Open to this machine alone: people come through the proxy.
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    assert service["volumes"] == ["data:/data"]
    assert "data" in compose.to_dict()["volumes"]


def test_the_container_believes_its_gateway_and_nobody_else(compose, service):
    [network] = service["networks"]
    [pool] = compose.to_dict()["networks"][network]["ipam"]["config"]
    subnet = ipaddress.ip_network(pool["subnet"])
    [believed] = service["environment"]["HALLWAY_PROXIES"].split(",")
    assert believed == pool["gateway"]
    assert ipaddress.ip_address(believed) in subnet
    assert subnet.is_private


@pytest.mark.parametrize("name", ["compose.yaml", "Dockerfile", "nginx.conf", "hallway.service"])
def test_no_secret_is_in_a_file_to_copy(name):
    lines = (DEPLOY / name).read_text().splitlines()
    assert [line for line in lines if SECRET.search(line.partition("#")[0])] == []


def test_unit_image_and_guide_start_the_same_command(image):
    [start] = re.findall(r"^ExecStart=(.*)$", unit(), re.MULTILINE)
    program, *arguments = start.split()
    assert Path(program).name == image.command[0]
    assert arguments == image.command[1:2] == ["serve"]
    assert program.replace("/opt/hallway", str(HOUSE)) == str(HOUSE / "bin" / "hallway")
    guide = (HOUSE / "docs/guides/deployment.md").read_text()
    assert "git clone … /opt/hallway " in guide
    assert program in guide
    [data] = re.findall(r"HALLWAY_DATA=(.*)", unit())
    assert f"--home-dir {data} " in guide
    [state] = re.findall(r"StateDirectory=(.*)", unit())
    assert data == f"/var/lib/{state}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_well_closed(tmp_path):
    here = tmp_path / "hallway.service"
    for text, complains in ((unit(), False), (unit().replace("=strict", "=rather"), True)):
        here.write_text(text.replace("/opt/hallway", str(HOUSE)))
        done = subprocess.run(
            ["systemd-analyze", "verify", here], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert bool(done.stderr) == complains, done.stderr
    # 10 is a service that may do everything, 0 one that may do nothing; it counts from 0 to 100.
    for threshold, expected in (("40", 0), ("10", 1)):
        command = ["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}"]
        done = subprocess.run([*command, here], capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout[-300:]


def unit():
    return (DEPLOY / "hallway.service").read_text()
