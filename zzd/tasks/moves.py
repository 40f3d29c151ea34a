"""Carrying out moves: the state, its times, a line of history and the news of it, together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from zzd import clock
from zzd.principal import Principal
from zzd.tasks import states
from zzd.tasks.escalation.following import end_steps, next_report_at, timer_after
from zzd.tasks.events import announce_assignment
from zzd.tasks.models import Assignment, AssignmentMove, snapshot
from zzd.tasks.problems import REFUSALS
from zzd.tasks.states import TABLE, Move, Refusal, State


def standing(assignment: Assignment) -> State:
    """Where the unit stands, with what became of the directive itself."""
    return states.standing(State(assignment.state), assignment.directive.status)


def settled(assignment: Assignment, move: Move) -> bool:
    """Whether the move was made already, or is implied by one that was.

    Raises the problem that says why, if the move may not be made at all.
    """
    following = states.after(
        standing(assignment), move, asks_figures=bool(assignment.directive.figures)
    )
    if isinstance(following, Refusal):
        raise REFUSALS[following]
    return following is None


def make_move(
    session: Session,
    assignments: Sequence[Assignment],
    move: Move,
    *,
    by: Principal,
    proxy_reason: str | None = None,
    detail: dict[str, Any] | None = None,
    is_last: bool = False,
    **also: Any,
) -> list[Assignment]:
    """Move these assignments, which the caller has locked; returns those that did move.

    ``proxy_reason`` says why the caller does it for people who could not; after the last report
    (``is_last``) none is asked for by itself; ``also`` are further columns to set with it. A few statements, however many assignments. Raises what REFUSALS has.
    """
    moving = [assignment for assignment in assignments if not settled(assignment, move)]
    if not moving:
        return []
    now = clock.now()
    changes = [{**_after(assignment, move, now, is_last=is_last), **also} for assignment in moving]
    session.execute(update(Assignment), changes)
    for assignment, values in zip(moving, changes, strict=True):
        for name, value in values.items():
            set_committed_value(assignment, name, value)
        session.add(
            AssignmentMove(
                assignment_id=assignment.id,
                no=assignment.moves,
                move=move.value,
                at=now,
                session_id=by.session_id,
                proxy_reason=proxy_reason,
                detail=detail or {},
                **snapshot(by),
            )
        )
        announce_assignment(session, assignment)
    end_steps(session, moving, move, now)
    return moving


def _after(assignment: Assignment, move: Move, now: datetime, *, is_last: bool) -> dict[str, Any]:
    rule = TABLE[move]
    state = rule.leads_to or State(assignment.state)
    due = states.due_at(
        state,
        assignment.ack_deadline,
        assignment.report_deadline,
        next_report_at(assignment, move, now),
    )
    due = None if assignment.cleared_at or is_last else due
    return {
        "id": assignment.id,
        "state": state.value,
        "due_at": due,
        **timer_after(assignment, state, due),
        "moves": assignment.moves + 1,
        **{name: getattr(assignment, name) or now for name in rule.stamps},
    }
