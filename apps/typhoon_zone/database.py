"""The app's own SQLite file: its tables, and how they are reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS launch (
    state TEXT PRIMARY KEY, verifier TEXT NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS visit (
    digest TEXT PRIMARY KEY, visitor TEXT NOT NULL, access_token TEXT NOT NULL,
    expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 0);
CREATE TABLE IF NOT EXISTS sampled (county_id TEXT PRIMARY KEY);
-- A shelter, a road closure or a power outage, as the field keeps it. seq orders all changes.
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    chain TEXT NOT NULL,
    fields TEXT NOT NULL,
    is_sample INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    seq INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    created_key TEXT UNIQUE,
    created_as TEXT,
    changed_key TEXT,
    changed_as TEXT
);
DROP INDEX IF EXISTS record_by_chain;
CREATE INDEX IF NOT EXISTS record_by_seq ON record (seq);
CREATE TABLE IF NOT EXISTS feed (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    document TEXT,
    good_at TEXT,
    tried_at TEXT NOT NULL,
    fault TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS picture (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    origin TEXT NOT NULL,
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    added_at TEXT NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,
    key TEXT UNIQUE,
    bounds TEXT NOT NULL DEFAULT 'null'
);
"""


class Database:
    """Where a query elsewhere is put together from pieces (noqa: S608), the pieces are texts of
    this app; what people or feeds sent is always a parameter.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.connect() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(TABLES)

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection whose writes are one transaction, undone by whatever is raised."""
        db = sqlite3.connect(self.path, timeout=5)
        db.row_factory = sqlite3.Row
        try:
            with db:
                yield db
        finally:
            db.close()

    def latest(self) -> int:
        """The number of the last change."""
        with self.connect() as db:
            found: int = db.execute("SELECT seq FROM counter").fetchone()["seq"]
        return found


def next_seq(db: sqlite3.Connection) -> int:
    """The number of the change that this transaction makes; others wait until it is over.

    Taken before anything else is written, so numbers become visible in their order.
    """
    found: int = db.execute("UPDATE counter SET seq = seq + 1 RETURNING seq").fetchone()["seq"]
    return found


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
