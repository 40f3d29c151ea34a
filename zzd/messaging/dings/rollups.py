"""How far a DING has got: counts at any unit, by its direct children, and who is behind them."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import NotFound
from zzd.messaging.dings import policy, recipients
from zzd.messaging.dings.models import Ding, DingReceipt
from zzd.messaging.dings.recipients import Recipient
from zzd.messaging.dings.rules import RECIPIENT_STATES, recipient_state
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience, ancestor_ids
from zzd.orgtree.models import Official, Post, Unit
from zzd.orgtree.units import revision
from zzd.principal import PATH_SEGMENT, Principal

# Who is in an audience is counted again after this, and with each revision of the tree.
COUNTS, COUNTS_KEPT, COUNT_AGAIN = "zzd.ding_counts", 1_000, timedelta(seconds=30)
# What they did is counted each time, but for a whole province, where that takes a while: what
# took longer than this many seconds is kept for five times as long as it took.
ANSWERS, SLOW, KEPT_FOR = "zzd.ding_answers", 0.5, 5


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
    ``total`` these together. A fixed number of statements. Raises NotFound, NotPermitted.
    """
    ding = policy.access_as_sender(session, by, ding_id, "ding.rollup")
    whole = recipients.audience_of(session, ding)
    named = recipients.named_only(session, ding, whole)
    unit = _unit(session, unit_id, whole, named)
    rows = _rows(session, by, ding, whole, named, unit)
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
        "ding_id": ding.id,
        "unit": unit,
        "own": own.as_dict(unit) if own else None,
        "rows": sorted(described, key=lambda row: row["unit"]["code"]),
        "total": total.as_dict(unit),
        "at": clock.now(),
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
        for path, (longest, count) in count_addressed(session, ding, whole, part, length).items():
            row(path).states["unreached"] = count
            row(path).longest = longest
        # The counts are every sender's; who sends is not asked.
        home = next((post for post in by.posts if whole.matches(post)), None)
        if home is not None and home.unit_path.startswith(part.unit_path):
            row(home.unit_path).states["unreached"] -= 1
        for path, *acted in _acted(session, ding, whole, part, length):
            for state, count in zip(("delivered", "read", "confirmed"), acted, strict=True):
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


def _acted(session: Session, ding: Ding, whole: Audience, part: Audience, length: int) -> list[Any]:
    known: OrderedDict[Any, tuple[float, list[Any]]] = current_app.extensions[ANSWERS]
    key = (ding.id, part.unit_path, length)
    began = time.monotonic()
    kept = known.pop(key, None)
    if kept is None or kept[0] <= began:
        counts = _count_acted(session, ding, whole, part, length)
        took = time.monotonic() - began
        if took < SLOW:
            return counts
        kept = began + (1 + KEPT_FOR) * took, counts
    known[key] = kept
    if len(known) > COUNTS_KEPT:
        known.popitem(last=False)
    return kept[1]


def _count_acted(
    session: Session, ding: Ding, whole: Audience, part: Audience, length: int
) -> list[Any]:
    """(child, delivered, read, confirmed) of those addressed today, each in one state."""
    child = func.substr(Unit.path, 1, length).label("child")
    states = [recipients.STATES[state] for state in ("delivered", "read", "confirmed")]
    query = (
        recipients.select_recipients(
            ding, whole, part, child, *(func.sum(case((state, 1), else_=0)) for state in states)
        )
        .join(
            DingReceipt,
            and_(DingReceipt.ding_id == ding.id, DingReceipt.official_id == Official.id),
        )
        .group_by(child)
    )
    return [(path, *map(int, counts)) for path, *counts in session.execute(query)]


def count_addressed(
    session: Session, ding: Ding, whole: Audience, part: Audience, length: int
) -> dict[str, tuple[int, int]]:
    """How many of the audience are at home below each path of ``length`` in a part of it, with
    the longest path there; the sender included, so that the next sender need not count again.

    It is what costs most and changes least, so it is remembered for a while.
    """
    known: OrderedDict[Any, tuple[datetime, dict[str, tuple[int, int]]]]
    known = current_app.extensions[COUNTS]
    key = (revision(session), whole, part.unit_path, length)
    now = clock.now()
    kept = known.get(key)
    if kept is not None and kept[0] <= now < kept[0] + COUNT_AGAIN:
        return kept[1]
    child = func.substr(Unit.path, 1, length).label("child")
    query = (
        select(child, func.max(func.length(Unit.path)), func.count())
        .select_from(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .join(Official, Official.id == Post.official_id)
        .where(audiences.posts_in(part), Official.status == "active", recipients.at_home(whole))
        .group_by(child)
    )
    counts = {path: (longest, count) for path, longest, count in session.execute(query)}
    known[key] = now, counts
    if len(known) > COUNTS_KEPT:
        known.popitem(last=False)
    return counts


def count_everybody(session: Session, ding: Ding) -> int:
    """How many are addressed now."""
    whole = recipients.audience_of(session, ding)
    count = len(recipients.named_only(session, ding, whole))
    if whole is not None:
        length = len(whole.unit_path) + PATH_SEGMENT
        counted = count_addressed(session, ding, whole, whole, length)
        count += sum(people for _, people in counted.values())
        count -= recipients.holds(session, whole, ding.sender_id)
    return count
