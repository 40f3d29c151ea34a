"""Shelters, road closures and power outages as the field keeps them.

Every change has a number (``seq``), the next of all changes: who was away asks for what came
after the last number they saw and gets each record as it is now.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from apps.typhoon_zone.database import Database, next_seq, now_text
from apps.typhoon_zone.platform import Unit

SHOWN_AT_ONCE = 3000
Record = dict[str, Any]


class ChangedMeanwhile(Exception):
    """Somebody else changed the record since it was read."""


class KeyReused(Exception):
    """The key of an earlier request came again with something else."""


class Records:
    def __init__(self, database: Database) -> None:
        self.database = database

    def list_records(self, scope: Unit, *, after: int = 0) -> tuple[list[Record], int]:
        """What lies in the scope and changed after that number, the newest first; and the number
        from which to go on: that of now, unless there is more than is shown at once."""
        with self.database.connect() as db:
            # Both of one moment, or a change between them would be missed.
            db.execute("BEGIN")
            latest: int = db.execute("SELECT seq FROM counter").fetchone()["seq"]
            rows = db.execute(
                "SELECT * FROM record WHERE seq > ?"
                " AND (instr(chain, ?) > 0 OR substr(chain, 1, ?) = ?) ORDER BY seq LIMIT ?",
                (after, f"/{scope.id}/", len(scope.code), scope.code, SHOWN_AT_ONCE + 1),
            ).fetchall()
        shown = rows[:SHOWN_AT_ONCE]
        upto = shown[-1]["seq"] if len(rows) > len(shown) else latest
        return [_read(row) for row in reversed(shown)], upto

    def get_record(self, record_id: int) -> Record | None:
        with self.database.connect() as db:
            return _find(db, record_id)

    def add_record(
        self,
        kind: str,
        unit: Unit,
        fields: dict[str, Any],
        *,
        by: str,
        key: str | None = None,
        is_sample: bool = False,
    ) -> Record:
        """The record made now, or by an earlier request of this key. Raises KeyReused."""
        written = json.dumps([kind, unit.id, fields], ensure_ascii=False, sort_keys=True)
        with self.database.connect() as db:
            seq = next_seq(db)
            if key is not None:
                made = db.execute("SELECT * FROM record WHERE created_key = ?", (key,)).fetchone()
                if made is not None:
                    if made["created_as"] != written:
                        raise KeyReused
                    return _read(made)
            row = {
                "kind": kind,
                "unit_id": unit.id,
                "unit_name": unit.name,
                "chain": unit.chain,
                "fields": json.dumps(fields, ensure_ascii=False),
                "is_sample": is_sample,
                "seq": seq,
                "updated_at": now_text(),
                "updated_by": by,
                "created_key": key,
                "created_as": written if key is not None else None,
            }
            columns, places = ", ".join(row), ", ".join(f":{name}" for name in row)
            query = f"INSERT INTO record ({columns}) VALUES ({places}) RETURNING *"  # noqa: S608
            return _read(db.execute(query, row).fetchone())

    def change_record(
        self, record_id: int, version: int, fields: dict[str, Any], *, by: str, key: str | None
    ) -> Record:
        """The record with these fields, if it still was in this version.

        The same request again finds it done. Raises ChangedMeanwhile, KeyReused.
        """
        written = json.dumps([version, fields], ensure_ascii=False, sort_keys=True)
        with self.database.connect() as db:
            seq = next_seq(db)
            row = db.execute("SELECT * FROM record WHERE id = ?", (record_id,)).fetchone()
            if key is not None and row["changed_key"] == key:
                if row["changed_as"] != written:
                    raise KeyReused
                return _read(row)
            if row["version"] != version:
                raise ChangedMeanwhile
            changed = db.execute(
                "UPDATE record SET fields = ?, version = version + 1, seq = ?, is_sample = 0,"
                " updated_at = ?, updated_by = ?, changed_key = ?, changed_as = ?"
                " WHERE id = ? RETURNING *",
                (
                    json.dumps(fields, ensure_ascii=False),
                    seq,
                    now_text(),
                    by,
                    key,
                    written,
                    record_id,
                ),
            ).fetchone()
        return _read(changed)

    def claim_sample(self, county_id: str) -> bool:
        """Whether this county has had no sample records yet; true once."""
        with self.database.connect() as db:
            claimed = db.execute("INSERT OR IGNORE INTO sampled VALUES (?)", (county_id,))
        return claimed.rowcount == 1


def _find(db: sqlite3.Connection, record_id: int) -> Record | None:
    row = db.execute("SELECT * FROM record WHERE id = ?", (record_id,)).fetchone()
    return _read(row) if row else None


def _read(row: sqlite3.Row) -> Record:
    shown = ("id", "kind", "unit_id", "unit_name", "chain", "version", "seq")
    return {
        **{name: row[name] for name in (*shown, "updated_at", "updated_by")},
        "is_sample": bool(row["is_sample"]),
        "fields": json.loads(row["fields"]),
    }
