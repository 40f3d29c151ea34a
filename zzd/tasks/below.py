"""How far the units below others are: what somebody sees beside the own unit's assignment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from zzd.orgtree.audiences import LEVELS, PATH_END
from zzd.tasks.ledger.balances import read_below
from zzd.tasks.ledger.lines import DEEPEST
from zzd.tasks.models import Assignment
from zzd.tasks.states import State

BELOW = ("addressed", "acknowledged", "reported", "completed")


def count_below(session: Session, rows: Sequence[Assignment]) -> dict[int, dict[str, int]]:
    """How far the units below each are; their own unit is not among them. Of counties and above it is
    in the ledger: below a province there are as many units as the directive has."""
    found = {row.id: dict.fromkeys(BELOW, 0) for row in rows}
    high = {row.id: (row.directive_id, row.path) for row in rows if len(row.path) <= DEEPEST}
    if high:
        balances = read_below(session, set(high.values()))
        for id_, which in high.items():
            balance = balances[which]
            found[id_] = {name: balance.marks.get(name, balance.addressed) for name in BELOW}
    ids = [row.id for row in rows if row.id not in high and row.level < max(LEVELS)]
    if not ids:
        return found
    lower = aliased(Assignment)
    query = (
        select(
            Assignment.id,
            func.count(),
            func.count(lower.acknowledged_at),
            func.count(lower.reported_at),
            func.count(lower.completed_at),
        )
        .join(
            lower,
            and_(
                lower.directive_id == Assignment.directive_id,
                lower.path > Assignment.path,
                lower.path < Assignment.path + PATH_END,
                lower.state != State.TRANSFERRED.value,
            ),
        )
        .where(Assignment.id.in_(ids))
        .group_by(Assignment.id)
    )
    for id_, *counts in session.execute(query):
        found[id_] = dict(zip(BELOW, counts, strict=True))
    return found
