"""PostgreSQL ends in the middle of it all and recovers: what was acknowledged is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import fill
from tests.faults.conftest import RedisServer
from tests.faults.postgresql import PostgresqlServer
from tests.faults.test_kills import under_load
from tests.servers import ServerProcess, running_servers

RESTARTS, EVERY, AWAY = 3, 6.0, 2.0


@pytest.fixture
def postgresql() -> Iterator[PostgresqlServer]:
    server = PostgresqlServer()
    try:
        server.start()
        yield server
    finally:
        server.drop()


@pytest.fixture
def servers(
    postgresql: PostgresqlServer, redis_server: RedisServer, tmp_path: Path
) -> Iterator[list[ServerProcess]]:
    fill(postgresql.url)
    with running_servers(
        2, database_url=postgresql.url, redis_url=redis_server.url, folder=tmp_path
    ) as started:
        yield started


@pytest.mark.timeout(300)
def test_postgresql_is_restarted_at_once_under_load(
    servers: list[ServerProcess], postgresql: PostgresqlServer
) -> None:
    def restart() -> float:
        for _ in range(RESTARTS):
            time.sleep(EVERY)
            postgresql.stop("immediate")
            time.sleep(AWAY)
            postgresql.start()
        healed = time.monotonic()
        time.sleep(EVERY)
        return healed

    under_load(servers, restart, rate=50)
