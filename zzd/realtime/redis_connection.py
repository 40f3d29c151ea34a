"""Connections to Redis that fail loudly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_WITHIN = 2.0


class Connection(Protocol):
    """What is used of redis.Connection. All raise redis.RedisError or OSError."""

    def pack_commands(self, commands: list[tuple[Any, ...]]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes], check_health: bool) -> None: ...
    def send_command(self, *command: str, check_health: bool) -> None: ...
    def read_response(self, disable_decoding: bool = False) -> Any: ...
    def disconnect(self) -> None: ...


Connect = Callable[[], Connection]


def client(url: str, *, answer_within: float) -> redis.Redis:
    """A client that reports a failure at once, where it would otherwise try again ten times."""
    return redis.Redis.from_url(url, **_impatient(answer_within))


def database_of(url: str) -> int:
    """The number of the database that an address names."""
    pool = redis.ConnectionPool.from_url(url)
    return int(pool.connection_kwargs.get("db", 0))


def connect(url: str, *, answer_within: float) -> Connection:
    """One connection, open. Once lost it stays lost: left to itself the client would open it
    again without a word, and without its subscriptions. Raises redis.RedisError, OSError."""
    was_open = False

    def once(connection: Any) -> None:
        nonlocal was_open
        if was_open:
            raise redis.ConnectionError("the connection was lost")
        was_open = True
        connection.on_connect()

    options = {**_impatient(answer_within), "redis_connect_func": once}
    connection: Any = redis.ConnectionPool.from_url(url, **options).make_connection()
    connection.connect()
    opened: Connection = connection
    return opened


def _impatient(answer_within: float) -> dict[str, Any]:
    return {
        "socket_timeout": answer_within,
        "socket_connect_timeout": CONNECT_WITHIN,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
