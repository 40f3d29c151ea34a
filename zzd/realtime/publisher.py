"""What leaves the process for Redis: one connection, and everything that waits in one go."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

import redis
import structlog

from zzd.realtime.redis_connection import Connect, Connection

log = structlog.get_logger()

# After a failure nobody else waits for Redis this long: their events are left to the sweeper.
PAUSE_AFTER_FAILURE = 1.0
# Publications that go out in one write, and those that may wait while Redis is slow.
AT_ONCE, AT_MOST = 500, 20_000

Done = Callable[[Exception | None], None]


class Publication:
    """Messages that belong together. ``done`` is called once: with nothing when Redis has
    confirmed all of them, else with the reason. It must not block."""

    __slots__ = ("_done", "confirmed", "messages")

    def __init__(self, messages: Sequence[tuple[str, bytes]], done: Done) -> None:
        self.messages = messages
        self.confirmed = False
        self._done = done

    def confirm(self) -> None:
        self.confirmed = True
        self._done(None)

    def fail(self, error: Exception) -> None:
        if not self.confirmed:
            self._done(error)


class Publisher:
    """Publishes in the order in which it is handed over.

    Before ``start`` (commands, tests) whoever hands over does the work; after it a greenlet or
    thread does, and nobody waits. While ``may_publish`` says no, everything is left to the
    sweeper: Redis would take it, and tell nobody.
    """

    def __init__(self, connect: Connect, may_publish: Callable[[], bool] = lambda: True) -> None:
        self._connect = connect
        self._may_publish = may_publish
        self._connection: Connection | None = None
        self._waiting: deque[Publication] = deque()
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._paused_until = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def failed_lately(self) -> bool:
        return time.monotonic() < self._paused_until

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        if self._thread:
            self._thread.join(10)
        with self._writing:
            self._disconnect()

    def hand_over(self, publication: Publication) -> None:
        if self._thread is None:
            self._write([publication])
        elif len(self._waiting) >= AT_MOST:
            publication.fail(redis.ConnectionError("too much waits for Redis"))
        else:
            self._waiting.append(publication)
            self._wake.set()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = list(islice(self._waiting, AT_ONCE))
                for _ in batch:
                    self._waiting.popleft()
                try:
                    self._write(batch)
                except Exception as error:
                    # The rows are still there. On the connection answers may be left that would
                    # be taken for those to the next commands.
                    log.error("events not published", count=len(batch), exc_info=error)
                    self._disconnect()

    def _write(self, batch: list[Publication]) -> None:
        with self._writing:
            error = self._try(batch)
            if error is None:
                return
            left = [publication for publication in batch if not publication.confirmed]
            if not self.failed_lately:
                log.warning("events wait for the sweeper", count=len(left), error=repr(error))
                self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
        for publication in left:
            publication.fail(error)

    def _try(self, batch: list[Publication]) -> Exception | None:
        """Publish the batch; returns why not all of it is confirmed."""
        if self.failed_lately:
            return redis.ConnectionError("Redis failed a moment ago")
        if not self._may_publish():
            return redis.ConnectionError("other processes may not listen yet")
        was_idle = self._connection is not None
        try:
            return self._exchange(batch)
        except (redis.RedisError, OSError) as error:
            self._disconnect()
            # One that lay idle may be long dead, which says nothing of Redis now.
            if not was_idle or isinstance(error, redis.TimeoutError):
                return error
        try:
            return self._exchange([each for each in batch if not each.confirmed])
        except (redis.RedisError, OSError) as error:
            self._disconnect()
            return error

    def _exchange(self, batch: list[Publication]) -> Exception | None:
        """One write, and an answer for each command. Raises when the connection fails; returns
        the last refusal if Redis itself refused some."""
        if self._connection is None:
            self._connection = self._connect()
        connection, refusal = self._connection, None
        commands = [("PUBLISH", *message) for each in batch for message in each.messages]
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        for publication in batch:
            refused = None
            for _ in publication.messages:
                try:
                    connection.read_response()
                except redis.ResponseError as error:
                    refused = refusal = error
            if refused is None:
                publication.confirm()
        return refusal

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None
