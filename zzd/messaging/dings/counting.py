"""Counting who is asked for an answer and what they did, beside the requests.

A DING to a province addresses a million people, and so does an announcement that is to be
confirmed: counting them takes seconds. The worker does it once after the DING was issued, and
again when answers come or the tree changes; the numbers by part of the tree are kept
(zzd.orgtree.tallies), those of whom it addresses for all that goes to the same audience. An
audience of few is counted where it is asked for, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading
from zzd.messaging.dings import recipients
from zzd.messaging.dings.models import Ding, DingReceipt
from zzd.orgtree import tallies
from zzd.orgtree.audiences import Audience
from zzd.orgtree.models import Unit
from zzd.orgtree.units import revision

# Who is in a large audience is counted again after this, and with each revision of the tree.
COUNT_AGAIN = timedelta(minutes=1)
# So many answers are counted when they are asked for; so many by one statement of the worker.
FEW_ANSWERS, ANSWERS_AT_ONCE = 500, 20_000
# The states of whoever answered, as they stand in a tally.
ACTED = ("delivered", "read", "confirmed")


@dataclass(frozen=True, slots=True)
class Answers:
    """Rows of one table by which people answer. ``theirs`` is the condition on them joined with
    Post: its holder's; ``states`` are the conditions of the states they put people in."""

    rows: type[Any]
    theirs: ColumnElement[bool]
    states: Mapping[str, ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that everybody in an audience is asked to answer, its sender aside.

    ``subject`` names the answers in a tally. ``states`` are those of whoever answered, ``rest``
    that of everybody else; nobody is in two. ``answered`` is how many answers there are, so far
    as that makes a difference to how they are counted."""

    subject: str
    audience_id: int | None
    sender_id: int
    states: tuple[str, ...]
    rest: str
    answers: tuple[Answers, ...]
    answered: int

    def answers_of(self, query: Select[Any], answers: Answers, *, by: Any) -> Select[Any]:
        """How many of those whose posts a query is of are in each state, from one table."""
        counted = query.add_columns(
            *(
                func.sum(case((answers.states[state], 1), else_=0))
                if state in answers.states
                else func.sum(0)
                for state in self.states
            )
        )
        return counted.join(answers.rows, answers.theirs).group_by(by)


def asked_by(ding: Ding) -> Asked:
    theirs = and_(DingReceipt.ding_id == ding.id, recipients.is_theirs())
    return Asked(
        subject=f"ding:{ding.id}",
        audience_id=ding.audience_id,
        sender_id=ding.sender_id,
        states=ACTED,
        rest="unreached",
        answers=(Answers(DingReceipt, theirs, recipients.STATES),),
        answered=ding.delivered,
    )


def subject_of_audience(audience_id: int | None) -> str:
    return f"audience:{audience_id}"


def is_stale(session: Session, audience_id: int | None) -> bool:
    """Whether the numbers that are kept of an audience, if any, are due to be counted again."""
    kept = tallies.find_tally(session, subject_of_audience(audience_id))
    if kept is None:
        return False
    return kept.rev != revision(session) or clock.now() - kept.counted_at > COUNT_AGAIN


def recount(ding_id: int) -> None:
    """Count by part of the tree what is large and may have changed of a DING."""
    with reading() as session:
        ding = session.get_one(Ding, ding_id)
        whole = recipients.audience_of(session, ding)
        delivered = recipients.count_acted(session, ding)[0]
        asked = replace(asked_by(ding), answered=delivered)
    if whole is not None:
        recount_asked(asked, whole)


def recount_asked(asked: Asked, whole: Audience) -> None:
    """Count by part of the tree what is large and may have changed; in many short transactions."""
    subject = subject_of_audience(asked.audience_id)
    with reading() as session:
        kept = tallies.find_tally(session, subject)
        stale = is_stale(session, asked.audience_id)
        due = stale if kept else not tallies.is_small(session, whole)
        rev, now = revision(session), clock.now()
    if due:
        people = tallies.posts_by_unit(whole, func.count()).where(recipients.at_home(whole))
        sums = tallies.sum_by_unit(whole, people, width=1)
        tallies.keep_tally(subject, sums, rev=rev, counted_at=now)
    if asked.answered > FEW_ANSWERS:
        # From the answers, or from the tree, whichever leads over less.
        at_once = None if asked.answered <= ANSWERS_AT_ONCE else tallies.AT_ONCE
        sums = tallies.Sums(len(asked.states))
        people = tallies.posts_by_unit(whole).where(recipients.at_home(whole))
        for answers in asked.answers:
            query = asked.answers_of(people, answers, by=Unit.path)
            tallies.sum_by_unit(whole, query, width=len(asked.states), at_once=at_once, into=sums)
        tallies.keep_tally(asked.subject, sums, rev=rev, counted_at=now)


def count_everybody(session: Session, ding: Ding) -> int:
    """How many are addressed: as counted last, where they are many."""
    whole = recipients.audience_of(session, ding)
    count = len(recipients.named_only(session, ding, whole))
    if whole is not None:
        kept = tallies.find_tally(session, subject_of_audience(ding.audience_id))
        if kept is not None and kept.total[0] > tallies.SMALL:
            count += kept.total[0]
        else:
            counted = recipients.select_at_home(whole, whole, func.count())
            count += session.scalar(counted) or 0
        count -= recipients.holds(session, whole, ding.sender_id)
    return count
