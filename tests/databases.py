"""Real databases for tests: made once with the structure and the small organisation in them,
copied for every test."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, make_url, text

from tests.organisation import build_organisation
from zzd import create_app, migrate
from zzd.db import database
from zzd.settings import Settings


def settings_for(database_url: str, **more: object) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key="tests " * 8,
        redis_prefix=redis_prefix(),
        **more,  # type: ignore[arg-type]
    )


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
        # The file too: a connection that a failed test left open keeps its own.
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        shutil.copy(self._template, self._file)

    def drop(self) -> None:
        """Its folder goes with it."""


class PostgresqlDatabase:
    """Copying a database takes a fifth of a second, so this one is put back in place: the schema
    ``start`` keeps each table's rows as they were, and the values of the sequences."""

    name = "postgresql"

    def __init__(self, server_url: str) -> None:
        self._name = f"zzd_test_{os.getpid()}"
        self.url = make_url(server_url).set(database=self._name).render_as_string(False)
        self.drop()
        _run_on_server(f'CREATE DATABASE "{self._name}"')
        fill(self.url)
        self._engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            connection.execute(text(KEEP_START))
            connection.execute(text(MAKE_RESET))

    def reset(self) -> None:
        with self._engine.connect() as connection:
            connection.execute(text("SELECT start.reset()"))

    def drop(self) -> None:
        if hasattr(self, "_engine"):
            self._engine.dispose()
        _run_on_server(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')


KEEP_START = """
DO $$
DECLARE kept record;
BEGIN
    CREATE SCHEMA start;
    CREATE TABLE start."the tables" (name text, is_filled boolean);
    FOR kept IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE start.%1$I AS TABLE public.%1$I', kept.tablename);
        EXECUTE format('INSERT INTO start."the tables" SELECT %1$L, EXISTS (SELECT FROM start.%1$I)',
                       kept.tablename);
    END LOOP;
    CREATE TABLE start."the sequences" AS
        SELECT sequencename AS name, last_value AS value FROM pg_sequences
        WHERE schemaname = 'public';
END $$
"""

# Replica: neither foreign keys nor the audit log's triggers look on.
MAKE_RESET = """
CREATE FUNCTION start.reset() RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR kept IN SELECT name, is_filled FROM start."the tables" LOOP
        EXECUTE format('DELETE FROM public.%I', kept.name);
        IF kept.is_filled THEN
            EXECUTE format('INSERT INTO public.%1$I SELECT * FROM start.%1$I', kept.name);
        END IF;
    END LOOP;
    FOR kept IN SELECT name, value FROM start."the sequences" LOOP
        PERFORM setval(format('public.%I', kept.name)::regclass, coalesce(kept.value, 1),
                       kept.value IS NOT NULL);
    END LOOP;
END $$
"""


@contextmanager
def blank_database(kind: str, folder: Path, *, to: str = "head") -> Iterator[str]:
    """The address of one more database, of kind sqlite or postgresql: the structure, no rows.
    ``to``: that of an earlier revision."""
    name = f"zzd_blank_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    if kind == "sqlite":
        url = f"sqlite:///{folder / name}.db"
    else:
        url = make_url(postgresql_server_url()).set(database=name).render_as_string(False)
        _run_on_server(f'CREATE DATABASE "{name}"')
    try:
        with create_app(settings_for(url)).app_context():
            migrate.upgrade(database().engine, to)
            database().engine.dispose()
        yield url
    finally:
        if kind == "postgresql":
            _run_on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def copied_database(url: str, folder: Path) -> Iterator[str]:
    """A copy of a database that nobody is connected to."""
    name = f"zzd_copy_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    original = make_url(url)
    if original.get_backend_name() == "sqlite":
        shutil.copy(str(original.database), folder / "zzd.db")
        yield f"sqlite:///{folder / 'zzd.db'}"
        return
    _run_on_server(f'CREATE DATABASE "{name}" TEMPLATE "{original.database}"')
    try:
        yield original.set(database=name).render_as_string(False)
    finally:
        _run_on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _run_on_server(statement: str) -> None:
    server = create_engine(postgresql_server_url(), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(statement))
    server.dispose()


def postgresql_server_url() -> str:
    url = os.environ.get("ZZD_TEST_DATABASE_URL")
    if not url:
        raise RuntimeError(
            "ZZD_TEST_DATABASE_URL is not set: run script/test, which starts a private PostgreSQL"
        )
    return url


def redis_prefix() -> str:
    """Of this process: others that test on the same Redis hear nothing of it."""
    return f"zzd-test-{os.getpid()}"


def redis_url() -> str:
    url = os.environ.get("ZZD_TEST_REDIS_URL")
    if not url:
        raise RuntimeError(
            "ZZD_TEST_REDIS_URL is not set: run script/test, which starts a private Redis"
        )
    return url
