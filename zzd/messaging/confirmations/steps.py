"""Telling the authors of announcements how far they are confirmed, each at most every two seconds.

They are counted as the answers to a DING are (zzd.messaging.dings.measuring).
"""

from __future__ import annotations

import time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.db import reading, transaction
from zzd.messaging.confirmations import events, progress
from zzd.messaging.confirmations.confirming import mark_progress
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.dings import counting, measuring
from zzd.orgtree.models import Unit


def tell_progress() -> None:
    due.act_on_each(
        lambda now: select(ConfirmationRequest.id).where(
            measuring.may_be_told(ConfirmationRequest, now)
        ),
        _tell,
        what="confirmations",
    )


def _tell(request_id: int) -> None:
    if (leased_until := measuring.lease(ConfirmationRequest, request_id)) is None:
        return
    began = time.monotonic()
    confirmed, counts = _measure(request_id)
    rest, now = measuring.rest_since(began), clock.now()
    with transaction() as session:
        its_own = ConfirmationRequest.progress_due_at == leased_until
        request = measuring.claim(session, ConfirmationRequest, request_id, its_own)
        if request is None:
            return
        request.progress_at = now
        # Whoever confirmed during the count saw the mark and left it: so it is counted again.
        more = _count_confirmed(session, request_id) != confirmed
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
