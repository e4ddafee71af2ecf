"""A process with Django set up for a server's data, that forks for each thing asked of it.

To start Python and Django takes a second of the processor's time, and a fork a hundredth of that.
What is asked happens in a process of its own all the same, and nothing of it is left for the next.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from typing import IO, NamedTuple

_all: "list[Clerk]" = []


class Done(NamedTuple):
    """What came of it, as `subprocess.run` would have told."""

    returncode: int
    stdout: str
    stderr: str


class Clerk:
    """Takes Python to run; it has the environment of whom it works for."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        _all.append(self)

    def run(self, code: str, *arguments: str) -> Done:
        """Run this with these in `sys.argv`."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.clerk"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps([code, arguments]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BaseException:
            # Its answer to this would be taken for the one to the next.
            process.kill()
            self.close()
            raise
        assert answer, f"the clerk ended with {process.wait(10)}"
        return Done(*json.loads(answer))

    def close(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.communicate(timeout=30)


@atexit.register
def _close_all() -> None:
    for clerk in _all:
        clerk.close()


def work() -> None:
    """One line for each thing to do, one line for what came of it."""
    import django
    from django.db import connections
    from django.urls import get_resolver

    django.setup()
    # What most of it would read for itself.
    _ = get_resolver().url_patterns
    for line in sys.stdin:
        assert not [one for one in connections.all(initialized_only=True) if one.connection]
        code, arguments = json.loads(line)
        with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as complained:
            child = os.fork()
            if child == 0:
                _do(code, arguments, told, complained)
            _, status = os.waitpid(child, 0)
            texts = [told, complained]
            for text in texts:
                text.seek(0)
            done = os.waitstatus_to_exitcode(status), *(text.read() for text in texts)
        sys.stdout.write(json.dumps(done) + "\n")
        sys.stdout.flush()


def _do(code: str, arguments: list[str], told: IO[str], complained: IO[str]) -> None:
    """In the child, which does not come back from here."""
    with open(os.devnull) as nothing:  # noqa: PTH123  for its number
        os.dup2(nothing.fileno(), 0)
    os.dup2(told.fileno(), 1)
    os.dup2(complained.fileno(), 2)
    sys.argv = ["clerk", *arguments]
    status = 0
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001  a process of its own would end with it
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    work()
