"""Names that one transaction holds and others wait for."""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

from zzd.db.statements import is_postgresql


def lock_name(session: Session, name: str) -> None:
    """Hold ``name`` until the transaction ends. On SQLite the one writer holds every name."""
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(name)})


def try_lock_name(session: Session, name: str) -> bool:
    """Hold ``name`` until the transaction ends, unless somebody else does. On SQLite there is
    one process, and nobody else to ask."""
    if not is_postgresql(session):
        return True
    query = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(session.scalar(query, {"key": _lock_key(name)}))


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
