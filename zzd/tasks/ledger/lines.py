"""What is booked when units move: out of the standing they had, into the one they have.

A line is written in the transaction of what it tells of. Nobody waits for anybody else's line, and
whatever is committed adds up, folded or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    String,
    case,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

from zzd.bulk import insert_few_or_many, table_of
from zzd.db import Timestamp
from zzd.principal import PATH_SEGMENT
from zzd.tasks.ledger.models import LedgerLine
from zzd.tasks.models import Assignment
from zzd.tasks.states import State

# Places are kept apart down to the counties; all of a level below a county is one place, whose
# name is this and the level. Of figures it is all below.
DEEPEST = 3 * PATH_SEGMENT
# Sorts before every path that goes on there.
ALL_BELOW = "."
# Where nothing is due: later than everything that is.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# A unit's mark has a bit for each of these that it has done, or that was done to it.
MARKS = {
    "delivered": 1,
    "acknowledged": 2,
    "reported": 4,
    "completed": 8,
    "stood_down": 16,
    "escalated": 32,
}
RETURNED = 64
COLUMNS = tuple((f"{name}_at", bit) for name, bit in MARKS.items())
# Several at once are one statement, where something is returned.
INSERT = insert(table_of(LedgerLine)).returning(LedgerLine.id)


class Line(NamedTuple):
    """What is counted, without how much of it."""

    directive_id: int
    place: str
    mark: int
    due_at: datetime
    key: str
    risk: str


class Lines:
    """Changes of one transaction, by what is counted: those that cancel out are not written."""

    def __init__(self) -> None:
        self._found: dict[Line, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, line: Line | None, units: int, amount: int = 0) -> None:
        if line is not None:
            found = self._found[line]
            found[0] += units
            found[1] += amount

    def rows(self) -> list[dict[str, Any]]:
        return [
            {**line._asdict(), "units": units, "amount": amount}
            for line, (units, amount) in self._found.items()
            if units or amount
        ]

    def write(self, session: Session) -> None:
        if rows := self.rows():
            insert_few_or_many(session, INSERT, rows)


def place_of(path: str, level: int | None = None) -> str:
    """Where the ledger has the unit at a path: below the counties, by ``level`` where one is given."""
    if len(path) <= DEEPEST:
        return path
    return f"{path[:DEEPEST]}{ALL_BELOW}{'' if level is None else level}"


def level_of(place: str) -> int | None:
    """The level of the units at a place; none where it is one unit's own."""
    return int(place[DEEPEST + 1 :]) if len(place) > DEEPEST else None


def tells_level(place: str) -> bool:
    """Whether it says of which level the units there are: not where a process wrote it that was
    started before levels were told apart, and stopped after the database knew them."""
    return not place.endswith(ALL_BELOW)


def standing_of(row: Any) -> Line | None:
    """How an assignment stands; None of one that was handed over, which counts nowhere."""
    if row.state == State.TRANSFERRED.value:
        return None
    mark = RETURNED if row.state == State.RETURNED.value else 0
    for column, bit in COLUMNS:
        if getattr(row, column) is not None:
            mark |= bit
    return Line(row.directive_id, place_of(row.path, row.level), mark, row.due_at or NEVER, "", "")


def book_figures(
    booked: Lines,
    directive_id: int,
    path: str,
    before: Mapping[tuple[str, str], int],
    now: Mapping[tuple[str, str], int],
) -> None:
    """A unit's figures are these now, by key and kind of risk, and were those."""
    for figures, sign in ((before, -1), (now, 1)):
        for (key, risk), value in figures.items():
            booked.add(Line(directive_id, place_of(path), 0, NEVER, key, risk), sign, sign * value)


# Of many at once


def place_at(path: SQLColumnExpression[str], level: SQLColumnExpression[int]) -> ColumnElement[str]:
    """``place_of`` in SQL."""
    shortened = func.substr(path, 1, DEEPEST) + ALL_BELOW + cast(level, String)
    return case((func.length(path) <= DEEPEST, path), else_=shortened)


def hold(session: Session, *which: ColumnElement[bool]) -> Lines:
    """Lock these assignments, which are about to be changed all at once: taken out as they stand
    now. Put in again with ``put_in`` they are booked."""
    locked = select(Assignment.id).where(*which).order_by(Assignment.id).with_for_update()
    lines = Lines()
    if session.scalar(select(func.count()).select_from(locked.subquery())):
        for line, units in _standing(session, which):
            lines.add(line, -units)
    return lines


def put_in(session: Session, lines: Lines, *which: ColumnElement[bool]) -> None:
    """The assignments that were held, as they stand after the change."""
    for line, units in _standing(session, which):
        lines.add(line, units)
    lines.write(session)


def _standing(session: Session, which: Iterable[ColumnElement[bool]]) -> Iterable[tuple[Line, int]]:
    mark: Any = case((Assignment.state == State.RETURNED.value, RETURNED), else_=0)
    for column, bit in COLUMNS:
        mark += case((getattr(Assignment, column).is_not(None), bit), else_=0)
    columns = (
        Assignment.directive_id,
        place_at(Assignment.path, Assignment.level).label("place"),
        mark.label("mark"),
        func.coalesce(Assignment.due_at, literal(NEVER, Timestamp())).label("due"),
    )
    query = (
        select(*columns, func.count())
        .where(*which, Assignment.state != State.TRANSFERRED.value)
        .group_by(*columns)
    )
    for directive_id, place, marked, due_at, units in session.execute(query):
        yield Line(directive_id, place, marked, due_at, "", ""), units
