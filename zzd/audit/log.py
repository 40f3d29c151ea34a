"""The audit log: append-only, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import lock_name, transaction
from zzd.errors import Problem
from zzd.principal import Principal

log = structlog.get_logger()

FIRST_HASH = "0" * 64


@dataclass(frozen=True)
class Flaw:
    """Where the chain does not hold, and why."""

    entry_id: int
    reason: str


def seal(entry: AuditEntry) -> str:
    """The SHA-256 over everything the entry says and the hash before it."""
    said = [
        entry.id,
        entry.at.astimezone(UTC).isoformat(),
        entry.account_id,
        entry.action,
        entry.outcome,
        entry.object_kind,
        entry.object_id,
        entry.detail,
        entry.previous_hash,
    ]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def append(
    session: Session,
    action: str,
    *,
    by: Principal | None,
    object_kind: str | None = None,
    object_id: object = None,
    outcome: str = "done",
    at: datetime | None = None,
    **detail: Any,
) -> AuditEntry:
    """Record an act in the transaction that carries it out: both happen or neither."""
    lock_name(session, "audit")
    last = session.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    entry = AuditEntry(
        id=(last.id if last else 0) + 1,
        at=at or clock.now(),
        account_id=by.account_id if by else None,
        action=action,
        outcome=outcome,
        object_kind=object_kind,
        object_id=None if object_id is None else str(object_id),
        detail=detail,
        previous_hash=last.hash if last else FIRST_HASH,
    )
    entry.hash = seal(entry)
    session.add(entry)
    session.flush()
    return entry


def record_denial(problem: Problem, *, by: Principal | None) -> None:
    """Record a refusal of rights in a transaction of its own: the refused one is gone.

    Only refusals that ``deny`` marked are kept; a plain 404 or 422 is nobody's denial.
    """
    if not (denial := problem.__dict__.get("denial")):
        return
    with transaction() as session:
        append(session, outcome="denied", by=by, **denial)


def deny(problem: Problem, action: str, object_kind: str, object_id: object) -> Problem:
    """Mark a problem as a denial, to be audited: ``raise deny(NotFound(), ...)``."""
    problem.__dict__["denial"] = {
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
    }
    return problem


def find_flaws(session: Session) -> Iterator[Flaw]:
    """Walk the whole chain; yields nothing when every entry stands as it was written."""
    expected_id, previous = 1, FIRST_HASH
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)).yield_per(1000):
        if entry.id != expected_id:
            yield Flaw(entry.id, f"entries {expected_id} to {entry.id - 1} are missing")
        if entry.previous_hash != previous:
            yield Flaw(entry.id, "does not follow from the entry before it")
        if seal(entry) != entry.hash:
            yield Flaw(entry.id, "was changed after it was written")
        expected_id, previous = entry.id + 1, entry.hash
