"""The app's own SQLite file: shelters, launches under way, and who is visiting."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.shelters.platform import Unit, Visitor

VISIT_LIFETIME = 1800

TABLES = """
CREATE TABLE IF NOT EXISTS launch (
    state TEXT PRIMARY KEY, verifier TEXT NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS visit (
    digest TEXT PRIMARY KEY, visitor TEXT NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sampled (county_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS shelter (
    id INTEGER PRIMARY KEY,
    unit_id TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    chain TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    occupied INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    contact_name TEXT NOT NULL,
    contact_phone TEXT NOT NULL,
    is_sample INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (unit_id, name)
);
CREATE INDEX IF NOT EXISTS shelter_by_chain ON shelter (chain, id);
"""
STATES = {
    "open": "is_open AND occupied < capacity",
    "full": "is_open AND occupied >= capacity",
    "closed": "NOT is_open",
}
EDITED = ("name", "address", "capacity", "occupied", "is_open", "contact_name", "contact_phone")


Position = tuple[int, str, int]


class NameTaken(Exception):
    """The unit has a shelter of this name."""


class Store:
    """Everything the register keeps, in one SQLite file.

    Where a query is put together from pieces (noqa: S608), the pieces are this module's own
    conditions and the names of its columns; what people typed is always a parameter.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(TABLES)

    # Launches and visits

    def put(self, state: str, verifier: str, until: float) -> None:
        """Keep a verifier until the page comes back with a code for this state: what the SDK asks
        of a store that several processes share."""
        with self._connect() as db:
            db.execute("DELETE FROM launch WHERE expires < ?", (time.time(),))
            db.execute("INSERT INTO launch VALUES (?, ?, ?)", (state, verifier, until))

    def take(self, state: str, now: float) -> str | None:
        """The verifier kept for a state, once."""
        with self._connect() as db:
            found = db.execute(
                "DELETE FROM launch WHERE state = ? AND expires > ? RETURNING verifier",
                (state, now),
            ).fetchone()
        return found["verifier"] if found else None

    def start_visit(self, visitor: Visitor) -> tuple[str, int]:
        """A token of our own for the page, and for how many seconds it is good."""
        token = secrets.token_urlsafe(32)
        seconds = min(VISIT_LIFETIME, visitor.expires_in)
        with self._connect() as db:
            db.execute("DELETE FROM visit WHERE expires < ?", (time.time(),))
            db.execute(
                "INSERT INTO visit VALUES (?, ?, ?)",
                (_digest(token), json.dumps(asdict(visitor)), time.time() + seconds),
            )
        return token, seconds

    def visitor_of(self, token: str) -> Visitor | None:
        with self._connect() as db:
            found = db.execute(
                "SELECT visitor FROM visit WHERE digest = ? AND expires > ?",
                (_digest(token), time.time()),
            ).fetchone()
        return _visitor(json.loads(found["visitor"])) if found else None

    # Shelters

    def list_shelters(
        self, visitor: Visitor, *, q: str, state: str, after: Position | None, limit: int
    ) -> list[dict[str, Any]]:
        """Up to ``limit + 1`` shelters of what the visitor sees: their own first, unit by unit.

        A row's place in the list is ``(is_elsewhere, chain, id)``.
        """
        mine, own = _within(visitor.unit)
        where, values = _within(visitor.scope)
        if q:
            where += " AND instr(name || ' ' || address || ' ' || unit_name, ?)"
            values.append(q)
        if state in STATES:
            where += f" AND {STATES[state]}"
        # Every part of the query is a text of this module; what people sent is bound.
        query = f"""SELECT * FROM (
                SELECT *, NOT ({mine}) AS is_elsewhere FROM shelter WHERE {where}
            ) WHERE (is_elsewhere, chain, id) > (?, ?, ?)
            ORDER BY is_elsewhere, chain, id LIMIT ?"""  # noqa: S608
        bound = [*own, *values, *(after or (-1, "", 0)), limit + 1]
        with self._connect() as db:
            return [dict(row) for row in db.execute(query, bound)]

    def totals(self, scope: Unit) -> dict[str, int]:
        where, values = _within(scope)
        query = f"""SELECT count(*) AS shelters,
            coalesce(sum({STATES["open"]}), 0) AS open,
            coalesce(sum({STATES["full"]}), 0) AS full,
            coalesce(sum(CASE WHEN is_open THEN capacity END), 0) AS capacity,
            coalesce(sum(CASE WHEN is_open THEN occupied END), 0) AS occupied
            FROM shelter WHERE {where}"""  # noqa: S608
        with self._connect() as db:
            return dict(db.execute(query, values).fetchone())

    def get_shelter(self, shelter_id: int) -> dict[str, Any] | None:
        with self._connect() as db:
            found = db.execute("SELECT * FROM shelter WHERE id = ?", (shelter_id,)).fetchone()
        return dict(found) if found else None

    def add_shelter(
        self, unit: Unit, fields: dict[str, Any], *, by: str, is_sample: bool = False
    ) -> int:
        """Raises NameTaken."""
        row = {
            **{name: fields[name] for name in EDITED},
            "unit_id": unit.id,
            "unit_name": unit.name,
            "chain": unit.chain,
            "is_sample": is_sample,
            "updated_at": _now(),
            "updated_by": by,
        }
        columns, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        try:
            with self._connect() as db:
                added = db.execute(f"INSERT INTO shelter ({columns}) VALUES ({places})", row)  # noqa: S608
        except sqlite3.IntegrityError as error:
            raise NameTaken from error
        return int(added.lastrowid or 0)

    def change_shelter(
        self, shelter_id: int, version: int, fields: dict[str, Any], *, by: str
    ) -> bool:
        """Whether the shelter still was in this version, and so was changed. Raises NameTaken."""
        row = {name: fields[name] for name in EDITED}
        sets = ", ".join(f"{name} = :{name}" for name in row)
        try:
            with self._connect() as db:
                changed = db.execute(
                    f"UPDATE shelter SET {sets}, version = version + 1, is_sample = 0,"  # noqa: S608
                    " updated_at = :at, updated_by = :by WHERE id = :id AND version = :version",
                    {**row, "at": _now(), "by": by, "id": shelter_id, "version": version},
                )
        except sqlite3.IntegrityError as error:
            raise NameTaken from error
        return changed.rowcount == 1

    def claim_sample(self, county_id: str) -> bool:
        """Whether this county has had no sample shelters yet; true once."""
        with self._connect() as db:
            claimed = db.execute("INSERT OR IGNORE INTO sampled VALUES (?)", (county_id,))
        return claimed.rowcount == 1

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=5)
        db.row_factory = sqlite3.Row
        try:
            with db:
                yield db
        finally:
            db.close()


def _within(scope: Unit) -> tuple[str, list[Any]]:
    """The condition for a unit and all below: chains end in a slash, and 0 comes after it."""
    return "chain >= ? AND chain < ?", [scope.chain, f"{scope.chain[:-1]}0"]


def _visitor(kept: dict[str, Any]) -> Visitor:
    unit, scope = Unit(**kept.pop("unit")), Unit(**kept.pop("scope"))
    writable = tuple(Unit(**one) for one in kept.pop("writable"))
    return Visitor(unit=unit, scope=scope, writable=writable, **kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
