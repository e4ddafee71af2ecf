"""What others fan out with: nchan in nginx, Node, better-sse, Channels, django-eventstream.

Each answers the same two requests as Hallway: GET /api/stream, and POST /api/rooms/hallway/messages
whose body is sent to every stream. None of them asks who is there, renders or stores anything, as
Hallway does before it answers. The programs come from Debian, npm and PyPI; what npm and PyPI have
is pinned, and installed into `.bench/` the first time.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from bench.servers import HOUSE, Server, free_port, running

HERE = Path(__file__).parent
TOOLS = HOUSE / ".bench"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")


class Missing(Exception):
    """The peer cannot run here; the text says what to install."""


@contextmanager
def nchan(folder: Path) -> Iterator[Server]:
    """nchan's own buffer in one nginx process, which is how its author measures it."""
    if not (shutil.which("nginx") and NCHAN.exists()):
        raise Missing("apt-get install libnginx-mod-nchan")
    port = free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(
        (HERE / "nginx.conf").read_text().format(module=NCHAN, folder=folder, port=port)
    )
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, _environment(folder)) as server:
        yield server


@contextmanager
def _under_node(script: str, folder: Path) -> Iterator[Server]:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        raise Missing("apt-get install nodejs npm")
    installed = TOOLS / "node"
    if not (installed / "node_modules" / "better-sse").exists():
        installed.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, installed)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=installed, check=True)
    # Node looks for packages beside the script.
    shutil.copy(HERE / script, installed)
    port = free_port()
    environment = _environment(folder) | {"PORT": str(port), "NODE_ENV": "production"}
    with running([program, str(installed / script)], port, environment) as server:
        yield server


@contextmanager
def _under_uvicorn(application: str, folder: Path) -> Iterator[Server]:
    python = TOOLS / "python" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(TOOLS / "python")], check=True)
        needs = str(HERE / "requirements.txt")
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([python, "-Im", "pip", "install", *quiet, "-r", needs], check=True)
    port = free_port()
    options = "--loop uvloop --http httptools --ws none --no-access-log --log-level warning"
    command = [str(python), "-P", "-m", "uvicorn", application, "--port", str(port)]
    command += [*options.split(), "--backlog", "2048", "--timeout-graceful-shutdown", "1"]
    with running(command, port, _environment(folder)) as server:
        yield server


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"HALLWAY_DATA": str(folder), "PYTHONPATH": str(HOUSE)}


PEERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "nchan": nchan,
    "Node": partial(_under_node, "plain.mjs"),
    "better-sse": partial(_under_node, "better_sse.mjs"),
    "Channels": partial(_under_uvicorn, "bench.peers.with_channels:application"),
    "django-eventstream": partial(_under_uvicorn, "bench.peers.with_eventstream:application"),
}
