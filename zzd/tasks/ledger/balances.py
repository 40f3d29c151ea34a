"""What a directive's sums are at a place above the counties, read from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from zzd.db import Timestamp
from zzd.orgtree.audiences import PATH_END, spelled_out
from zzd.principal import PATH_SEGMENT
from zzd.tasks.ledger.lines import DEEPEST, MARKS, RETURNED
from zzd.tasks.ledger.models import LedgerBalance, LedgerLine


@dataclass(slots=True)
class Balance:
    """The units at and below one path. Of what no unit gave there is no figure."""

    addressed: int = 0
    deeper: int = 0
    overdue: int = 0
    returned: int = 0
    # By the names of MARKS.
    marks: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MARKS, 0))
    figures: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, mark: int, units: int, *, late: bool, deeper: bool) -> None:
        self.addressed += units
        self.deeper += units if deeper else 0
        self.overdue += units if late else 0
        self.returned += units if mark & RETURNED else 0
        for name, bit in MARKS.items():
            if mark & bit:
                self.marks[name] += units


def holds(path: str) -> bool:
    """Whether the ledger tells the place's children apart."""
    return len(path) < DEEPEST


def read(session: Session, directive_id: int, path: str, now: datetime) -> dict[str, Balance]:
    """By the paths of a place's children, and its own: whatever is committed, folded or not.

    One statement, since what is folded between two would be read twice or not at all.
    """
    length = len(path) + PATH_SEGMENT
    both = union_all(
        *(_booked(model, directive_id, path) for model in (LedgerBalance, LedgerLine))
    ).subquery()
    columns = (
        func.substr(both.c.place, 1, length).label("child"),
        case((func.length(both.c.place) > length, 1), else_=0).label("deeper"),
        case((both.c.due_at < literal(now, Timestamp()), 1), else_=0).label("late"),
        both.c.mark,
        both.c.key,
        both.c.risk,
    )
    query = select(*columns, func.sum(both.c.units), func.sum(both.c.amount)).group_by(*columns)
    found: dict[str, Balance] = defaultdict(Balance)
    sums: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0])
    )
    for child, deeper, late, mark, key, risk, units, amount in session.execute(query):
        if key or risk:
            given = sums[child][key, risk]
            given[0] += int(units)
            given[1] += int(amount)
        else:
            found[child].add(mark, int(units), late=bool(late), deeper=bool(deeper))
    for child, figures in sums.items():
        found[child].figures = {name: amount for name, (units, amount) in figures.items() if units}
    return {child: balance for child, balance in found.items() if balance.addressed}


def read_places(
    session: Session, directive_id: int, path: str, now: datetime
) -> dict[str, Balance]:
    """By place, as the ledger has them (lines.place_of): how the units stand, without figures."""
    both = union_all(
        *(
            _booked(model, directive_id, path).where(model.key == "", model.risk == "")
            for model in (LedgerBalance, LedgerLine)
        )
    ).subquery()
    late = case((both.c.due_at < literal(now, Timestamp()), 1), else_=0).label("late")
    columns = (both.c.place, late, both.c.mark)
    query = select(*columns, func.sum(both.c.units)).group_by(*columns)
    found: dict[str, Balance] = defaultdict(Balance)
    for place, is_late, mark, units in session.execute(query):
        found[place].add(mark, int(units), late=bool(is_late), deeper=False)
    return {place: balance for place, balance in found.items() if balance.addressed}


def read_below(
    session: Session, wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str], Balance]:
    """By directive and path, which is no deeper than a county: how the units below it stand, itself
    not among them. One statement."""
    directive_ids = {directive_id for directive_id, _ in wanted}
    paths = [path for _, path in wanted]
    both = union_all(
        *(
            select(model.directive_id, model.place, model.mark, model.units).where(
                model.directive_id.in_(directive_ids),
                model.place > spelled_out(min(paths)),
                model.place < spelled_out(max(paths) + PATH_END),
                model.key == "",
                model.risk == "",
            )
            for model in (LedgerBalance, LedgerLine)
        )
    ).subquery()
    columns = (both.c.directive_id, both.c.place, both.c.mark)
    query = select(*columns, func.sum(both.c.units)).group_by(*columns)
    found = {each: Balance() for each in wanted}
    for directive_id, place, mark, units in session.execute(query):
        for end in range(PATH_SEGMENT, len(place), PATH_SEGMENT):
            if balance := found.get((directive_id, place[:end])):
                balance.add(mark, int(units), late=False, deeper=True)
    return found


def _booked(
    model: type[LedgerLine | LedgerBalance], directive_id: int, path: str
) -> Select[*tuple[Any, ...]]:
    return select(
        model.place, model.mark, model.due_at, model.key, model.risk, model.units, model.amount
    ).where(
        model.directive_id == directive_id,
        model.place >= spelled_out(path),
        model.place < spelled_out(path + PATH_END),
    )
