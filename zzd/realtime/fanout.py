"""From the process that committed an event to every process that has sockets for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
import redis
import structlog

from zzd.realtime.outbox import Event

log = structlog.get_logger()

CHANNEL = "zzd:events"
Deliver = Callable[[Event], None]


class FanOut(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Hand the events to every process. Raises when that is not certain."""

    def healthy(self) -> bool: ...


class LocalFanOut:
    """One process: what is published is delivered on the spot."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            self._deliver(event)

    def healthy(self) -> bool:
        return True


class RedisFanOut:
    """Several processes: one message on a Redis channel for each transaction's events.

    Every process, the publishing one included, delivers what it hears. While a subscription
    was down events may have passed unheard, so ``resync`` is called when it is back.
    """

    def __init__(self, url: str, deliver: Deliver, resync: Callable[[], None]) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=15
        )
        self._deliver = deliver
        self._resync = resync
        self._listening = False

    def publish(self, events: Sequence[Event]) -> None:
        self._redis.publish(CHANNEL, orjson.dumps([_pack(event) for event in events]))

    def healthy(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def listen(self) -> None:
        """Deliver what is published, for ever; run it in the background."""
        lost = False
        while True:
            try:
                with self._subscription() as pubsub:
                    pubsub.subscribe(CHANNEL)
                    if lost:
                        log.info("subscription renewed")
                        self._resync()
                        lost = False
                    while True:
                        # A timeout lets the client check the connection's health by itself.
                        if (message := pubsub.get_message(timeout=5)) is not None:
                            self._hear(message["data"])
            except (redis.RedisError, OSError) as error:
                if not lost:
                    log.warning("subscription lost", error=str(error))
                lost = True
                time.sleep(1)

    def _subscription(self) -> redis.client.PubSub:
        pubsub: redis.client.PubSub = self._redis.pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        return pubsub

    def _hear(self, data: bytes) -> None:
        for packed in orjson.loads(data):
            try:
                self._deliver(_unpack(packed))
            except Exception as error:
                log.error("event not delivered", event=packed[:2], exc_info=error)


def _pack(event: Event) -> list[Any]:
    return [event.id, event.type, event.occurred_at.isoformat(), event.rooms, event.data]


def _unpack(packed: list[Any]) -> Event:
    id_, type_, occurred_at, rooms, data = packed
    return Event(id_, type_, datetime.fromisoformat(occurred_at), tuple(rooms), data)
