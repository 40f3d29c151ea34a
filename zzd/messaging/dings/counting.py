"""Counting whom a DING addresses and what they did, beside the requests.

A DING to a province addresses a million people: counting them takes seconds. The worker does it
once after the DING was issued, and again when answers come or the tree changes; the numbers by
part of the tree are kept (zzd.orgtree.tallies), those of whom it addresses for all DINGs to the
same audience. An audience of few is counted where it is asked for, and nothing is kept.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, case, func
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading
from zzd.messaging.dings import recipients
from zzd.messaging.dings.models import Ding, DingReceipt
from zzd.orgtree import tallies
from zzd.orgtree.audiences import Audience
from zzd.orgtree.units import revision

# Who is in a large audience is counted again after this, and with each revision of the tree.
COUNT_AGAIN = timedelta(minutes=1)
# So many answers are counted when they are asked for; so many by one statement of the worker.
FEW_ANSWERS, ANSWERS_AT_ONCE = 500, 20_000
# The states of whoever answered, as they stand in a tally.
ACTED = ("delivered", "read", "confirmed")


def subject_of_audience(ding: Ding) -> str:
    return f"audience:{ding.audience_id}"


def subject_of_answers(ding: Ding) -> str:
    return f"ding:{ding.id}"


def is_stale(session: Session, ding: Ding) -> bool:
    """Whether the numbers that are kept of its audience, if any, are due to be counted again."""
    kept = tallies.find_tally(session, subject_of_audience(ding))
    if kept is None:
        return False
    return kept.rev != revision(session) or clock.now() - kept.counted_at > COUNT_AGAIN


def recount(ding_id: int) -> None:
    """Count by part of the tree what is large and may have changed; in many short transactions."""
    with reading() as session:
        ding = session.get_one(Ding, ding_id)
        whole = recipients.audience_of(session, ding)
        if whole is None:
            return
        kept = tallies.find_tally(session, subject_of_audience(ding))
        due = is_stale(session, ding) if kept else not tallies.is_small(session, whole)
        rev, now = revision(session), clock.now()
        delivered = recipients.count_acted(session, ding)[0]
    if due:
        people = tallies.posts_by_unit(whole, func.count()).where(recipients.at_home(whole))
        sums = tallies.sum_by_unit(whole, people, width=1)
        tallies.keep_tally(subject_of_audience(ding), sums, rev=rev, counted_at=now)
    if delivered > FEW_ANSWERS:
        # From the answers, or from the tree, whichever leads over less.
        at_once = None if delivered <= ANSWERS_AT_ONCE else tallies.AT_ONCE
        sums = tallies.sum_by_unit(whole, _answers(ding, whole), width=len(ACTED), at_once=at_once)
        tallies.keep_tally(subject_of_answers(ding), sums, rev=rev, counted_at=now)


def _answers(ding: Ding, whole: Audience) -> tallies.ByUnit:
    states = (func.sum(case((recipients.STATES[state], 1), else_=0)) for state in ACTED)
    return (
        tallies.posts_by_unit(whole, *states)
        .join(DingReceipt, and_(DingReceipt.ding_id == ding.id, recipients.is_theirs()))
        .where(recipients.at_home(whole))
    )


def count_everybody(session: Session, ding: Ding) -> int:
    """How many are addressed: as counted last, where they are many."""
    whole = recipients.audience_of(session, ding)
    count = len(recipients.named_only(session, ding, whole))
    if whole is not None:
        kept = tallies.find_tally(session, subject_of_audience(ding))
        if kept is not None and kept.total[0] > tallies.SMALL:
            count += kept.total[0]
        else:
            counted = recipients.select_at_home(whole, whole, func.count())
            count += session.scalar(counted) or 0
        count -= recipients.holds(session, whole, ding.sender_id)
    return count
