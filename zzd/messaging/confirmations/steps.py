"""Telling the authors of announcements how far they are confirmed, each at most every two seconds.

As with DINGs (zzd.messaging.dings.steps) any number of workers look, and the one that gets the
row counts beside the requests and outside of any lock.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.db import reading, transaction
from zzd.messaging.confirmations import events, progress
from zzd.messaging.confirmations.confirming import mark_progress
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.dings import counting
from zzd.messaging.dings.rules import PROGRESS_EVERY
from zzd.messaging.dings.steps import LEASE, REST_AFTER_COUNTING
from zzd.orgtree.models import Unit


def tell_progress() -> None:
    due.act_on_each(
        lambda now: select(ConfirmationRequest.id).where(_is_due(now)), _tell, what="confirmations"
    )


def _is_due(now: Any) -> ColumnElement[bool]:
    at = ConfirmationRequest.progress_at
    rested = or_(at.is_(None), at <= now - PROGRESS_EVERY)
    return and_(ConfirmationRequest.progress_due_at <= now, rested)


def _claim(
    session: Session, request_id: int, condition: ColumnElement[bool]
) -> ConfirmationRequest | None:
    which = and_(ConfirmationRequest.id == request_id, condition)
    return due.claim(session, ConfirmationRequest, which, key_share=True)


def _lease(request_id: int) -> datetime | None:
    with transaction() as session:
        request = _claim(session, request_id, _is_due(clock.now()))
        if request is None:
            return None
        request.progress_due_at = clock.now() + LEASE
        return request.progress_due_at


def _tell(request_id: int) -> None:
    if (leased_until := _lease(request_id)) is None:
        return
    began = time.monotonic()
    confirmed, counts = _measure(request_id)
    took = timedelta(seconds=time.monotonic() - began)
    now = clock.now()
    with transaction() as session:
        request = _claim(session, request_id, ConfirmationRequest.progress_due_at == leased_until)
        if request is None:
            return
        request.progress_at = now
        # Whoever confirmed during the count saw the mark and left it: so it is counted again.
        more = _count_confirmed(session, request_id) != confirmed
        rest = max(PROGRESS_EVERY, took * REST_AFTER_COUNTING)
        request.progress_due_at = now + rest if more else None
        events.confirmation_progress(session, request, counts)
    with reading() as session:
        more = not more and _count_confirmed(session, request_id) != confirmed
    if more:
        with transaction() as session:
            mark_progress(session, [request_id])


def _measure(request_id: int) -> tuple[int, dict[str, int]]:
    """How many confirmed, of whoever was ever addressed, and the counts of those who are now."""
    with reading() as session:
        request = session.get_one(ConfirmationRequest, request_id)
        confirmed = _count_confirmed(session, request_id)
        whole = progress.audience_of(session, request)
        asked = progress.asked_by(session, request)
    counting.recount_asked(asked, whole)
    with reading() as session:
        unit = session.get_one(Unit, whole.unit_id)
        total = progress.count_at(session, asked, whole, unit)["total"]
    return confirmed, {name: total[name] for name in ("addressed", *progress.STATES)}


def _count_confirmed(session: Session, request_id: int) -> int:
    query = select(func.count()).where(Confirmation.request_id == request_id)
    return session.scalar(query) or 0
