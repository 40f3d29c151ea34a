"""Small JSON that an app keeps for an installation, changed only from the version one has seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import lock_name
from zzd.errors import Invalid, NotFound
from zzd.miniapps.calls.models import AppEntry
from zzd.miniapps.calls.problems import EntryChanged, StorageFull

LARGEST_VALUE = 64 * 1024
MOST_ENTRIES = 1000
# U+0000 as JSON writes it, which no text of PostgreSQL holds.
NO_TEXT = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
MOST_BYTES = 4 * 1024 * 1024


def list_entries(
    session: Session, installation_id: int, *, prefix: str, after_key: str | None, limit: int
) -> Sequence[AppEntry]:
    """Up to ``limit + 1``, by key."""
    query = select(AppEntry).where(AppEntry.installation_id == installation_id)
    if prefix:
        query = query.where(AppEntry.key >= prefix, AppEntry.key < prefix + "~")
    if after_key is not None:
        query = query.where(AppEntry.key > after_key)
    return session.scalars(query.order_by(AppEntry.key).limit(limit + 1)).all()


def read_entry(session: Session, installation_id: int, key: str) -> dict[str, Any]:
    """Raises NotFound."""
    found = _find(session, installation_id, key)
    if found is None:
        raise NotFound
    return describe(found)


def write_entry(
    session: Session, installation_id: int, key: str, *, value: Any, version: int | None
) -> tuple[dict[str, Any], bool]:
    """Keep a value; also whether the key is a new one. ``version`` is the one it was seen at, 0 if
    it was not there; None: whatever it is.

    Raises Invalid, EntryChanged, StorageFull.
    """
    written = orjson.dumps(value)
    if NO_TEXT.search(written):
        raise Invalid.at("/value", "Contains a character that no text has")
    size = len(written)
    if size > LARGEST_VALUE:
        raise Invalid.at("/value", f"Has {size} bytes as JSON; at most {LARGEST_VALUE} are kept")
    lock_name(session, f"app storage:{installation_id}")
    found = _find(session, installation_id, key)
    _check_version(found, version)
    _check_room(session, installation_id, found, size)
    fresh = found is None
    if found is None:
        found = AppEntry(installation_id=installation_id, key=key, version=0)
        session.add(found)
    found.value, found.size = [value], size
    found.version += 1
    found.updated_at = clock.now()
    return describe(found), fresh


def delete_entry(session: Session, installation_id: int, key: str, *, version: int | None) -> None:
    """Raises NotFound, EntryChanged."""
    lock_name(session, f"app storage:{installation_id}")
    found = _find(session, installation_id, key)
    if found is None:
        raise NotFound
    _check_version(found, version)
    session.delete(found)


def describe(entry: AppEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "value": entry.value[0],
        "version": entry.version,
        "size": entry.size,
        "updated_at": entry.updated_at,
    }


def _find(session: Session, installation_id: int, key: str) -> AppEntry | None:
    return session.get(AppEntry, {"installation_id": installation_id, "key": key})


def _check_version(found: AppEntry | None, version: int | None) -> None:
    current = found.version if found else 0
    if version is not None and version != current:
        raise EntryChanged(f"It is at version {current}", version=current)


def _check_room(session: Session, installation_id: int, found: AppEntry | None, size: int) -> None:
    count, held = session.execute(
        select(func.count(), func.coalesce(func.sum(AppEntry.size), 0)).where(
            AppEntry.installation_id == installation_id
        )
    ).one()
    if found is None and count >= MOST_ENTRIES:
        raise StorageFull(f"At most {MOST_ENTRIES} entries")
    if held - (found.size if found else 0) + size > MOST_BYTES:
        raise StorageFull(f"At most {MOST_BYTES} bytes of JSON")
