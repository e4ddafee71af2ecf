"""A Dockerfile carried out without an engine: its steps in order, in folders instead of layers.

What needs an engine is stood in for: the base image is this Python, and nobody is added to this
machine. Everything else is done: packages are fetched by their hashes, the wheel is built, files
are copied from what .dockerignore lets through. Three quarters of a minute; unless LONG=1 uv does
what the steps ask of pip, with the same hashes, in a quarter of that.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.browser.sizes import IS_LONG
from tests.server import HOUSE

# Folders the image has of its own; the rest of a path is this machine's.
OURS = re.compile(r"(?<![\w./:-])/(build|data|opt)\b")
UV = Path(sys.executable).with_name("uv")
QUICKER = (
    (r"python -m venv ", f"{UV} venv --quiet --python python "),
    (r"(\S+)/bin/pip install --no-cache-dir", rf"{UV} pip install --quiet --python \1/bin/python"),
    (
        r"(\S+)/bin/pip wheel --no-cache-dir --no-deps (--no-build-isolation) --wheel-dir",
        rf"{UV} build --quiet --wheel --python \1/bin/python \2 --out-dir",
    ),
)
USERADD = '#!/bin/sh\necho "$@" >>"$(dirname "$0")/people"\n'
# Makes the folder, for nobody in particular.
INSTALL = """#!/bin/sh
[ "$1 $2 $3 $4 $5" = "-d -o hallway -g hallway" ] || exit 1
shift 5
exec /usr/bin/install -d "$@"
"""


class Image:
    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.tools = folder, folder / "root", folder / "tools"
        self.environment: dict[str, str] = {}
        self.user = ""
        self.volumes: list[str] = []
        self.command: list[str] = []
        self.check: list[str] = []
        self.bases: list[str] = []
        self._stages: dict[str, Path] = {}
        self._stage = ""
        self.tools.mkdir(parents=True)
        (self.tools / "python").symlink_to(Path(sys.executable).resolve())
        for name, text in (("useradd", USERADD), ("install", INSTALL)):
            (self.tools / name).write_text(text)
            (self.tools / name).chmod(0o755)
        self.context = folder / "context"
        fill(self.context)

    def build(self) -> None:
        for instruction, rest in instructions(HOUSE / "deploy" / "Dockerfile"):
            getattr(self, f"_{instruction.lower()}")(rest)

    @property
    def variables(self) -> dict[str, str]:
        """What a process in it finds in its environment; none of ours."""
        base = {"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(Path.home())}
        kept = ("PIP_INDEX_URL", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "PIP_CERT")
        base |= {name: os.environ[name] for name in kept if name in os.environ}
        for name, value in self.environment.items():
            base[name] = self.here(value).replace("$PATH", base["PATH"])
        return base

    def here(self, text: str) -> str:
        return OURS.sub(rf"{self.root}/\1", text)

    def _from(self, rest: str) -> None:
        if self.root.exists():
            # Where it was, the next stage is: what is copied there finds itself.
            self._stages[self._stage] = self.root.rename(self.folder / f"stage-{self._stage}")
        self.root.mkdir()
        image, _, self._stage = rest.partition(" AS ")
        self.bases.append(image)
        self.environment, self.user = {}, ""

    def _copy(self, rest: str) -> None:
        words = rest.split()
        source = self.context
        if words[0].startswith("--from="):
            source = self._stages[words.pop(0).removeprefix("--from=")]
        *names, target = words
        place = Path(self.here(target))
        for name in names:
            found = source / name.lstrip("/")
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
            else:
                assert target.endswith("/") or len(names) == 1
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(found, place)

    def _run(self, rest: str) -> None:
        if not IS_LONG:
            for words, quicker in QUICKER:
                rest = re.sub(words, quicker, rest)
        done = subprocess.run(
            ["/bin/sh", "-c", self.here(rest)],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"

    def _env(self, rest: str) -> None:
        for word in shlex.split(rest):
            name, _, value = word.partition("=")
            self.environment[name] = value

    def _user(self, rest: str) -> None:
        self.user = rest

    def _volume(self, rest: str) -> None:
        self.volumes.append(rest)

    def _expose(self, rest: str) -> None:
        self.port = int(rest)

    def _stopsignal(self, rest: str) -> None:
        self.signal = rest

    def _healthcheck(self, rest: str) -> None:
        self.check = json.loads(rest.partition(" CMD ")[2])

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)


def instructions(file: Path) -> Iterator[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip():
            instruction, _, rest = line.partition(" ")
            yield instruction, rest


def fill(context: Path) -> None:
    """What an engine is sent of the checkout, as .dockerignore says."""
    lines = (HOUSE / ".dockerignore").read_text().splitlines()
    first, *rules = [line for line in lines if line and not line.startswith("#")]
    assert first == "*", "everything is left out that is not named"
    left_out = [rule.removeprefix("**/") for rule in rules if not rule.startswith("!")]
    for rule in rules:
        source = HOUSE / rule.removeprefix("!")
        target = context / rule.removeprefix("!")
        if not rule.startswith("!"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy(source, target)
