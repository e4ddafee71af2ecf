"""Requests that write, served together in one transaction: many posts, one wait for the disk.

An acknowledged message is on disk. Waiting for the disk at every post allows some 460 posts a
second; waiting once for all that came in meanwhile allows 900 and more, and nobody is answered
before the commit that holds their message.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.signals import request_finished
from django.db import DatabaseError, close_old_connections
from django.http import HttpResponse, HttpResponseBase

from hallway import asking
from hallway.driver import database
from hallway.errors import Busy
from hallway.events import log
from hallway.problems import database_problem, problem

logger = logging.getLogger("hallway.asgi")

# Requests in one transaction at most: the first must not wait long for the last, nor other
# writers for the lock.
BATCH = 64
# psycopg.pq.TransactionStatus.INTRANS
PG_IN_TRANSACTION = 2

Serve = Callable[[], HttpResponseBase]
Answer = asyncio.Future[HttpResponseBase]
# The last is the request's name, where it has one.
Job = tuple[Serve, Answer, asyncio.AbstractEventLoop, str]


class SharedCommit:
    """One thread that serves what is waiting, commits, and only then hands out the answers."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, serve: Serve) -> HttpResponseBase:
        """The response of `serve`, once what it wrote is committed."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="hallway-commit", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        answer: Answer = loop.create_future()
        one = asking.current.get()
        self._jobs.put((serve, answer, loop, "" if one is None else one.request_id))
        return await answer

    def _work(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            try:
                close_old_connections()
                with log.write():
                    responses = self._serve(jobs)
            except Exception as error:  # noqa: BLE001  none may wait for ever
                # Those who came in meanwhile would wait just as long, one after the other.
                jobs += self._waiting()
                responses = _refuse(jobs, error)
            # Once for all: among others the connection goes back to its pool, where there is one.
            request_finished.send_robust(type(self))
            _answer(jobs, responses)

    def _serve(self, jobs: list[Job]) -> list[HttpResponseBase]:
        """Serve the first job and those that came in meanwhile; `jobs` grows by what it takes."""
        responses: list[HttpResponseBase] = []
        while True:
            serve = jobs[-1][0]
            responses.append(serve())
            if not _is_intact():
                raise DatabaseError("A request broke the transaction it shared.")
            if len(jobs) == BATCH:
                return responses
            try:
                jobs.append(self._jobs.get_nowait())
            except queue.Empty:
                return responses

    def _waiting(self) -> list[Job]:
        jobs: list[Job] = []
        with suppress(queue.Empty):
            while True:
                jobs.append(self._jobs.get_nowait())
        return jobs


def _is_intact() -> bool:
    """Whether the transaction is still the one we began.

    SQLite gives one up by itself when the disk fails, PostgreSQL at any error outside a savepoint,
    and Django does not hear of it: what is written next would be committed on its own, and what
    was written before is lost.
    """
    connection = database()
    if connection.needs_rollback or connection.connection is None:
        return False
    if connection.vendor == "sqlite":
        return bool(connection.connection.in_transaction)
    return bool(connection.connection.info.transaction_status == PG_IN_TRANSACTION)


def _refuse(jobs: list[Job], error: Exception) -> list[HttpResponseBase]:
    """Nothing of the batch was stored: everybody in it is told so and may send again."""
    asking.current.set(None)  # not the last of them alone
    named = {"fields": {"requests": " ".join(name for *_, name in jobs if name)}}
    if isinstance(error, DatabaseError):
        logger.warning("A shared commit was given up: %s", error, extra=named)
        refusal = database_problem(error)
    else:
        logger.error("A shared commit failed.", exc_info=error, extra=named)
        refusal = Busy()
    status, headers, body = problem(refusal)
    return [HttpResponse(body, status=status, headers=dict(headers)) for _ in jobs]


def _answer(jobs: list[Job], responses: list[HttpResponseBase]) -> None:
    """Wake each event loop once, whatever the number of its requests."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Answer, HttpResponseBase]]] = {}
    for (_, answer, loop, _), response in zip(jobs, responses, strict=True):
        _close(response)
        by_loop.setdefault(loop, []).append((answer, response))
    for loop, answers in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_hand_out, answers)


def _close(response: Any) -> None:
    """As the response's own `close`, but for its signal, which would be a twelfth of a post."""
    for closer in response._resource_closers:  # noqa: SLF001
        with suppress(Exception):  # the answer must go out
            closer()
    response._resource_closers.clear()  # noqa: SLF001
    response.closed = True


def _hand_out(answers: list[tuple[Answer, HttpResponseBase]]) -> None:
    for answer, response in answers:
        if not answer.done():
            answer.set_result(response)
