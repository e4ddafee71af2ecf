"""The fault proxy beside a browser: on a thread of its own, because Playwright keeps this one."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Any, Self

from tests.faults.proxy import Proxy
from tests.server import Server


class Cable:
    """What lies between the browsers and the server, and can be pulled."""

    def __init__(self, server: Server) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._proxy = Proxy(_port(server))
        self._proxy_port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._proxy.__aenter__())
        self.url = f"http://127.0.0.1:{self._proxy.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._proxy.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def connections(self) -> int:
        return self._proxy.connections

    def lead_to(self, server: Server) -> None:
        """The server came back at another port; the browsers don't know."""
        self._proxy.server_port = _port(server)

    def cut(self) -> None:
        """Every open connection is reset; new ones pass."""
        self._call(self._proxy.reset_all)

    def black_hole(self) -> None:
        """No byte passes any more, and nobody is told."""
        self._call(self._proxy.black_hole)

    def strand(self) -> None:
        """The connections there are carry nothing any more, and nobody is told; new ones pass."""
        self._call(self._proxy.strand)

    def swallow_answers(self, is_on: bool) -> None:
        """What browsers send arrives, what the server answers does not."""
        self._call(lambda: setattr(self._proxy, "swallow", is_on))

    def clear(self) -> None:
        self._call(self._proxy.clear)

    def _call(self, action: Any) -> None:
        async def act() -> None:
            action()

        self._do(act())

    def _do(self, coroutine: Any) -> None:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        done.result(10)


def _port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])
