"""The database's structure is made and changed by Alembic only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s")
    return config


@cache
def head_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_current(connection: Connection) -> bool:
    """Whether the database has the structure that this code needs."""
    return MigrationContext.configure(connection).get_current_revision() == head_revision()


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether Alembic compares what it finds under this name. SQLite's full-text table and those
    it keeps beside it are no models."""
    return kind != "table" or not (name or "").startswith("search_words")


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to the structure that this code needs."""
    config = _config()
    with engine.connect() as connection, _tables_may_be_replaced(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.commit()


@contextmanager
def _tables_may_be_replaced(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by a copy that takes its name, and would not drop one that others
    refer to. Whether all still refer to something is looked at when it is done."""
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite: Any = connection.connection.dbapi_connection
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if lost := sqlite.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"rows refer to what is not there: {lost[:5]}")
    finally:
        # Within a transaction it would do nothing.
        connection.rollback()
        sqlite.execute("PRAGMA foreign_keys=ON")


def draft(engine: Engine, message: str, rev_id: str) -> None:
    """Write a migration for what the models have and the database lacks."""
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=message, rev_id=rev_id, autogenerate=True)
