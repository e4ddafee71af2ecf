"""Hears SIGTERM and SIGINT before the server does, and ends the streams.

No ASGI server tells its application that it is asked to stop while responses are open: uvicorn and
Granian wait for the streams to end by themselves, which they never do. This wrapper puts itself
before the server's own handlers, so that the streams end, and the server finds nothing to wait for.
"""

import asyncio
import signal
import threading
from types import FrameType
from typing import Any

from hallway.live import hub
from hallway.live.app import Receive, Scope
from hallway.live.push import Send

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    def __init__(self, application: Any) -> None:
        self._application = application
        self._is_listening = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_listening:
            self._is_listening = True
            if threading.current_thread() is threading.main_thread():
                _listen(asyncio.get_running_loop())
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start the hub with the server. Django itself has no lifespan to be told about."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await hub.current()
                except Exception as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    raise
                await send({"type": "lifespan.startup.complete"})
            else:
                running = hub.running_on(asyncio.get_running_loop())
                if running is not None:
                    running.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _listen(loop: asyncio.AbstractEventLoop) -> None:
    for number in SIGNALS:
        _chain(number, loop)


def _chain(number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
    before = signal.getsignal(number)

    def hear(received: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_end_streams, loop)
        if callable(before):
            before(received, frame)
        elif before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(number, hear)


def _end_streams(loop: asyncio.AbstractEventLoop) -> None:
    running = hub.running_on(loop)
    if running is not None:
        running.stop()
