"""Which processes are alive, and whether this one still hears the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog

from zzd.realtime.redis_channels import pack_probe

log = structlog.get_logger()

# A process signs in this often, and is taken for dead when it has not for ALIVE_FOR.
BEAT, ALIVE_FOR = 2.5, 10.0

# By Redis's own clock, which is the same for all. Returns how many are alive.
SIGN_IN = """
local at = redis.call('TIME')
local now = at[1] + at[2] / 1000000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]))
return redis.call('ZCARD', KEYS[1])
"""


class Roll:
    """Processes that listen, each with an entry that expires.

    At every beat the process signs in, has Redis count those who hear the processes' channel, and
    sends a probe on it; two that were not heard mean that it is deaf. A connection may answer pings
    and carry nothing: to a Redis that was replaced, or through a proxy that connected anew. The
    publisher's side is asked, and ``deaf`` is called when it knows of no subscription of ours.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        channel: str,
        process_id: str,
        listens: Callable[[], bool],
        deaf: Callable[[str], None],
    ) -> None:
        self._client = client
        self._channel = channel
        self._key = f"{channel}:alive"
        self._process_id = process_id
        self._listens = listens
        self._deaf = deaf
        self._unheard = 0
        self._was_short = False
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="roll", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        if self._thread:
            self._thread.join(10)
            try:
                self._client.zrem(self._key, self._process_id)
            except (redis.RedisError, OSError) as error:
                log.info("not signed out", error=repr(error))

    def alive(self) -> list[str]:
        """The ids of the processes that signed in lately. Raises redis.RedisError."""
        signed_in: Any = self._client.zrange(self._key, 0, -1)
        return [process_id.decode() for process_id in signed_in]

    def heard(self, process_id: str) -> None:
        """A probe came through."""
        if process_id == self._process_id:
            self._unheard = 0

    def beat(self) -> None:
        """Raises redis.RedisError when Redis does not answer."""
        listens, unheard = self._listens(), self._unheard
        # Before it is sent: it may be heard before the answers are here.
        self._unheard = unheard + 1 if listens else 0
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.eval(SIGN_IN, 1, self._key, self._process_id, ALIVE_FOR)
            pipeline.pubsub_numsub(self._channel)
            if listens:
                pipeline.publish(self._channel, pack_probe(self._process_id))
            alive, ((_, listening),), *_ = pipeline.execute()
        if listens and (listening == 0 or unheard > 1):
            self._unheard = 0
            self._deaf(f"{listening} of {alive} processes listen, {unheard} probes were not heard")
        self._tell_shortage(listening, alive)

    def _tell_shortage(self, listening: int, alive: int) -> None:
        short = listening < alive
        if short and self._was_short:
            log.warning("fewer processes listen than are alive", listening=listening, alive=alive)
        self._was_short = short

    def _run(self) -> None:
        while not self._closed.is_set():
            before = time.monotonic()
            try:
                self.beat()
            except Exception as error:
                self._unheard = 0
                log.warning("not signed in", error=repr(error))
            self._closed.wait(max(0.1, BEAT - (time.monotonic() - before)))
