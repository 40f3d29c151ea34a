"""Units of a directive in which, today, nobody holds a post that it addresses.

Finding them looks into the posts of every unit: seconds, for a province. So where a directive has
many units, a timer counts them now and then, and the numbers by part of the tree are kept
(zzd.orgtree.tallies). A part with few units is always counted when it is asked for. Of a large one
whose units are not those that were counted, because it is new or was passed on meanwhile, the
number is not known until the timer comes: no request waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading, try_lock_name
from zzd.orgtree import tallies
from zzd.orgtree.audiences import PATH_END, spelled_out
from zzd.orgtree.models import Official, Post
from zzd.orgtree.past import Place
from zzd.orgtree.units import revision
from zzd.principal import PATH_SEGMENT
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Cascade, Directive
from zzd.tasks.states import State

log = structlog.get_logger()

# Seconds between two pages of a count, at most.
LONGEST_REST = 1.0
# A large directive is counted again after this, for so many units; one with more after so much
# longer. An old one after this share of its age, since nobody hurries any more and there are many.
COUNT_AGAIN, FOR_UNITS, SHARE_OF_AGE = timedelta(minutes=1), 25_000, 60


def below(directive_id: int, place_path: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions on Assignment: of the directive, at and below a path."""
    return (
        Assignment.directive_id == directive_id,
        # Spelled out, so that no plan is made once for a province and a village.
        Assignment.path >= spelled_out(place_path),
        Assignment.path < spelled_out(place_path + PATH_END),
    )


def not_handed_over() -> ColumnElement[bool]:
    """The condition on Assignment: not handed over; one that was counts where it went."""
    return Assignment.state != State.TRANSFERRED.value


def count_unstaffed(
    session: Session, directive: Directive, place: Place, addressed: Mapping[str, int]
) -> dict[str, int] | None:
    """By path, of a place itself and of its children: how many units at and below are unstaffed;
    None where they are many, and those that they are now were not counted yet.

    ``addressed`` is how many units there are by the same paths. One statement.
    """
    if sum(addressed.values()) > tallies.SMALL:
        kept = tallies.read_parts(session, _subject(directive.id), place.path) or {}
        parts = {
            path: part.own if path == place.path else part.below for path, part in kept.items()
        }
        if {path: numbers[0] for path, numbers in parts.items() if numbers[0]} == addressed:
            return {path: numbers[1] for path, numbers in parts.items() if numbers[0]}
        return None
    child = func.substr(Assignment.path, 1, len(place.path) + PATH_SEGMENT).label("child")
    counted = (
        select(child, func.count())
        .where(*below(directive.id, place.path), not_handed_over(), ~_staffed())
        .group_by(child)
    )
    return {path: int(count) for path, count in session.execute(counted)}


def _staffed() -> ColumnElement[bool]:
    """The condition on Assignment: somebody in office holds a post there that is addressed."""
    gone = select(Official.id).where(Official.status != "active")
    found = (
        # Of columns that one index holds: no post's row is read.
        select(Post.official_id)
        .where(
            Post.unit_id == Assignment.unit_id,
            Post.ended_at.is_(None),
            Post.official_id.not_in(gone),
            policy.addressed(Post.line_code, Post.role),
        )
        # One is enough. Said as EXISTS, PostgreSQL would rather join with everybody's posts.
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )
    return found.is_not(None)


def _subject(directive_id: int) -> str:
    return f"unstaffed:{directive_id}"


def count_due() -> None:
    """Count the large directives that are due. Any number of processes may look: one counts."""
    with reading() as session:
        due = _due(session, clock.now())
    for directive_id in due:
        try:
            count(directive_id)
        except Exception as error:
            # The others do not wait for what is wrong with one.
            log.warning("units were not counted", directive=directive_id, exc_info=error)


def _due(session: Session, now: datetime) -> list[int]:
    passed_on = (
        select(func.coalesce(func.sum(Cascade.units), 0))
        .where(Cascade.directive_id == Directive.id)
        .scalar_subquery()
    )
    units = (Directive.units + passed_on).label("number")
    query = select(Directive.id, Directive.issued_at, units).where(
        Directive.status == "open", units > tallies.SMALL
    )
    large = session.execute(query).all()
    counted = tallies.counted_at(session, [_subject(each.id) for each in large])
    return [
        each.id
        for each in large
        if is_due(each.issued_at, counted.get(_subject(each.id)), now, units=each.number)
    ]


def is_due(
    issued_at: datetime, counted_at: datetime | None, now: datetime, *, units: int = 0
) -> bool:
    if counted_at is None:
        return True
    rest = COUNT_AGAIN * max(1, units / FOR_UNITS)
    return now - counted_at > max(rest, (counted_at - issued_at) / SHARE_OF_AGE)


def count(directive_id: int) -> None:
    """Count a directive's units and those of them that are unstaffed, by part of the tree."""
    sums = tallies.Sums(width=2)
    with reading() as session:
        if not try_lock_name(session, _subject(directive_id)):
            return
        rev, now = revision(session), clock.now()
        last: str | None = ""
        while last is not None:
            began = time.monotonic()
            page = (
                select(Assignment.path, case((_staffed(), 0), else_=1))
                .where(
                    Assignment.directive_id == directive_id,
                    Assignment.path > last,
                    not_handed_over(),
                )
                .order_by(Assignment.path)
                .limit(tallies.AT_ONCE)
            )
            last = None
            for last, unstaffed in session.execute(page):
                sums.add(last, (1, unstaffed))
            # As long as it took: a directive is counted first when everybody acknowledges it, who
            # have more use of the processor. On SQLite a statement stops the whole process.
            time.sleep(min(time.monotonic() - began, LONGEST_REST))
    tallies.keep_tally(_subject(directive_id), sums, rev=rev, counted_at=now)
