"""The threads in which the database is asked on behalf of streams.

Three, with a connection each, however many streams there are: the hub's own, so that nobody waits
for the newest events behind somebody's history; one for those who open a stream; and one for what
writes now and then, which may have to wait for its turn while others write.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

_hub = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hallway-hub")
_door = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hallway-door")
_upkeep = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hallway-upkeep")


async def in_hub_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that reads the newest events; nothing slow, and nothing that writes."""
    return await _run(_hub, lambda: function(*args, **kwargs))


async def in_door_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call any other function that asks the database, and does not write."""
    return await _run(_door, lambda: function(*args, **kwargs))


async def in_upkeep_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that may write: nobody waits for it who opens a stream."""
    return await _run(_upkeep, lambda: function(*args, **kwargs))


async def _run(executor: ThreadPoolExecutor, function: Callable[[], R]) -> R:
    def call() -> R:
        close_old_connections()
        try:
            return function()
        finally:
            close_old_connections()  # back to the pool, where there is one

    return await asyncio.get_running_loop().run_in_executor(executor, call)
