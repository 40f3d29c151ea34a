"""The one history of an assignment: how it came about, what the unit did, how the directive ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zzd.identity.sessions import devices_of
from zzd.orgtree.audiences import ancestor_ids
from zzd.tasks import states
from zzd.tasks.lifecycle.models import DirectiveEnd, Transfer
from zzd.tasks.models import Assignment, AssignmentMove, Cascade
from zzd.tasks.states import Move, Step


def history_of(session: Session, row: Assignment) -> list[Step]:
    """Each step with the row that tells of it: AssignmentMove or DirectiveEnd. Two statements."""
    moves = session.scalars(
        select(AssignmentMove)
        .where(AssignmentMove.assignment_id == row.id)
        .order_by(AssignmentMove.no)
    )
    ends = session.scalars(
        select(DirectiveEnd)
        .where(
            DirectiveEnd.directive_id == row.directive_id,
            or_(DirectiveEnd.path == "", DirectiveEnd.unit_id.in_(ancestor_ids(row.path))),
        )
        .order_by(DirectiveEnd.id)
    )
    return states.weave(
        [Step(move.at, Move(move.move), move) for move in moves],
        [Step(end.at, Move(end.kind), end) for end in ends if applies(end, row.cleared_at)],
    )


def applies(end: DirectiveEnd, cleared_at: datetime | None) -> bool:
    """Whether an end at or above an assignment's place is a part of its history: the whole
    directive's is, that of a branch where it was cleared with it. Not by the times, which clocks of
    two processes gave."""
    return not end.path or cleared_at is not None


def describe_history(session: Session, row: Assignment) -> list[dict[str, Any]]:
    """As it is shown, with the device that each step of the unit was made on."""
    steps = history_of(session, row)
    sign_ins = {step.source.session_id for step in steps if hasattr(step.source, "session_id")}
    devices = devices_of(session, sign_ins - {None})
    return [_issue(session, row), *(_describe(step, devices) for step in steps)]


def _describe(step: Step, devices: dict[int, str]) -> dict[str, Any]:
    shown = {"at": step.at, "move": step.move.value, "by": step.source.by}
    if isinstance(step.source, DirectiveEnd):
        end = step.source
        detail = {"reason": end.reason, "override_reason": end.override_reason}
        detail = {name: value for name, value in detail.items() if value}
        return {**shown, "detail": detail, "device": None, "proxy_reason": None}
    move = step.source
    return {
        **shown,
        "detail": move.detail,
        "device": devices.get(move.session_id),
        "proxy_reason": move.proxy_reason,
    }


def _issue(session: Session, row: Assignment) -> dict[str, Any]:
    """How the assignment came about: history begins before the unit's own first move."""
    transfer = session.scalar(select(Transfer).where(Transfer.to_id == row.id))
    detail = {}
    came_by: Any = row.directive
    if transfer is not None:
        came_by, detail = transfer, {"reason": transfer.reason}
    elif row.cascade_id is not None:
        came_by = session.get_one(Cascade, row.cascade_id)
    return {
        "at": row.issued_at,
        "move": "issue",
        "by": came_by.by,
        "detail": detail,
        "device": None,
        "proxy_reason": None,
    }
