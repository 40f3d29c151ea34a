"""What came back: counts and sums at any unit of the directive's day, by its direct children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks import figures as figure_rules
from zzd.tasks import policy
from zzd.tasks.ledger import balances
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.reporting import standing
from zzd.tasks.reporting.models import WHOLE
from zzd.tasks.reporting.rules import CASUALTIES
from zzd.tasks.staffing import below, count_unstaffed, not_handed_over
from zzd.tasks.states import State

COUNTS = (
    *("addressed", "delivered", "acknowledged", "reported", "completed", "overdue"),
    *("returned", "stood_down", "escalated"),
)
STATES: dict[str, ColumnElement[bool]] = {
    "not_delivered": Assignment.delivered_at.is_(None),
    "not_acknowledged": Assignment.acknowledged_at.is_(None),
    "not_reported": Assignment.reported_at.is_(None),
    "not_completed": Assignment.completed_at.is_(None),
    "returned": Assignment.state == State.RETURNED.value,
    # Of a cancelled directive: who was given it, and has not said that they stopped.
    "not_stood_down": and_(
        Assignment.delivered_at.is_not(None),
        Assignment.stood_down_at.is_(None),
    ),
    "escalated": Assignment.escalated_at.is_not(None),
}


# By path: the counts, whether there are units below, and sums by key and kind of risk, of
# casualties by '' and their name.
Parts = dict[str, tuple[dict[str, int], bool, Mapping[tuple[str, str], int]]]


@dataclass(slots=True)
class Row:
    """The units at and below one place, as numbers. Figures nobody reported are null."""

    unit: Place
    has_children: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    # None: they are many, and were not looked through yet.
    unstaffed: int | None = 0
    # By key and kind of risk, '' for the whole.
    figures: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    casualties: Mapping[str, int | None] = field(default_factory=dict)

    def as_dict(self, specs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        unit = self.unit
        return {
            "unit": {
                "id": unit.id,
                "code": unit.code,
                "name": unit.name,
                "level": unit.level,
                "has_children": self.has_children,
            },
            **self.counts,
            "unstaffed": self.unstaffed,
            "not_reported": self.counts["addressed"] - self.counts["reported"],
            "figures": {spec["key"]: self.figures.get((spec["key"], WHOLE)) for spec in specs},
            "by_risk": {
                spec["key"]: {
                    risk["key"]: self.figures.get((spec["key"], risk["key"]))
                    for risk in spec["risks"]
                }
                for spec in specs
                if spec.get("risks")
            },
            "casualties": dict(self.casualties),
        }


def roll_up(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None
) -> dict[str, Any]:
    """The roll-up at a unit, by default the caller's own.

    ``own`` is the unit's own assignment, ``rows`` its direct children with all below them, and
    ``total`` all of these together, ``own`` included. Each unit's latest report counts once.
    Above the counties it is read from the ledger, at a county and below from the assignments
    themselves; three statements whatever the number of units. All of it as it is at this moment,
    but for ``unstaffed`` of a part with many units, which is as it was counted last, and null
    before it ever was. Raises NotFound.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.rollup")
    rows = _rows(session, directive, place)
    own = rows.pop(place.id, None)
    parts = [*rows.values(), *([own] if own else [])]
    total = Row(place, has_children=bool(rows))
    total.counts = {name: sum(part.counts[name] for part in parts) for name in COUNTS}
    unstaffed = [part.unstaffed for part in parts if part.unstaffed is not None]
    total.unstaffed = sum(unstaffed) if len(unstaffed) == len(parts) else None
    total.figures = figure_rules.add_up((), [part.figures for part in parts])
    total.casualties = figure_rules.add_up(CASUALTIES, [part.casualties for part in parts])
    return {
        "directive_id": directive.id,
        "unit": place,
        "own": own.as_dict(directive.figures) if own else None,
        "rows": [
            row.as_dict(directive.figures)
            for row in sorted(rows.values(), key=lambda row: row.unit.code)
        ],
        "total": total.as_dict(directive.figures),
        "at": clock.now(),
        "figures": directive.figures,
    }


