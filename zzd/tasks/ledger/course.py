"""The course of a directive: how many units got it, acknowledged and reported, and when.

Booked as standings are (zzd.tasks.ledger.lines) and folded with them. In steps of a quarter of a
minute and by city: a province's course is then a few thousand lines at most, however many units
it has, and those that are written together are mostly the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, extract, func, select, union_all
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import PATH_END, spelled_out
from zzd.principal import PATH_SEGMENT
from zzd.tasks.ledger.lines import Line, Lines
from zzd.tasks.ledger.models import LedgerBalance, LedgerLine
from zzd.tasks.states import State

# Seconds of a step.
STEP = 15
# An assignment's moments that are counted; a line's mark says which.
MOMENTS = ("issued_at", "acknowledged_at", "reported_at")
# No path begins with it: sums at a place read past the courses.
APART = "@"
DEEPEST = 2 * PATH_SEGMENT

Moments = tuple[datetime | None, ...]
NOWHERE: Moments = (None,) * len(MOMENTS)


def moments_of(row: Any) -> Moments:
    """When each came; nothing of a unit that handed it over, which counts nowhere."""
    if row.state == State.TRANSFERRED.value:
        return NOWHERE
    return tuple(getattr(row, name) for name in MOMENTS)


def book_change(booked: Lines, row: Any, before: Moments) -> None:
    """The assignment's moments are what they are now, and were those."""
    for mark, (was, now) in enumerate(zip(before, moments_of(row), strict=True)):
        if was != now:
            _add(booked, row.directive_id, row.path, mark, was, -1)
            _add(booked, row.directive_id, row.path, mark, now, 1)


def book_issue(booked: Lines, directive_id: int, path: str, at: datetime, units: int) -> None:
    """So many units at or below the path got it now. It may be the ledger's name of a place."""
    _add(booked, directive_id, path, 0, at, units)


def _add(
    booked: Lines, directive_id: int, path: str, mark: int, at: datetime | None, units: int
) -> None:
    if at is not None:
        place = APART + path[:DEEPEST]
        booked.add(Line(directive_id, place, mark, beginning(at), "", ""), units)


def beginning(at: datetime) -> datetime:
    """Of the step in which a moment lies."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % STEP, UTC)


def holds(path: str) -> bool:
    """Whether the course at a place is kept by itself."""
    return len(path) <= DEEPEST


def read(
    session: Session, directive_id: int, path: str, width: int
) -> Iterable[tuple[int, int, int]]:
    """Which of MOMENTS, the beginning of a step in seconds, and how many: whatever is committed.

    ``width`` is that of the steps that are asked for, in seconds, a multiple of ``STEP``.
    """
    both = union_all(
        *(
            select(model.mark, model.due_at, model.units).where(
                model.directive_id == directive_id,
                model.place >= spelled_out(APART + path),
                model.place < spelled_out(APART + path + PATH_END),
            )
            for model in (LedgerBalance, LedgerLine)
        )
    ).subquery()
    step = step_of(both.c.due_at, width).label("step")
    query = select(both.c.mark, step, func.sum(both.c.units)).group_by(both.c.mark, step)
    for mark, start, units in session.execute(query):
        if units:
            yield int(mark), int(start), int(units)


def step_of(column: Any, width: int) -> ColumnElement[Any]:
    """The beginning of the step in which a moment lies, in seconds."""
    seconds = extract("epoch", column)
    # Not divided: PostgreSQL would round, and the result is the same on both.
    return seconds - seconds % width
