"""Redis as carrier: publish and subscribe, on one channel for each of its databases."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import redis

# Redis has one space of channels for all of its databases.
CHANNEL = "hallway:{database}"
IDLE_SECONDS = 1.0
# It answers within a millisecond or not at all.
TIMEOUT_SECONDS = 1.0
# A connection that nothing comes through is asked whether it lives.
HEALTH_SECONDS = 2


class Redis:
    rings_with_commit = False

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            health_check_interval=HEALTH_SECONDS,
            decode_responses=True,
        )
        database = self._client.connection_pool.connection_kwargs.get("db", 0)
        self._channel = CHANNEL.format(database=database)

    def send(self, letters: list[str]) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for letter in letters:
                pipeline.publish(self._channel, letter)
            pipeline.execute()

    @contextmanager
    def ears(self) -> Iterator[Iterator[str | None]]:
        with closing(self._client.pubsub(ignore_subscribe_messages=True)) as heard:
            heard.subscribe(self._channel)
            yield _letters(heard)

    def listeners(self) -> int:
        [(_, count)] = self._client.pubsub_numsub(self._channel)
        return int(count)


def _letters(heard: Any) -> Iterator[str | None]:
    while True:
        message = heard.get_message(timeout=IDLE_SECONDS)
        yield None if message is None else message["data"]
