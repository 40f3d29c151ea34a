"""From the process that committed an event to every process that has sockets for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Protocol

import orjson
import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from zzd.realtime.outbox import Event

log = structlog.get_logger()

# After a failure nobody else waits for Redis this long: their events are left to the sweeper.
PAUSE_AFTER_FAILURE = 1.0
# A subscription is asked for a sign of life after this silence, and given up after that.
ASK_AFTER, GIVE_UP_AFTER = 3.0, 8.0
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
            _deliver_one(self._deliver, event)

    def healthy(self) -> bool:
        return True


class RedisFanOut:
    """Several processes: one message on a Redis channel for each transaction's events.

    Every process, the publishing one included, delivers what it hears, in the order in which
    Redis took it. While a subscription was down events may have passed unheard, so ``resync``
    is called whenever there is a new one.
    """

    def __init__(self, url: str, deliver: Deliver, resync: Callable[[], None]) -> None:
        # Left to itself the client renews a lost subscription without a word and waits ten
        # seconds and more before it reports a failure.
        options: dict[str, Any] = {"socket_timeout": 2, "socket_connect_timeout": 2}
        self._publisher = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 1), **options)
        self._subscriber = redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)
        self._deliver = deliver
        self._resync = resync
        # Channels know nothing of Redis's numbered databases; installations that share one do.
        database = self._publisher.get_connection_kwargs().get("db", 0)
        self._channel = f"zzd:{database}:events"
        # One publication at a time: one connection, and the order of the commits.
        self._publishing = threading.Lock()
        self._paused_until = 0.0
        self._listener: threading.Event | None = None
        self._closed = threading.Event()

    def publish(self, events: Sequence[Event]) -> None:
        packed = orjson.dumps([_pack(event) for event in events])
        with self._publishing:
            if time.monotonic() < self._paused_until:
                raise redis.ConnectionError("Redis failed a moment ago")
            try:
                self._publisher.publish(self._channel, packed)
            except redis.RedisError:
                self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
                raise

    def healthy(self) -> bool:
        """Whether Redis answers and, in a process that listens, the subscription stands."""
        try:
            answers = bool(self._publisher.ping())
        except redis.RedisError:
            return False
        return answers and (self._listener is None or self._listener.is_set())

    def listen(self) -> None:
        """Deliver what is published until ``close``; run it in the background."""
        self._listener = threading.Event()
        while not self._closed.is_set():
            try:
                self._listen_to(self._listener)
            except Exception as error:
                if self._listener.is_set():
                    log.warning("subscription lost", error=str(error))
                self._listener.clear()
                self._closed.wait(1)

    def close(self) -> None:
        self._closed.set()

    def wait_until_listening(self, timeout: float) -> bool:
        """Whether the subscription stands, or does within ``timeout`` seconds."""
        give_up = time.monotonic() + timeout
        while (
            self._listener is None or not self._listener.is_set()
        ) and time.monotonic() < give_up:
            time.sleep(0.01)
        return self._listener is not None and self._listener.is_set()

    def _listen_to(self, subscribed: threading.Event) -> None:
        with closing(self._subscriber.pubsub()) as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(self._channel)
            heard_at = time.monotonic()
            while not self._closed.is_set():
                message = pubsub.get_message(timeout=ASK_AFTER)
                if message is not None:
                    heard_at = time.monotonic()
                    self._hear(message, subscribed)
                elif time.monotonic() - heard_at > GIVE_UP_AFTER:
                    raise redis.ConnectionError("no sign of life from Redis")
                else:
                    pubsub.ping()

    def _hear(self, message: dict[str, Any], subscribed: threading.Event) -> None:
        if message["type"] == "subscribe":
            log.info("subscribed")
            subscribed.set()
            self._resync()
        elif message["type"] == "message":
            try:
                events = [_unpack(packed) for packed in orjson.loads(message["data"])]
            except (ValueError, TypeError) as error:
                log.error("message not understood", exc_info=error)
                return
            for event in events:
                _deliver_one(self._deliver, event)


def _deliver_one(deliver: Deliver, event: Event) -> None:
    """Deliver an event. One that cannot be must not keep the others from their way."""
    try:
        deliver(event)
    except Exception as error:
        log.error("event not delivered", id=event.id, type=event.type, exc_info=error)


def _pack(event: Event) -> list[Any]:
    return [event.id, event.type, event.occurred_at.isoformat(), event.rooms, event.data]


def _unpack(packed: list[Any]) -> Event:
    id_, type_, occurred_at, rooms, data = packed
    return Event(id_, type_, datetime.fromisoformat(occurred_at), tuple(rooms), data)
