"""How often an installation of an app may call: so many times a minute, counted in Redis where
there is one, else in this process.

The answer says what is left in the ``RateLimit`` fields of the IETF's draft
(draft-ietf-httpapi-ratelimit-headers), and a refusal when to come again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import redis
import structlog
from flask import Flask, Response, current_app, g

from zzd import clock
from zzd.errors import TooManyRequests
from zzd.principal import Principal
from zzd.realtime import redis_connection
from zzd.settings import Settings

log = structlog.get_logger()

LIMITS = "zzd.app_limits"
WINDOW = 60
POLICY = "app"
ANSWER_WITHIN = 0.25


class Counter(Protocol):
    def count(self, name: str, window: int) -> int:
        """How many times this was called for ``name`` in the window numbered so, this one too."""


class InProcess:
    """The present window's counts."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, name: str, window: int) -> int:
        if window != self._window:
            self._window, self._counts = window, {}
        self._counts[name] = counted = self._counts.get(name, 0) + 1
        return counted


class InRedis:
    """Shared by all processes. While it does not answer each process counts for itself."""

    def __init__(self, url: str, prefix: str) -> None:
        self._client = redis_connection.client(url, answer_within=ANSWER_WITHIN)
        self._prefix = prefix
        self._meanwhile = InProcess()

    def count(self, name: str, window: int) -> int:
        key = f"{self._prefix}:app-calls:{name}:{window}"
        try:
            asked = self._client.pipeline()
            asked.incr(key)
            asked.expire(key, 2 * WINDOW)
            counted, _ = asked.execute()
        except (redis.RedisError, OSError) as error:
            log.warning("calls are counted in this process", error=repr(error))
            return self._meanwhile.count(name, window)
        return int(counted)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of it, and in how many seconds there is all of it again."""

    quota: int
    left: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{POLICY}";r={self.left};t={self.resets_in}',
        }


class Limits:
    def __init__(self, quota: int, counter: Counter) -> None:
        self.quota = quota
        self._counter = counter

    def take(self, principal: Principal) -> Allowance:
        """One call of the app's installation. Raises TooManyRequests."""
        now = clock.now().timestamp()
        window = int(now // WINDOW)
        name = f"{principal.app_id}:{principal.installation_id}"
        counted = self._counter.count(name, window)
        resets_in = max(1, int((window + 1) * WINDOW - now))
        allowance = Allowance(self.quota, max(0, self.quota - counted), resets_in)
        if counted > self.quota:
            headers = {**allowance.headers(), "Retry-After": str(resets_in)}
            raise TooManyRequests(
                f"An installation may call {self.quota} times a minute", headers=headers
            )
        return allowance


def register(app: Flask, settings: Settings) -> None:
    counter: Counter = InProcess()
    if settings.redis_url:
        counter = InRedis(settings.redis_url, settings.redis_prefix)
    app.extensions[LIMITS] = Limits(settings.app_rate, counter)
    # After the caller was recognised and admitted: refused calls are counted too.
    app.before_request(_take)
    app.after_request(_tell)


def _take() -> None:
    principal: Principal | None = g.get("principal")
    g.app_allowance = None
    if principal is not None and principal.app_id is not None:
        limits: Limits = current_app.extensions[LIMITS]
        g.app_allowance = limits.take(principal)


def _tell(response: Response) -> Response:
    allowance: Allowance | None = g.get("app_allowance")
    if allowance is not None:
        response.headers.update(allowance.headers())
    return response
