"""What happens to a DING by itself: it repeats, its sender is told how far it is, it completes.

Timers as zzd.due has them: the worker that gets the row does it, in one transaction with its event.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.db import reading, transaction
from zzd.messaging.dings import counting, events, measuring, recipients, rules, views
from zzd.messaging.dings.dings import mark_progress
from zzd.messaging.dings.models import Ding, DingStep


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are addressed, and how many got at least so far."""

    addressed: int
    delivered: int
    read: int
    confirmed: int

    @classmethod
    def kept(cls, ding: Ding) -> Counts:
        return cls(ding.addressed or 0, ding.delivered, ding.read, ding.confirmed)


def fire_due() -> None:
    """Repeat what is due: one event to the rooms, which those who have confirmed ignore."""
    _each(lambda now: Ding.next_at <= now, _fire)


def tell_progress() -> None:
    """Tell the senders of DINGs that were answered, each at most every two seconds."""
    _each(lambda now: measuring.may_be_told(Ding, now), _tell)


def _each(condition: Callable[[Any], ColumnElement[bool]], act: Callable[[int], None]) -> None:
    due.act_on_each(
        lambda now: select(Ding.id).where(condition(now)), act, what=f"dings, {act.__name__}"
    )


def _measure(ding_id: int) -> tuple[Counts, bool]:
    """Outside of any lock, as it takes a while for a province; and whether all have confirmed."""
    counting.recount(ding_id)
    with reading() as session:
        ding = session.get_one(Ding, ding_id)
        counts = Counts(
            counting.count_everybody(session, ding), *recipients.count_acted(session, ding)
        )
        complete = (
            0 < counts.addressed <= counts.confirmed
            and ding.completed_at is None
            and not recipients.anybody_left(session, ding)
        )
        return counts, complete


def _keep(session: Session, ding: Ding, counts: Counts, *, complete: bool) -> None:
    ding.addressed, ding.delivered = counts.addressed, counts.delivered
    ding.read, ding.confirmed = counts.read, counts.confirmed
    if complete and ding.cancelled_at is None:
        ding.completed_at, ding.next_at = clock.now(), None
        events.ding_completed(session, ding)


def _fire(ding_id: int) -> None:
    counts, complete = _measure(ding_id)
    now = clock.now()
    with transaction() as session:
        ding = measuring.claim(session, Ding, ding_id, Ding.next_at <= now)
        if ding is None or ding.next_at is None:
            return
        if views.state_of(ding) == "over":
            # No worker was up in its days.
            ding.next_at = None
            return
        due_at = ding.next_at
        _keep(session, ding, counts, complete=complete)
        ding.progress_due_at = now
        if ding.completed_at is not None:
            return
        ding.step += 1
        ding.next_at = rules.next_repeat(
            created_at=ding.created_at,
            now=now,
            step=ding.step,
            times=ding.times,
            every_minutes=ding.every_minutes,
        )
        spread_at = now if len(ding.channels) > 1 else None
        session.add(
            DingStep(
                ding_id=ding.id, step=ding.step, due_at=due_at, fired_at=now, spread_at=spread_at
            )
        )
        events.ding_repeated(session, ding, views.describe_ding(ding))


def _tell(ding_id: int) -> None:
    if (leased_until := measuring.lease(Ding, ding_id)) is None:
        return
    began = time.monotonic()
    counts, complete = _measure(ding_id)
    rest, now = measuring.rest_since(began), clock.now()
    with transaction() as session:
        ding = measuring.claim(session, Ding, ding_id, Ding.progress_due_at == leased_until)
        if ding is None:
            return
        changed = counts != Counts.kept(ding) or complete
        _keep(session, ding, counts, complete=complete)
        ding.progress_at = now
        # Whoever answered during the count saw the mark and left it: so it is counted again.
        ding.progress_due_at = now + rest if changed else None
        progress = views.progress_of(ding) or {}
        events.ding_progress(session, ding, {**progress, **views.describe_state(ding)})
    if not changed:
        with transaction() as session:
            if recipients.count_acted(session, ding) != (
                counts.delivered,
                counts.read,
                counts.confirmed,
            ):
                mark_progress(session, [ding_id])
