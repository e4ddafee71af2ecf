"""A little disk space put by, so that Hallway starts when there is none left.

SQLite cannot open a database in WAL mode on a full disk: it needs room for the index of its log,
32 KiB, and a clean stop has given that back. What is put by here is let go at the start, and put
by again once there is space.
"""

import os
from contextlib import suppress
from pathlib import Path

# The log's index, its first frames, and a session or two.
SIZE = 512 * 1024
NAME = "reserve"


def let_go(folder: Path) -> bool:
    """Free what was put by; whether there was anything."""
    try:
        (folder / NAME).unlink()
    except OSError:
        return False
    return True


def put_by(folder: Path) -> None:
    """Take the space for later, if it is not taken already and there is some."""
    path = folder / NAME
    with suppress(OSError):
        if path.exists():
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, SIZE)
        except OSError:
            path.unlink()
        finally:
            os.close(descriptor)
