"""Real databases for tests: made once with the structure and the small organisation in them,
copied for every test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, make_url, text

from tests.organisation import build_organisation
from zzd import create_app, migrate
from zzd.db import database
from zzd.settings import Settings


def settings_for(database_url: str, **more: object) -> Settings:
    return Settings(database_url=database_url, secret_key="tests " * 8, **more)  # type: ignore[arg-type]


def fill(database_url: str) -> None:
    """The structure, and the organisation that every test starts from."""
    with create_app(settings_for(database_url)).app_context():
        migrate.upgrade(database().engine)
        build_organisation()
        database().engine.dispose()


class TestDatabase(Protocol):
    __test__ = False
    name: str
    url: str

    def reset(self) -> None:
        """Back to the start of every test. Nobody may be connected."""

    def drop(self) -> None: ...


class SqliteDatabase:
    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "test.db"
        self._template = folder / "template.db"
        self.url = f"sqlite:///{self._file}"
        fill(f"sqlite:///{self._template}")

    def reset(self) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self._template, self._file)

    def drop(self) -> None:
        """Its folder goes with it."""


class PostgresqlDatabase:
    name = "postgresql"

    def __init__(self, server_url: str) -> None:
        self._server = create_engine(server_url, isolation_level="AUTOCOMMIT")
        self._name = f"zzd_test_{os.getpid()}"
        self.url = self._url_of(self._name)
        self._run(f'DROP DATABASE IF EXISTS "{self._name}_template" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self._name}_template"')
        fill(self._url_of(f"{self._name}_template"))

    def reset(self) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self._name}" TEMPLATE "{self._name}_template"')

    def drop(self) -> None:
        for name in (self._name, f"{self._name}_template"):
            self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._server.dispose()

    def _url_of(self, name: str) -> str:
        url = make_url(self._server.url).set(database=name)
        return url.render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


def postgresql_server_url() -> str:
    url = os.environ.get("ZZD_TEST_DATABASE_URL")
    if not url:
        raise RuntimeError(
            "ZZD_TEST_DATABASE_URL is not set: run script/test, which starts a private PostgreSQL"
        )
    return url


def redis_url() -> str:
    url = os.environ.get("ZZD_TEST_REDIS_URL")
    if not url:
        raise RuntimeError(
            "ZZD_TEST_REDIS_URL is not set: run script/test, which starts a private Redis"
        )
    return url
