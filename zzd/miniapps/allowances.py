"""How often an app may do something: so many times a minute, counted in Redis where there is one,
else in this process.

The answer says what is left in the ``RateLimit`` fields of the IETF's draft
(draft-ietf-httpapi-ratelimit-headers), and a refusal when to come again.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

import redis
import structlog
from flask import Flask, Response, g

from zzd import clock
from zzd.realtime import redis_connection
from zzd.settings import Settings

log = structlog.get_logger()

COUNTER = "zzd.app_counter"
WINDOW = 60
ANSWER_WITHIN = 0.25


class Counter(Protocol):
    def count(self, name: str, window: int, by: int = 1) -> int:
        """How many there were for ``name`` in the window numbered so, these ``by`` too."""


class InProcess:
    """The present window's counts."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, name: str, window: int, by: int = 1) -> int:
        if window != self._window:
            self._window, self._counts = window, {}
        self._counts[name] = counted = self._counts.get(name, 0) + by
        return counted


class InRedis:
    """Shared by all processes. While it does not answer each process counts for itself."""

    def __init__(self, url: str, prefix: str) -> None:
        self._client = redis_connection.client(url, answer_within=ANSWER_WITHIN)
        self._prefix = prefix
        self._meanwhile = InProcess()

    def count(self, name: str, window: int, by: int = 1) -> int:
        key = f"{self._prefix}:app-calls:{name}:{window}"
        try:
            asked = self._client.pipeline()
            asked.incrby(key, by)
            asked.expire(key, 2 * WINDOW)
            counted, _ = asked.execute()
        except (redis.RedisError, OSError) as error:
            log.warning("calls are counted in this process", error=repr(error))
            return self._meanwhile.count(name, window, by)
        return int(counted)


class InParts:
    """Takes ``part`` of them at a time from a shared counter, for where there are so many that
    asking it each time would cost as much as what is counted. Never more than there are: what a
    process took and did not use by the end of the window nobody else has."""

    def __init__(self, shared: Counter, part: int) -> None:
        self._shared, self._part = shared, part
        # The window, the next number and the last one of the part, by name.
        self._parts: dict[str, tuple[int, int, int]] = {}
        self._asking: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def count(self, name: str, window: int, by: int = 1) -> int:
        # Of those who come together one asks for the next part, and the others wait for it.
        with self._asking[name]:
            taken, number, last = self._parts.get(name, (window, 1, 0))
            if taken != window or number + by - 1 > last:
                last = self._shared.count(name, window, self._part)
                number = last - self._part + 1
            self._parts[name] = window, number + by, last
            return number + by - 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of ``quota`` (less than nothing where it is over), and in how many seconds
    there is all of it again."""

    policy: str
    quota: int
    left: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        told = {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={max(0, self.left)};t={self.resets_in}',
        }
        return {**told, "Retry-After": str(self.resets_in)} if self.is_over else told


class Quota:
    """So many a minute for each of whatever is named."""

    def __init__(self, policy: str, quota: int, counter: Counter) -> None:
        self.policy, self.quota = policy, quota
        self._counter = counter

    def take(self, name: str) -> Allowance:
        """One of them; the answer to this request tells what is left."""
        now = clock.now().timestamp()
        window = int(now // WINDOW)
        counted = self._counter.count(f"{self.policy}:{name}", window)
        resets_in = max(1, int((window + 1) * WINDOW - now))
        allowance = Allowance(self.policy, self.quota, self.quota - counted, resets_in)
        g.app_allowance = allowance
        return allowance


def register(app: Flask, settings: Settings) -> None:
    counter: Counter = InProcess()
    if settings.redis_url:
        counter = InRedis(settings.redis_url, settings.redis_prefix)
    app.extensions[COUNTER] = counter
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    allowance: Allowance | None = g.get("app_allowance")
    if allowance is not None:
        response.headers.update(allowance.headers())
    return response
