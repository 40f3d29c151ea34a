"""What was escalated of a directive at and below a unit, read from the steps that were taken."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd.orgtree.past import Place, units_as_of
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.escalation.views import over_at
from zzd.tasks.lifecycle.endings import ended_at
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.staffing import below

# So many are listed, the latest; all of them are counted.
LISTED = 200


def escalated(session: Session, directive: Directive, place: Place) -> dict[str, Any]:
    """``escalations``: how many steps of each kind; ``escalated``: the latest of them by unit."""
    joined = (EscalationStep.assignment_id == Assignment.id, *below(directive.id, place.path))
    counted = session.execute(
        select(
            EscalationStep.kind,
            EscalationStep.step,
            func.count(),
            func.count(EscalationStep.assignment_id.distinct()),
            func.count(EscalationStep.ended_at),
        )
        .join(Assignment, joined[0])
        .where(*joined[1:])
        .group_by(EscalationStep.kind, EscalationStep.step)
        .order_by(EscalationStep.kind, EscalationStep.step)
    ).all()
    found = session.execute(
        select(EscalationStep, Assignment.unit_id, Assignment.cleared_at)
        .join(Assignment, joined[0])
        .where(*joined[1:])
        .order_by(EscalationStep.fired_at.desc(), EscalationStep.id.desc())
        .limit(LISTED)
    ).all()
    rev, whole = directive.rev, ended_at(session, directive)
    places = units_as_of(session, {(unit_id, rev) for _, unit_id, _ in found})
    return {
        "escalations": [
            {"kind": kind, "step": step, "steps": steps, "units": units, "answered": ended}
            for kind, step, steps, units, ended in counted
        ],
        "escalated": [
            {
                "unit": places[unit_id, rev],
                "kind": step.kind,
                "step": step.step,
                "deadline": step.deadline,
                "fired_at": step.fired_at,
                "ended_at": over_at(step.ended_at, cleared_at, whole),
                "told": [each["name"] for each in step.told],
            }
            for step, unit_id, cleared_at in reversed(found)
        ],
    }
