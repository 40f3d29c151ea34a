"""Measuring how far something is that people answer one by one: DINGs, and announcements to confirm.

Any number of workers look; the one that gets the row counts, beside the requests and outside of any
lock, and then rests. Rows have ``progress_due_at``, while somebody is to be told, and ``progress_at``.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.db import Base, transaction
from zzd.messaging.dings.rules import PROGRESS_EVERY

LEASE = timedelta(minutes=2)
# What took long to count is counted again after so many times as long.
REST_AFTER_COUNTING = 5
Row = TypeVar("Row", bound=Base)


def may_be_told(table: Any, now: datetime) -> ColumnElement[bool]:
    """The condition: it was answered since somebody was told, and that is long enough ago."""
    rested = or_(table.progress_at.is_(None), table.progress_at <= now - PROGRESS_EVERY)
    return and_(table.progress_due_at <= now, rested)


def claim(
    session: Session, table: type[Row], id_: int, condition: ColumnElement[bool]
) -> Row | None:
    """The row, unless somebody else has it or had it. Answers go on being written."""
    key: Any = table
    return due.claim(session, table, and_(key.id == id_, condition), key_share=True)


def lease(table: type[Row], id_: int) -> datetime | None:
    """Have the counting to oneself until the time that is returned; None while somebody else has
    it. Were one to die over it, another takes it up then."""
    with transaction() as session:
        row: Any = claim(session, table, id_, may_be_told(table, clock.now()))
        if row is None:
            return None
        until: datetime = clock.now() + LEASE
        row.progress_due_at = until
        return until


def rest_since(began: float) -> timedelta:
    """How long to rest after a count that began then (``time.monotonic``) and ends now."""
    took = timedelta(seconds=time.monotonic() - began)
    return max(PROGRESS_EVERY, took * REST_AFTER_COUNTING)
