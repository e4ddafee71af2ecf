"""The one thread in which the hub and the door ask the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

# One thread, one connection: streams cost the database nothing, however many there are.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hallway-reader")


async def in_reader_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that reads the database, off the event loop."""

    def call() -> R:
        close_old_connections()
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_reader, call)
