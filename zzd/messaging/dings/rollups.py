"""How far a DING has got: counts at any unit, by its direct children, and who is behind them.

A part of the tree that is small is counted when it is asked for. Of a large one the numbers are
those that the worker counted last (zzd.messaging.dings.counting): no request waits for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import NotFound
from zzd.messaging.dings import counting, policy, recipients
from zzd.messaging.dings.models import Ding, DingReceipt
from zzd.messaging.dings.recipients import Recipient
from zzd.messaging.dings.rules import RECIPIENT_STATES, recipient_state
from zzd.orgtree import tallies
from zzd.orgtree.audiences import Audience, ancestor_ids
from zzd.orgtree.models import Unit
from zzd.principal import PATH_SEGMENT, Principal


class BeingCounted(Exception):
    """So many are addressed that the worker counts them, and it has not finished."""


@dataclass(slots=True)
class Row:
    """Everybody at and below one place, as numbers; ``longest`` is the longest path there."""

    path: str
    longest: int = 0
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RECIPIENT_STATES, 0))

    def add(self, path: str, state: str, count: int = 1) -> None:
        self.longest = max(self.longest, len(path))
        self.states[state] += count

    def as_dict(self, unit: Unit) -> dict[str, Any]:
        return {
            "unit": {
                "id": unit.id,
                "code": unit.code,
                "name": unit.name,
                "level": unit.level,
                "has_children": self.longest > len(self.path),
            },
            "addressed": sum(self.states.values()),
            **self.states,
        }


def roll_up(
    session: Session, *, by: Principal, ding_id: int, unit_id: int | None
) -> dict[str, Any]:
    """The counts at a unit, by default the lowest one that holds everybody addressed.

    ``own`` are the people of the unit itself, ``rows`` its direct children with all below, and
    ``total`` these together; without any of them while ``counting``. ``stale``: that they should
    be counted again. A fixed number of statements. Raises NotFound, NotPermitted.
    """
    ding = policy.access_as_sender(session, by, ding_id, "ding.rollup")
    whole = recipients.audience_of(session, ding)
    named = recipients.named_only(session, ding, whole)
    unit = _unit(session, unit_id, whole, named)
    shown = {"ding_id": ding.id, "unit": unit, "at": clock.now(), "counting": False}
    shown["stale"] = whole is not None and counting.is_stale(session, ding)
    try:
        rows = _rows(session, by, ding, whole, named, unit)
    except BeingCounted:
        return {**shown, "own": None, "rows": [], "total": None, "counting": True}
    units = {
        found.id: found
        for found in session.scalars(
            select(Unit).where(Unit.id.in_([ancestor_ids(path)[-1] for path in rows]))
        )
    }
    total = Row(unit.path)
    for row in rows.values():
        for state, count in row.states.items():
            total.add(" " * row.longest, state, count)
    own = rows.pop(unit.path, None)
    described = [row.as_dict(units[ancestor_ids(row.path)[-1]]) for row in rows.values()]
    return {
        **shown,
        "own": own.as_dict(unit) if own else None,
        "rows": sorted(described, key=lambda row: row["unit"]["code"]),
        "total": total.as_dict(unit),
    }


def _unit(
    session: Session, unit_id: int | None, whole: Audience | None, named: list[Recipient]
) -> Unit:
    if unit_id is None:
        chains = map(ancestor_ids, recipients.paths_addressed(whole, named))
        # Where nobody is left of those named the root stands for them.
        lowest = select(Unit).where(Unit.parent_id.is_(None), Unit.status == "active").limit(1)
        for step in zip(*chains, strict=False):
            if len(set(step)) == 1:
                lowest = select(Unit).where(Unit.id == step[0])
        return session.scalars(lowest).one()
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound
    return unit


def _rows(
    session: Session,
    by: Principal,
    ding: Ding,
    whole: Audience | None,
    named: list[Recipient],
    unit: Unit,
) -> dict[str, Row]:
    """By path: the children that hold anybody, and the unit's own people under its own path."""
    length = len(unit.path) + PATH_SEGMENT
    rows: dict[str, Row] = {}

    def row(path: str) -> Row:
        return rows.setdefault(path[:length], Row(path[:length]))

    part = recipients.part_of(whole, unit.path)
    if whole is not None and part is not None:
        for path, (longest, people) in _addressed(session, ding, whole, part, unit.path).items():
            row(path).states["unreached"] = people
            row(path).longest = longest
        # The counts are every sender's; who sends is not asked.
        home = next((post for post in by.posts if whole.matches(post)), None)
        if home is not None and home.unit_path.startswith(part.unit_path):
            row(home.unit_path).states["unreached"] -= 1
        for path, acted in _acted(session, ding, whole, part, unit.path).items():
            for state, count in zip(counting.ACTED, acted, strict=True):
                row(path).states[state] += count
                row(path).states["unreached"] -= count
    for recipient in named:
        if recipient.unit.path.startswith(unit.path):
            row(recipient.unit.path).add(
                recipient.unit.path, recipient_state(*recipients.times_of(recipient.receipt))
            )
    for each in rows.values():
        # Between two countings somebody may have come and acted.
        each.states["unreached"] = max(0, each.states["unreached"])
    return {path: each for path, each in rows.items() if any(each.states.values())}


def _addressed(
    session: Session, ding: Ding, whole: Audience, part: Audience, path: str
) -> dict[str, tuple[int, int]]:
    """Of the place at ``path`` itself and of its children: the longest path there and how many of
    the audience are at home, the sender included. Raises BeingCounted."""
    subject = counting.subject_of_audience(ding)
    kept = tallies.find_tally(session, subject)
    if kept is None and not tallies.is_small(session, part):
        raise BeingCounted
    if kept is not None and kept.total[0] > tallies.SMALL:
        if len(path) < len(whole.unit_path):
            above = whole.unit_path[: len(path) + PATH_SEGMENT]
            # It has children: the audience has, being large.
            return {above: (len(whole.unit_path) + PATH_SEGMENT, kept.total[0])}
        if (sums := tallies.read_parts(session, subject, path)) is not None:
            return {
                place: (each.longest, (each.own if place == path else each.below)[0])
                for place, each in sums.items()
            }
    child = func.substr(Unit.path, 1, len(path) + PATH_SEGMENT).label("child")
    counted = recipients.select_at_home(
        whole, part, child, func.max(func.length(Unit.path)), func.count()
    ).group_by(child)
    return {place: (longest, people) for place, longest, people in session.execute(counted)}


def _acted(
    session: Session, ding: Ding, whole: Audience, part: Audience, path: str
) -> dict[str, list[int]]:
    """The same places: how many of those at home there are in each state of ``ACTED``."""
    if ding.delivered > counting.FEW_ANSWERS:
        subject = counting.subject_of_answers(ding)
        if len(path) < len(whole.unit_path):
            kept = tallies.find_tally(session, subject)
            above = whole.unit_path[: len(path) + PATH_SEGMENT]
            return {above: kept.total} if kept else {}
        if (sums := tallies.read_parts(session, subject, path)) is not None:
            return {
                place: each.own if place == path else each.below for place, each in sums.items()
            }
    child = func.substr(Unit.path, 1, len(path) + PATH_SEGMENT).label("child")
    states = [recipients.STATES[state] for state in counting.ACTED]
    counted = (
        recipients.select_at_home(
            whole, part, child, *(func.sum(case((state, 1), else_=0)) for state in states)
        )
        .join(DingReceipt, and_(DingReceipt.ding_id == ding.id, recipients.is_theirs()))
        .group_by(child)
    )
    return {place: [*map(int, counts)] for place, *counts in session.execute(counted)}
