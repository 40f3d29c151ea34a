"""How steps are shown: in an assignment's history, and to those whom they told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.tasks.escalation.following import is_further_report, plan_of
from zzd.tasks.escalation.models import EscalationStep, Urge
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Assignment
from zzd.tasks.states import State


def describe_steps(session: Session, row: Assignment) -> list[dict[str, Any]]:
    """All steps of an assignment, the first one first."""
    query = (
        select(EscalationStep, Urge)
        .outerjoin(Urge, Urge.id == EscalationStep.urge_id)
        .where(EscalationStep.assignment_id == row.id)
        .order_by(EscalationStep.no)
    )
    over = over_at(row.cleared_at, endings.ended_at(session, row.directive))
    return [describe_step(step, urge, over) for step, urge in session.execute(query)]


def over_at(*moments: datetime | None) -> datetime | None:
    """When it was over: the unit answered, or its branch or the whole directive was ended, which
    is one row, and none for each of its steps."""
    return min((moment for moment in moments if moment is not None), default=None)


def describe_step(
    step: EscalationStep, urge: Urge | None = None, over: datetime | None = None
) -> dict[str, Any]:
    return {
        "no": step.no,
        "kind": step.kind,
        "deadline": step.deadline,
        "step": step.step,
        "due_at": step.due_at,
        "fired_at": step.fired_at,
        "ended_at": over_at(step.ended_at, over),
        "told": step.told,
        "vacant": step.vacant,
        "published": step.published,
        "by": urge.by if urge else None,
    }


def next_step(row: Assignment) -> dict[str, Any] | None:
    """What happens next by itself, should the unit not answer."""
    directive = row.directive
    if row.next_step_at is None or row.due_at is None or directive.status != "open":
        return None
    further = is_further_report(directive, State(row.state), row.report_deadline)
    planned = plan_of(directive, row.due_at, further_report=further)
    if row.steps_taken >= len(planned):
        return None
    coming = planned[row.steps_taken]
    return {"step": coming.step, "at": coming.at, "published": coming.published}
