"""What waits for an official because a unit is late: their own, or one below."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from zzd.principal import PostRef, Principal
from zzd.tasks import policy
from zzd.tasks.details_assignments import describe_assignments
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.escalation.views import describe_step
from zzd.tasks.models import Assignment, Directive, Event


def list_told(
    session: Session,
    *,
    by: Principal,
    mode: str | None,
    after: tuple[str, int] | None,
    limit: int,
) -> list[tuple[EscalationStep, Assignment]]:
    """Up to ``limit + 1`` late assignments of which the holder of the acting post was told, each
    with the latest step that told them: what is actual before any exercise, the latest first.

    Of one ``mode`` or of both; ``after`` is the mode and the step of the last one seen.
    It is the duty that is told: whoever takes over the post finds what was said before.
    """
    post = policy.acting_post(by)
    latest = (
        select(func.max(EscalationStep.id))
        .join(Assignment, Assignment.id == EscalationStep.assignment_id)
        .join(Directive, Directive.id == Assignment.directive_id)
        # Of a branch that was given the all-clear nothing is due any more.
        .where(_told(post), Directive.status == "open", Assignment.due_at.is_not(None))
        .group_by(EscalationStep.assignment_id)
    )
    query = (
        select(EscalationStep, Assignment)
        .join(Assignment, Assignment.id == EscalationStep.assignment_id)
        .join(Directive, Directive.id == Assignment.directive_id)
        .join(Event, Event.id == Directive.event_id)
        .where(EscalationStep.id.in_(latest))
        # By the alphabet: actual, exercise.
        .order_by(Event.mode, EscalationStep.id.desc())
        .limit(limit + 1)
        .options(joinedload(Assignment.directive).joinedload(Directive.event))
    )
    if mode is not None:
        query = query.where(Event.mode == mode)
    if after is not None:
        seen_mode, seen_id = after
        rest = and_(Event.mode == seen_mode, EscalationStep.id < seen_id)
        query = query.where(or_(Event.mode > seen_mode, rest))
    return [(step, row) for step, row in session.execute(query)]


def _told(post: PostRef) -> ColumnElement[bool]:
    return and_(
        EscalationStep.told_unit_id == post.unit_id,
        EscalationStep.ended_at.is_(None),
        or_(
            EscalationStep.told_role == post.role,
            and_(EscalationStep.told_role == "", policy.addressed(post.line, post.role)),
        ),
    )


def describe_told(
    session: Session, by: Principal, rows: list[tuple[EscalationStep, Assignment]]
) -> list[dict[str, Any]]:
    shown = describe_assignments(session, by, [row for _, row in rows], contacts=True)
    return [
        {**describe_step(step), "assignment": assignment}
        for (step, _), assignment in zip(rows, shown, strict=True)
    ]
