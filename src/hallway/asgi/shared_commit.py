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

from django.db import DatabaseError, close_old_connections, connection
from django.http import HttpResponse, HttpResponseBase

from hallway.events import log
from hallway.problems import database_problem, problem

logger = logging.getLogger("hallway.asgi")

# Requests in one transaction at most: the first must not wait long for the last, nor other
# writers for the lock.
BATCH = 64

Serve = Callable[[], HttpResponseBase]
Answer = asyncio.Future[HttpResponseBase]
Job = tuple[Serve, Answer, asyncio.AbstractEventLoop]


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
        self._jobs.put((serve, answer, loop))
        return await answer

    def _work(self) -> None:
        while True:
            jobs = [self._jobs.get()]
            try:
                close_old_connections()
                with log.write():
                    responses = self._serve(jobs)
            except DatabaseError as error:
                responses = _refuse(jobs, error)
            except Exception:
                logger.exception("A shared commit failed.")
                responses = _refuse(jobs, DatabaseError())
            for response in responses:
                response.close()
            _answer(jobs, responses)

    def _serve(self, jobs: list[Job]) -> list[HttpResponseBase]:
        """Serve the first job and those that came in meanwhile; `jobs` grows by what it takes."""
        responses: list[HttpResponseBase] = []
        while True:
            serve = jobs[-1][0]
            responses.append(serve())
            if connection.needs_rollback:
                raise DatabaseError("A request broke the transaction it shared.")
            if len(jobs) == BATCH:
                return responses
            try:
                jobs.append(self._jobs.get_nowait())
            except queue.Empty:
                return responses


def _refuse(jobs: list[Job], error: DatabaseError) -> list[HttpResponseBase]:
    """Nothing of the batch was stored: everybody in it is told so and may send again."""
    logger.warning("A shared commit was given up: %s", error)
    status, headers, body = problem(database_problem(error))
    return [HttpResponse(body, status=status, headers=dict(headers)) for _ in jobs]


def _answer(jobs: list[Job], responses: list[HttpResponseBase]) -> None:
    """Wake each event loop once, whatever the number of its requests."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Answer, HttpResponseBase]]] = {}
    for (_, answer, loop), response in zip(jobs, responses, strict=True):
        by_loop.setdefault(loop, []).append((answer, response))
    for loop, answers in by_loop.items():
        loop.call_soon_threadsafe(_hand_out, answers)


def _hand_out(answers: list[tuple[Answer, HttpResponseBase]]) -> None:
    for answer, response in answers:
        if not answer.done():
            answer.set_result(response)
