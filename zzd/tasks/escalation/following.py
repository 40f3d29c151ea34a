"""How an assignment's timer follows from what is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zzd.tasks.escalation import timetable
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.escalation.timetable import Planned
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.states import UNANSWERED, Move, State

ANSWERS = (Move.ACKNOWLEDGE, Move.REPORT)


def first_step_at(
    directive: Directive, due_at: datetime | None, *, further_report: bool = False
) -> datetime | None:
    """When the first step of a deadline is due; None where nobody is told of it."""
    if due_at is None:
        return None
    planned = plan_of(directive, due_at, further_report=further_report)
    return planned[0].at if planned else None


def plan_of(directive: Directive, due_at: datetime, *, further_report: bool) -> list[Planned]:
    interval = directive.report_interval_minutes if further_report else None
    return timetable.plan(due_at, directive.escalation, asks_every=interval)


def is_further_report(directive: Directive, state: State, report_deadline: datetime | None) -> bool:
    """Whether what is due is a report by the interval, and not the one with its own deadline."""
    if directive.report_interval_minutes is None or state in UNANSWERED:
        return False
    return state is State.REPORTED or report_deadline is None


def next_report_at(assignment: Assignment, move: Move, now: datetime) -> datetime | None:
    """The deadline that the directive's interval gives after this move."""
    return timetable.next_report_at(
        assignment.directive.report_interval_minutes,
        due_at=None if State(assignment.state) in UNANSWERED else assignment.due_at,
        answered_at=now if move in ANSWERS else None,
    )


def timer_after(assignment: Assignment, state: State, due_at: datetime | None) -> dict[str, Any]:
    """The columns of the timer after a move that led to ``state`` and this deadline."""
    if due_at == assignment.due_at and (state in UNANSWERED) == (
        State(assignment.state) in UNANSWERED
    ):
        return {"next_step_at": assignment.next_step_at, "steps_taken": assignment.steps_taken}
    further = is_further_report(assignment.directive, state, assignment.report_deadline)
    at = first_step_at(assignment.directive, due_at, further_report=further)
    return {"next_step_at": at, "steps_taken": 0}


def end_steps(session: Session, moved: Sequence[Assignment], move: Move, now: datetime) -> None:
    """What was told of units that have now done what was due is over; it stays in the history.

    Costs nothing where nobody was told anything.
    """
    told = [assignment for assignment in moved if assignment.steps]
    answered = [each.id for each in told if State(each.state) not in UNANSWERED]
    settled = [each.id for each in told if move is Move.REPORT or each.due_at is None]
    for kind, ids in ((timetable.ACKNOWLEDGE, answered), (timetable.REPORT, settled)):
        if ids:
            session.execute(
                update(EscalationStep)
                .where(
                    EscalationStep.assignment_id.in_(ids),
                    EscalationStep.kind == kind,
                    EscalationStep.ended_at.is_(None),
                )
                .values(ended_at=now)
                .execution_options(synchronize_session=False)
            )