def _rows(session: Session, directive: Directive, place: Place) -> dict[int, Row]:
    """By the unit's id: the children's rows, and the place's own under its own id."""
    read = _from_ledger if balances.holds(place.path) else _from_assignments
    found = read(session, directive, place)
    ids = {path: ancestor_ids(path)[-1] for path in found}
    places = units_as_of(session, [(unit_id, directive.rev) for unit_id in ids.values()])
    addressed = {path: counts["addressed"] for path, (counts, *_) in found.items()}
    unstaffed = count_unstaffed(session, directive, place, addressed)
    return {
        ids[path]: Row(
            places[ids[path], directive.rev],
            has_children=deeper,
            counts=counts,
            unstaffed=unstaffed.get(path, 0) if unstaffed is not None else None,
            figures={name: sums.get(name) for name in sums if name[0]},
            casualties={name: sums.get(("", name)) for name in CASUALTIES},
        )
        for path, (counts, deeper, sums) in found.items()
    }


def _from_ledger(session: Session, directive: Directive, place: Place) -> Parts:
    return {
        path: (
            counts_of(directive, balance),
            balance.deeper > 0,
            balance.figures,
        )
        for path, balance in balances.read(session, directive.id, place.path, clock.now()).items()
    }


def counts_of(directive: Directive, balance: balances.Balance) -> dict[str, int]:
    """COUNTS of the units that a balance is of."""
    return {
        **balance.marks,
        "addressed": balance.addressed,
        "overdue": balance.overdue if directive.status == "open" else 0,
        "returned": balance.returned,
    }


def _from_assignments(session: Session, directive: Directive, place: Place) -> Parts:
    length = len(place.path) + PATH_SEGMENT
    child = func.substr(Assignment.path, 1, length).label("child")
    counted = session.execute(
        select(
            child,
            func.max(func.length(Assignment.path)),
            *counts_for(directive),
            *(func.sum(getattr(Assignment, name)) for name in CASUALTIES),
        )
        .where(*below(directive.id, place.path), not_handed_over())
        .group_by(child)
    )
    figures = standing.sums_by(session, directive.id, place.path, length)
    return {
        path: (
            dict(zip(COUNTS, numbers[: len(COUNTS)], strict=True)),
            longest > len(path),
            {
                **figures.get(path, {}),
                **{
                    ("", name): int(number)
                    for name, number in zip(CASUALTIES, numbers[len(COUNTS) :], strict=True)
                    if number is not None
                },
            },
        )
        for path, longest, *numbers in counted.all()
    }


def counts_for(directive: Directive) -> list[ColumnElement[int]]:
    """A column for each of COUNTS, over any group of the directive's assignments."""
    return [
        func.count(),
        func.count(Assignment.delivered_at),
        func.count(Assignment.acknowledged_at),
        func.count(Assignment.reported_at),
        func.count(Assignment.completed_at),
        func.count(case((late(directive), 1))),
        func.count(case((Assignment.state == State.RETURNED.value, 1))),
        func.count(Assignment.stood_down_at),
        func.count(Assignment.escalated_at),
    ]


def late(directive: Directive) -> ColumnElement[bool]:
    """The condition on the directive's assignments: overdue now."""
    if directive.status != "open":
        return Assignment.id.in_(())
    return Assignment.due_at < clock.now()


def list_assignments(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    state: str,
    after_path: str | None,
    limit: int,
) -> list[Assignment]:
    """Up to ``limit + 1`` units at and below one, in the order of the tree: who must be called.

    Raises NotFound.
    """
    directive, place = policy.access_rollup(
        session, by, directive_id, unit_id, "directive.assignments"
    )
    handed_over = state == State.TRANSFERRED.value
    query = (
        select(Assignment)
        .where(
            *below(directive.id, place.path),
            ~not_handed_over() if handed_over else not_handed_over(),
        )
        .order_by(Assignment.path)
        .limit(limit + 1)
        .options(joinedload(Assignment.directive).joinedload(Directive.event))
    )
    if state == "overdue":
        query = query.where(late(directive))
    elif state != "any" and not handed_over:
        query = query.where(STATES[state])
    if after_path is not None:
        query = query.where(Assignment.path > after_path)
    return list(session.scalars(query))
