"""Acknowledgements that come while others are being written are written together.

When a directive reaches a province, thousands of units acknowledge at once. Each is a move of its
own row, but what a transaction costs besides is the same for one and for fifty: so what waits is
one transaction for all (see ``zzd.gathering``), and nobody is answered before its commit. Only what
cannot be refused goes along; whatever is odd about an acknowledgement — it was made already, the
caller has no right to it, somebody else holds the row — goes alone afterwards, by
``assignments.acknowledge``, which decides what the caller is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, selectinload

from zzd.db import is_one_of, transaction
from zzd.errors import Problem
from zzd.gathering import Gathering
from zzd.principal import PostRef, Principal
from zzd.tasks import assignments, policy
from zzd.tasks.details_assignments import describe_assignments
from zzd.tasks.models import Assignment, Directive, DirectiveAudience
from zzd.tasks.moves import make_moves, settled
from zzd.tasks.states import Move, State
from zzd.tasks.telling import as_told

log = structlog.get_logger()

AT_ONCE = 100
TOGETHER = "zzd.acknowledged_together"
# The lines and roles that its directive addresses in a unit: "line/role", '' for any.
ANY = "/"
MEANT = (
    select(func.aggregate_strings(DirectiveAudience.line + ANY + DirectiveAudience.role, ","))
    .where(*policy.audiences_there())
    .correlate(Assignment)
    .scalar_subquery()
)

Shown = tuple[dict[str, Any], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Acknowledgement:
    by: Principal
    assignment_id: int


def acknowledge(by: Principal, assignment_id: int, *, proxy_reason: str | None = None) -> Shown:
    """Acknowledge in a transaction of one's own, or together with others; outside of any other.

    The assignment as the caller sees it, and whether that is new. Raises what
    ``assignments.acknowledge`` raises.
    """
    # What an app is told of is asked for each of its answers.
    if proxy_reason is not None or by.reach is not None:
        return _alone(by, assignment_id, proxy_reason)
    gathering: Gathering[Acknowledgement, Shown | None] = current_app.extensions[TOGETHER]
    shown = gathering.join("all", Acknowledgement(by, assignment_id), _write_together)
    return shown or _alone(by, assignment_id)


def _alone(by: Principal, assignment_id: int, proxy_reason: str | None = None) -> Shown:
    with transaction() as session:
        row, new = assignments.acknowledge(
            session, by=by, assignment_id=assignment_id, proxy_reason=proxy_reason
        )
        # What the right to acknowledge says is not asked again.
        acting = None if proxy_reason else {assignment_id}
        (shown,) = as_told(session, by, describe_assignments(session, by, [row], acting=acting))
        return shown, new


def _write_together(asked: list[Acknowledgement]) -> list[Shown | None]:
    """None for those who have to go alone, each at its own expense: not while others wait."""
    firsts: dict[int, Acknowledgement] = {}
    for each in asked:
        firsts.setdefault(each.assignment_id, each)
    shown: dict[int, dict[str, Any]] = {}
    try:
        with transaction() as session:
            written = _write(session, firsts)
        # Not before the commit: one that fails has acknowledged nothing.
        shown = written
    except (OperationalError, PoolTimeout):
        # Alone they would find the same database.
        raise
    except Exception as error:
        log.error("acknowledgements go one by one", count=len(firsts), exc_info=error)
    return [
        (shown[each.assignment_id], True)
        if firsts[each.assignment_id] is each and each.assignment_id in shown
        else None
        for each in asked
    ]


def _write(session: Session, asked: Mapping[int, Acknowledgement]) -> dict[int, dict[str, Any]]:
    """What could be acknowledged, as those see it who did; the others are missing."""
    query = (
        select(Assignment, MEANT)
        .where(is_one_of(session, Assignment.id, list(asked)))
        .order_by(Assignment.id)
        .options(selectinload(Assignment.directive).joinedload(Directive.event))
        # Who is held up by somebody else waits alone.
        .with_for_update(of=Assignment, skip_locked=True)
    )
    callers: dict[int, Principal] = {}
    rows: list[Assignment] = []
    for row, meant in session.execute(query):
        by = asked[row.id].by
        if _answers(policy.acting_post(by), row, meant or "") and _is_plain(row):
            rows.append(row)
            callers[row.id] = by
    if not rows:
        return {}
    make_moves(session, [(row, callers[row.id]) for row in rows], Move.ACKNOWLEDGE)
    shown = describe_assignments(
        session,
        callers[rows[0].id],
        rows,
        acting=set(callers),
        callers=callers,
        acknowledged={row.id: _just_now(row, callers[row.id]) for row in rows},
    )
    return {row.id: each for row, each in zip(rows, shown, strict=True)}


def _just_now(row: Assignment, by: Principal) -> dict[str, Any]:
    """The acknowledgement as it was written, which nobody has to read again."""
    post = policy.acting_post(by)
    shown = {
        "id": by.official_id,
        "name": by.official_name,
        "post_title": post.title,
        "unit_name": post.unit_name,
    }
    return {"at": row.acknowledged_at, "by": shown, "proxy_reason": None}


def _answers(post: PostRef, row: Assignment, meant: str) -> bool:
    """``policy.answered_by`` of one row, given the lines and roles that are meant there."""
    return row.unit_id == post.unit_id and any(
        line in ("", post.line) and role in ("", post.role)
        for line, role in (each.split(ANY) for each in meant.split(",") if each)
    )


def _is_plain(row: Assignment) -> bool:
    """Whether acknowledging it is a move that was not made before and may be made."""
    if row.state == State.RETURNED.value:
        return False
    try:
        return not settled(row, Move.ACKNOWLEDGE)
    except Problem:
        return False


def register(app: Flask) -> None:
    app.extensions[TOGETHER] = Gathering[Acknowledgement, "Shown | None"](AT_ONCE)
