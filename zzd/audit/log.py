"""The audit log: append-only, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit.models import AuditEntry, AuditHead
from zzd.db import before_commit, transaction
from zzd.errors import Problem
from zzd.errors import deny as deny
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
        entry.username,
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
    **detail: Any,
) -> None:
    """Record an act in the transaction that carries it out: both happen or neither.

    Entries are written as the transaction's last act, since all appends wait for one another.
    """
    entry = AuditEntry(
        at=clock.now(),
        account_id=by.account_id if by else None,
        username=by.username if by else None,
        action=action,
        outcome=outcome,
        object_kind=object_kind,
        object_id=None if object_id is None else str(object_id)[:64],
        detail=orjson.loads(orjson.dumps(detail, default=str)),
    )
    pending = session.info.get("audit")
    if pending is None:
        pending = session.info["audit"] = []
        before_commit(session, lambda: _write(session, pending))
    pending.append(entry)


def _write(session: Session, entries: list[AuditEntry]) -> None:
    head = session.get_one(AuditHead, 1, with_for_update=True)
    for entry in entries:
        entry.id, entry.previous_hash = head.entry_id + 1, head.hash
        entry.hash = seal(entry)
        session.add(entry)
        head.entry_id, head.hash = entry.id, entry.hash


def record_denial(problem: Problem, *, by: Principal | None) -> None:
    """Record a refusal of rights in a transaction of its own: the refused one is gone.

    Only refusals that ``deny`` marked are kept; a plain 404 or 422 is nobody's denial.
    """
    if problem.denial is None:
        return
    with transaction() as session:
        append(session, by=by, outcome="denied", **problem.denial)


def page_entries(
    session: Session,
    *,
    action: str | None,
    account_id: int | None,
    outcome: str | None,
    before_id: int | None,
    limit: int,
) -> list[AuditEntry]:
    """Up to ``limit + 1`` entries, newest first."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit + 1)
    for column, wanted in (
        (AuditEntry.action, action),
        (AuditEntry.account_id, account_id),
        (AuditEntry.outcome, outcome),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    return list(session.scalars(query))


def head_of(session: Session) -> tuple[int, str]:
    """How many entries there should be, and the hash of the last one."""
    head = session.get(AuditHead, 1)
    return (head.entry_id, head.hash) if head else (0, FIRST_HASH)


def find_flaws(session: Session) -> Iterator[Flaw]:
    """Walk the whole chain; yields nothing when every entry stands as it was written.

    Whoever can rewrite the whole log, head included, can make it hold again: auditors note
    the head from time to time, outside this database.
    """
    expected_id, previous = 1, FIRST_HASH
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)).yield_per(1000):
        if entry.id != expected_id:
            yield Flaw(expected_id, f"entries {expected_id} to {entry.id - 1} are missing")
        elif entry.previous_hash != previous:
            yield Flaw(entry.id, "does not follow from the entry before it")
        if seal(entry) != entry.hash:
            yield Flaw(entry.id, "was changed after it was written")
        expected_id, previous = entry.id + 1, entry.hash
    head = session.get(AuditHead, 1)
    if head is None:
        yield Flaw(expected_id, "the head of the log is missing")
    elif head.entry_id >= expected_id:
        yield Flaw(expected_id, f"entries {expected_id} to {head.entry_id} are missing at the end")
    elif (head.entry_id, head.hash) != (expected_id - 1, previous):
        yield Flaw(head.entry_id, "the head of the log does not fit its last entry")
