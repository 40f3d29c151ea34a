"""The application's database, the only way to write to it, and the way to read.

``transaction()`` is the one door for writes: it commits on leaving and runs what was asked
for with ``before_commit`` and ``after_commit``. ``reading()`` is for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from zzd.db.engine import Database
from zzd.settings import Settings


def register(app: Any, settings: Settings) -> None:
    app.extensions["zzd.db"] = Database(settings)


def database() -> Database:
    db: Database = current_app.extensions["zzd.db"]
    return db


@contextmanager
def transaction() -> Iterator[Session]:
    """A write: committed on leaving, rolled back by any exception."""
    with database().transaction() as session:
        yield session


@contextmanager
def reading(*, plainly: bool = False) -> Iterator[Session]:
    """A read. What is changed within is never written.

    ``plainly``: without BEGIN and COMMIT on PostgreSQL, two of its round trips. For what is read
    all the time, takes no locks and asks for no writes.
    """
    with database().reading(plainly=plainly) as session:
        yield session
