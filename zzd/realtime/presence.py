"""Who is online: told only to those who have them on their screen.

Each process looks every few seconds at who came to it and who went. With Redis a process notes
for each of its officials until when it vouches for them, so that one who is connected to several
is online until the last of them lets go, and those of a process that died go out by themselves.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from zzd.realtime import passing, rooms

log = structlog.get_logger()

LOOK_EVERY = 3.0
# Seconds for which a process vouches for an official, and after which it does so again.
VOUCHED_FOR, VOUCH_AGAIN = 60.0, 20.0


class Elsewhere(Protocol):
    """What other processes know. Each answers for officials in the order asked."""

    def came(self, official_ids: Collection[int]) -> list[bool]:
        """They are here now. Whether each was online elsewhere before."""

    def went(self, official_ids: Collection[int]) -> list[bool]:
        """They are here no more. Whether each still is online elsewhere."""

    def online(self, official_ids: Collection[int]) -> list[bool]: ...

    def vouch(self, official_ids: Collection[int]) -> None:
        """They still are here."""


class NoOther:
    """One process: nobody is elsewhere."""

    def came(self, official_ids: Collection[int]) -> list[bool]:
        return [False] * len(official_ids)

    went = online = came

    def vouch(self, official_ids: Collection[int]) -> None:
        pass


class InRedis:
    """A sorted set for each official: processes, by until when they vouch. ``prefix`` keeps apart
    installations that share a Redis."""

    def __init__(self, url: str, prefix: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
        )
        self._prefix = f"{prefix}:presence:"
        self._process = uuid.uuid4().hex

    def came(self, official_ids: Collection[int]) -> list[bool]:
        def note(pipeline: Any, key: str, now: float) -> None:
            pipeline.zcount(key, now, "+inf")
            self._vouch(pipeline, key, now)

        return [bool(count) for count in self._each(official_ids, note)[::3]]

    def went(self, official_ids: Collection[int]) -> list[bool]:
        def note(pipeline: Any, key: str, now: float) -> None:
            pipeline.zrem(key, self._process)
            pipeline.zcount(key, now, "+inf")

        return [bool(count) for count in self._each(official_ids, note)[1::2]]

    def online(self, official_ids: Collection[int]) -> list[bool]:
        def ask(pipeline: Any, key: str, now: float) -> None:
            pipeline.zcount(key, now, "+inf")

        return [bool(count) for count in self._each(official_ids, ask)]

    def vouch(self, official_ids: Collection[int]) -> None:
        self._each(official_ids, self._vouch)

    def _vouch(self, pipeline: Any, key: str, now: float) -> None:
        pipeline.zadd(key, {self._process: now + VOUCHED_FOR})
        pipeline.expire(key, int(VOUCHED_FOR) + 1)

    def _each(
        self, official_ids: Collection[int], act: Callable[[Any, str, float], None]
    ) -> list[Any]:
        if not official_ids:
            return []
        now = time.time()
        with self._redis.pipeline(transaction=False) as pipeline:
            for official_id in official_ids:
                act(pipeline, f"{self._prefix}{official_id}", now)
            return list(pipeline.execute())


class Presence:
    """This process's part: ``here`` says whose sockets are connected to it."""

    def __init__(self, here: Callable[[], set[int]], elsewhere: Elsewhere) -> None:
        self._here = here
        self._elsewhere = elsewhere
        self._known: set[int] = set()
        self._vouched_at = 0.0

    def look(self) -> None:
        """Tell who came and who went since the last look. Redis away: it is told later."""
        here = self._here()
        came, went = sorted(here - self._known), sorted(self._known - here)
        try:
            for official_id, before in zip(came, self._elsewhere.came(came), strict=True):
                if not before:
                    _tell(official_id, online=True)
            for official_id, still in zip(went, self._elsewhere.went(went), strict=True):
                if not still:
                    _tell(official_id, online=False)
            now = time.monotonic()
            if now - self._vouched_at >= VOUCH_AGAIN:
                self._elsewhere.vouch(sorted(here))
                self._vouched_at = now
        except redis.RedisError as error:
            log.info("presence waits for Redis", error=repr(error))
            return
        self._known = here

    def online(self, official_ids: Collection[int]) -> list[bool]:
        """Whether each is online, here or elsewhere; while Redis is away, here."""
        here = self._here()
        asked = list(official_ids)
        try:
            there: Iterable[bool] = self._elsewhere.online(asked)
        except redis.RedisError:
            there = [False] * len(asked)
        return [each in here or other for each, other in zip(asked, there, strict=True)]


def _tell(official_id: int, *, online: bool) -> None:
    passing.push(
        "presence.updated",
        {"official_id": str(official_id), "online": online},
        rooms=[rooms.presence(official_id)],
    )
