"""The product, counting every statement it sends to its database in the file BENCH_QUERIES."""

import mmap
import os
from itertools import count
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created

from hallway_server.cli import main

_path = Path(os.environ["BENCH_QUERIES"])
_path.write_bytes(bytes(8))
with _path.open("r+b") as _file:
    _shown = mmap.mmap(_file.fileno(), 8)
_numbers = count(1)


def _count(execute: Any, *arguments: Any) -> Any:
    _shown[:] = next(_numbers).to_bytes(8, "little")
    return execute(*arguments)


def _watch(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(_count)


connection_created.connect(_watch)
main()
