"""One real server for the tests of the protocol: gunicorn, one gevent worker, SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import SqliteDatabase
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess, running_servers


@pytest.fixture(scope="package")
def lasting_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = SqliteDatabase(tmp_path_factory.mktemp("lasting"))
    database.reset()
    yield database.url
    database.drop()


@pytest.fixture(scope="package")
def server(
    lasting_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with running_servers(
        1, database_url=lasting_database, redis_url=None, folder=folder
    ) as started:
        yield started[0]


@pytest.fixture
def owner(server: ServerProcess) -> Iterator[Person]:
    person = Person(server.url, "331081.leader", PASSWORD)
    yield person
    person.close()


@pytest.fixture
def member(server: ServerProcess) -> Iterator[Person]:
    person = Person(server.url, "331081100.duty_officer", PASSWORD)
    yield person
    person.close()


@pytest.fixture
def log_of_server(server: ServerProcess) -> Path:
    return server.log
