"""Carrying out moves: the state, its times, a line of history and the news of it, together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from zzd import clock
from zzd.bulk import insert_few_or_many, table_of
from zzd.db import is_one_of
from zzd.principal import Principal
from zzd.tasks import states
from zzd.tasks.escalation.following import end_steps, next_report_at, timer_after
from zzd.tasks.events import announce_assignments
from zzd.tasks.ledger import course
from zzd.tasks.ledger.lines import Lines, standing_of
from zzd.tasks.models import Assignment, AssignmentMove, snapshot
from zzd.tasks.problems import REFUSALS
from zzd.tasks.states import TABLE, Move, Refusal, State

# Several at once are one statement, where something is returned.
INSERT = insert(table_of(AssignmentMove)).returning(AssignmentMove.assignment_id)


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
    session: Session, assignments: Sequence[Assignment], move: Move, *, by: Principal, **more: Any
) -> list[Assignment]:
    """Move these assignments, all by one caller, as ``make_moves`` does."""
    return make_moves(session, [(assignment, by) for assignment in assignments], move, **more)


def make_moves(
    session: Session,
    wanted: Sequence[tuple[Assignment, Principal]],
    move: Move,
    *,
    proxy_reason: str | None = None,
    detail: dict[str, Any] | None = None,
    is_last: bool = False,
    booked: Lines | None = None,
    **also: Any,
) -> list[Assignment]:
    """Move these assignments, which are locked, each by its caller; returns those that did move.

    ``proxy_reason`` says why the caller does it for people who could not; after the last report
    (``is_last``) none is asked for by itself; ``also`` are further columns to set with it, and
    ``booked`` is what the ledger gets besides. The same few statements, however many assignments.
    Raises what REFUSALS has.
    """
    moving = [each for each in wanted if not settled(each[0], move)]
    if not moving:
        return []
    now = clock.now()
    booked = booked or Lines()
    # Assignments by what is written of them: mostly the same for all.
    changed: dict[tuple[tuple[str, Any], ...], tuple[int, ...]] = defaultdict(tuple)
    made = []
    for assignment, by in moving:
        values = {**_after(assignment, move, now, is_last=is_last), **also}
        booked.add(standing_of(assignment), -1)
        moments = course.moments_of(assignment)
        for name, value in values.items():
            set_committed_value(assignment, name, value)
        booked.add(standing_of(assignment), 1)
        course.book_change(booked, assignment, moments)
        changed[tuple(values.items())] += (assignment.id,)
        made.append(
            {
                "assignment_id": assignment.id,
                "no": assignment.moves,
                "move": move.value,
                "at": now,
                "session_id": by.session_id,
                "proxy_reason": proxy_reason,
                "detail": detail or {},
                **snapshot(by),
            }
        )
    _change(session, {ids: dict(columns) for columns, ids in changed.items()})
    insert_few_or_many(session, INSERT, made)
    booked.write(session)
    moved = [assignment for assignment, _ in moving]
    announce_assignments(session, moved)
    end_steps(session, moved, move, now)
    return moved


def _change(session: Session, changed: Mapping[tuple[int, ...], dict[str, Any]]) -> None:
    """Write these columns of these assignments: one statement, however many different changes."""
    table = table_of(Assignment)
    if len(changed) == 1:
        ((ids, values),) = changed.items()
        session.connection().execute(
            update(table).where(is_one_of(session, table.c.id, ids)).values(values)
        )
        return
    rows = [
        {"which": id_, **{f"new_{name}": value for name, value in values.items()}}
        for ids, values in changed.items()
        for id_ in ids
    ]
    columns: dict[str, Any] = {
        name: bindparam(f"new_{name}") for name in next(iter(changed.values()))
    }
    statement = update(table).where(table.c.id == bindparam("which")).values(columns)
    session.connection().execute(statement, rows)


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
        "state": state.value,
        "due_at": due,
        **timer_after(assignment, state, due),
        "moves": assignment.moves + 1,
        **{name: getattr(assignment, name) or now for name in rule.stamps},
    }
