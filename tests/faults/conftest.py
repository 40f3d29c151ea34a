"""Two real web processes over PostgreSQL and a Redis of their own, which tests stop and start."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from flask import Flask

from tests.servers import ServerProcess, free_port, running_servers, wait_until


@pytest.fixture(scope="session")
def engine_kind() -> str:
    """Several processes share a database: SQLite is for one."""
    return "postgresql"


class RedisServer:
    """A redis-server that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> float:
        """Returns when it was there again, by ``time.monotonic``."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self._port), "--save", "", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers, 10, "Redis answers")
        return time.monotonic()

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def hang(self) -> None:
        """Connections stay open and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> float:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        return time.monotonic()

    def _answers(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def servers(app: Flask, redis_server: RedisServer, tmp_path: Path) -> Iterator[list[ServerProcess]]:
    with running_servers(
        2,
        database_url=app.extensions["zzd.settings"].database_url,
        redis_url=redis_server.url,
        folder=tmp_path,
    ) as started:
        yield started
