"""How far a DING has got: counts at any unit, by its direct children, and who is behind them.

A part of the tree that is small is counted when it is asked for. Of a large one the numbers are
those that the worker counted last (zzd.messaging.dings.counting): no request waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import NotFound
from zzd.messaging.dings import counting, policy, recipients
from zzd.messaging.dings.counting import Asked
from zzd.messaging.dings.recipients import Recipient
from zzd.messaging.dings.rules import recipient_state
from zzd.orgtree import tallies
from zzd.orgtree.audiences import Audience, ancestor_ids
from zzd.orgtree.models import Unit
from zzd.principal import PATH_SEGMENT, Principal

# Somebody asked by name and not by the audience: where they are, and their state.
Named = tuple[str, str]


class BeingCounted(Exception):
    """So many are addressed that the worker counts them, and it has not finished."""


@dataclass(slots=True)
class Row:
    """Everybody at and below one place, as numbers; ``longest`` is the longest path there."""

    path: str
    states: dict[str, int]
    longest: int = 0

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
    """The counts of a DING at a unit, by default the lowest one that holds everybody addressed.

    As ``sum_up`` has them; ``stale``: that they should be counted again. A fixed number of
    statements. Raises NotFound, NotPermitted.
    """
    ding = policy.access_as_sender(session, by, ding_id, "ding.rollup")
    whole = recipients.audience_of(session, ding)
    named = recipients.named_only(session, ding, whole)
    unit = _unit(session, unit_id, whole, named)
    shown = sum_up(
        session,
        counting.asked_by(ding),
        whole,
        unit,
        # The counts are every sender's; who sends is not asked.
        home=lambda audience: next(
            (post.unit_path for post in by.posts if audience.matches(post)), None
        ),
        named=[
            (each.unit.path, recipient_state(*recipients.times_of(each.receipt))) for each in named
        ],
    )
    stale = whole is not None and counting.is_stale(session, ding.audience_id)
    return {"ding_id": ding.id, **shown, "stale": stale}


def sum_up(
    session: Session,
    asked: Asked,
    whole: Audience | None,
    unit: Unit,
    *,
    home: Callable[[Audience], str | None],
    named: Sequence[Named] = (),
) -> dict[str, Any]:
    """The counts at a unit: ``own`` are the people of the unit itself, ``rows`` its direct
    children with all below, and ``total`` these together; without any of them while ``counting``.
    ``home`` tells where the audience holds the sender.
    """
    shown = {"unit": unit, "at": clock.now(), "counting": False}
    try:
        rows = _rows(session, asked, whole, named, unit, home)
    except BeingCounted:
        return {**shown, "own": None, "rows": [], "total": None, "counting": True}
    units = {
        found.id: found
        for found in session.scalars(
            select(Unit).where(Unit.id.in_([ancestor_ids(path)[-1] for path in rows]))
        )
    }
    total = _row(asked, unit.path)
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


def _row(asked: Asked, path: str) -> Row:
    return Row(path, dict.fromkeys((*asked.states, asked.rest), 0))


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
    asked: Asked,
    whole: Audience | None,
    named: Sequence[Named],
    unit: Unit,
    home: Callable[[Audience], str | None],
) -> dict[str, Row]:
    """By path: the children that hold anybody, and the unit's own people under its own path."""
    length = len(unit.path) + PATH_SEGMENT
    rows: dict[str, Row] = {}

    def row(path: str) -> Row:
        return rows.setdefault(path[:length], _row(asked, path[:length]))

    part = recipients.part_of(whole, unit.path)
    if whole is not None and part is not None:
        for path, (longest, people) in _addressed(session, asked, whole, part, unit.path).items():
            row(path).states[asked.rest] = people
            row(path).longest = longest
        senders = home(whole)
        if senders is not None and senders.startswith(part.unit_path):
            row(senders).states[asked.rest] -= 1
        for path, acted in _acted(session, asked, whole, part, unit.path).items():
            for state, count in zip(asked.states, acted, strict=True):
                row(path).states[state] += count
                row(path).states[asked.rest] -= count
    for path, state in named:
        if path.startswith(unit.path):
            row(path).add(path, state)
    for each in rows.values():
        # Between two countings somebody may have come and acted.
        each.states[asked.rest] = max(0, each.states[asked.rest])
    return {path: each for path, each in rows.items() if any(each.states.values())}


def _addressed(
    session: Session, asked: Asked, whole: Audience, part: Audience, path: str
) -> dict[str, tuple[int, int]]:
    """Of the place at ``path`` itself and of its children: the longest path there and how many of
    the audience are at home, the sender included. Raises BeingCounted."""
    subject = counting.subject_of_audience(asked.audience_id)
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
    session: Session, asked: Asked, whole: Audience, part: Audience, path: str
) -> dict[str, list[int]]:
    """The same places: how many of those at home there are in each of the states of whoever
    answered. Raises BeingCounted."""
    if asked.answered > counting.FEW_ANSWERS:
        kept = tallies.find_tally(session, asked.subject)
        if kept is None and not tallies.is_small(session, part):
            raise BeingCounted
        if kept is not None and len(path) < len(whole.unit_path):
            return {whole.unit_path[: len(path) + PATH_SEGMENT]: kept.total}
        if (sums := tallies.read_parts(session, asked.subject, path)) is not None:
            return {
                place: each.own if place == path else each.below for place, each in sums.items()
            }
    child = func.substr(Unit.path, 1, len(path) + PATH_SEGMENT).label("child")
    found: dict[str, list[int]] = {}
    for answers in asked.answers:
        people = recipients.select_at_home(whole, part, child)
        for place, *counts in session.execute(asked.answers_of(people, answers, by=child)):
            before = found.get(place, [0] * len(counts))
            found[place] = [one + int(more) for one, more in zip(before, counts, strict=True)]
    return found
