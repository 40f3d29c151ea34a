"""Taking the steps that are due: a batch of assignments at a time, in a few statements.

A batch is claimed, its steps written, told and moved on in one transaction (zzd.due). Whoever
acknowledges holds the assignment's row: a step that comes at that moment is left for the next look,
which finds that it is over. Of a directive that somebody is ending all are left, and those of the
others taken meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from zzd import due
from zzd.bulk import insert_rows, table_of
from zzd.db import is_one_of, reading, transaction
from zzd.tasks.escalation import people, timetable
from zzd.tasks.escalation.events import announce_step
from zzd.tasks.escalation.following import is_further_report, plan_of
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.escalation.timetable import ASK, Planned
from zzd.tasks.events import announce_rollups
from zzd.tasks.ledger import lines
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.states import UNANSWERED, State

# Assignments of one transaction. Whoever acknowledges one of them waits for its end.
AT_ONCE = 1000
COLUMNS = (
    Assignment.id,
    Assignment.directive_id,
    Assignment.unit_id,
    Assignment.path,
    Assignment.level,
    Assignment.state,
    Assignment.report_deadline,
    Assignment.due_at,
    Assignment.steps_taken,
    Assignment.steps,
    *(getattr(Assignment, column) for column, _ in lines.COLUMNS),
)
WRITTEN = (
    *("assignment_id", "no", "kind", "deadline", "step", "due_at", "fired_at"),
    *("told_unit_id", "told_role", "told", "vacant", "published"),
)


class Step(NamedTuple):
    """A step that is due of an assignment, its ``no``-th in all."""

    row: Any
    no: int
    planned: Planned
    kind: str


def take_due() -> int:
    """Take every step that is due; returns how many assignments were looked at."""
    # Directives that somebody is ending: they are looked at again the next time.
    left: set[int] = set()
    return due.act_in_batches(_waiting, lambda: _take_batch(left))


def _waiting() -> bool:
    with reading() as session:
        query = select(Assignment.id).where(Assignment.next_step_at <= due.moment(session))
        return session.scalar(query.limit(1)) is not None


def _take_batch(left: set[int]) -> int:
    """Take the steps of a batch, and none of the directives in ``left``, which it adds to."""
    while True:
        found, taken = _claim_and_take(left)
        if taken or not found:
            return taken


def _claim_and_take(left: set[int]) -> tuple[int, int]:
    """How many were claimed, and of how many the steps were taken."""
    with transaction() as session:
        now = due.moment(session)
        query = (
            select(*COLUMNS)
            .where(Assignment.next_step_at <= now)
            .order_by(Assignment.next_step_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Assignment)
        )
        if left:
            query = query.where(Assignment.directive_id.not_in(left))
        rows = session.execute(query).all()
        ids = {row.directive_id for row in rows}
        directives = _hold_directives(session, ids)
        left |= ids - directives.keys() - _ended(session, ids - directives.keys())
        acted = [row for row in rows if row.directive_id not in left]
        if acted:
            _take(session, acted, directives, now)
    return len(rows), len(acted)


def _take(
    session: Session, rows: Sequence[Any], directives: Mapping[int, Directive], now: datetime
) -> None:
    plans: dict[tuple[Any, ...], tuple[str, list[Planned]]] = {}
    steps: list[Step] = []
    # Assignments by what becomes of their timer: mostly the same for a whole batch.
    moved: dict[tuple[datetime | None, int, int, bool], list[int]] = defaultdict(list)
    for row in rows:
        key = (row.directive_id, row.due_at, row.state, row.report_deadline)
        if key not in plans:
            plans[key] = _plan(directives.get(row.directive_id), row)
        kind, planned = plans[key]
        taken, escalated = row.steps_taken, False
        while taken < len(planned) and planned[taken].at <= now:
            no = row.steps + taken - row.steps_taken + 1
            steps.append(Step(row, no, planned[taken], kind))
            escalated |= planned[taken].step != ASK
            taken += 1
        following = planned[taken].at if taken < len(planned) else None
        moved[following, taken, taken - row.steps_taken, escalated].append(row.id)
    if steps:
        _tell(session, directives, steps, now)
        _book(session, steps)
    for (following, taken, more, escalated), ids in moved.items():
        _move_on(session, ids, following, taken, more, escalated, now)


def _plan(directive: Directive | None, row: Any) -> tuple[str, list[Planned]]:
    """What is to be done, and the steps of its deadline; none where nothing is due any more."""
    state = State(row.state)
    if directive is None or row.due_at is None:
        return kind_of(state), []
    further = is_further_report(directive, state, row.report_deadline)
    return kind_of(state), plan_of(directive, row.due_at, further_report=further)


def _hold_directives(session: Session, ids: set[int]) -> dict[int, Directive]:
    """Those that are open, and stay so until the steps are committed. Who holds assignments waits
    for nobody who ends a directive: see zzd.tasks.holding."""
    query = (
        select(Directive)
        .where(Directive.id.in_(ids), Directive.status == "open")
        .options(joinedload(Directive.event))
        .order_by(Directive.id)
        .with_for_update(read=True, skip_locked=True, of=Directive)
    )
    return {directive.id: directive for directive in session.scalars(query)}


def _ended(session: Session, ids: set[int]) -> set[int]:
    if not ids:
        return ids
    query = select(Directive.id).where(Directive.id.in_(ids), Directive.status != "open")
    return set(session.scalars(query))


def _tell(
    session: Session, directives: Mapping[int, Directive], steps: Sequence[Step], now: datetime
) -> None:
    told = people.find_told(
        session, [_late(each, directives[each.row.directive_id]) for each in steps]
    )
    heard: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    written = []
    for each, reached in zip(steps, told, strict=True):
        row, planned = each.row, each.planned
        written.append(
            (
                *(row.id, each.no, each.kind, row.due_at, planned.step, planned.at, now),
                *(reached.unit_id, reached.role, reached.people, reached.vacant),
                planned.published,
            )
        )
        heard[row.directive_id, planned.step, each.kind].update(
            person["id"] for person in reached.people
        )
    insert_rows(session, table_of(EscalationStep), WRITTEN, written)
    for (directive_id, step, kind), official_ids in heard.items():
        if official_ids:
            announce_step(
                session,
                directives[directive_id],
                step=step,
                kind=kind,
                official_ids=sorted(official_ids),
            )
    paths: dict[int, set[str]] = defaultdict(set)
    for each in steps:
        paths[each.row.directive_id].add(each.row.path)
    for directive_id, places in paths.items():
        announce_rollups(session, directive_id, sorted(places))


def _late(step: Step, directive: Directive) -> people.Late:
    row = step.row
    meant_for = "remind" if step.planned.step == ASK else step.planned.step
    return people.Late(
        row.directive_id, row.unit_id, row.path, row.level, directive.unit_id, meant_for
    )


def _book(session: Session, steps: Sequence[Step]) -> None:
    """Units of which somebody is told for the first time are escalated from now on."""
    booked = lines.Lines()
    first = {
        each.row.id: each.row
        for each in steps
        if each.planned.step != ASK and not each.row.escalated_at
    }
    for row in first.values():
        if (before := lines.standing_of(row)) is not None:
            booked.add(before, -1)
            booked.add(before._replace(mark=before.mark | lines.MARKS["escalated"]), 1)
    booked.write(session)


def kind_of(state: State) -> str:
    return timetable.ACKNOWLEDGE if state in UNANSWERED else timetable.REPORT


def _move_on(
    session: Session,
    ids: list[int],
    following: datetime | None,
    taken: int,
    more: int,
    escalated: bool,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"next_step_at": following, "steps_taken": taken}
    if more:
        values["steps"] = Assignment.steps + more
    if escalated:
        values["escalated_at"] = func.coalesce(Assignment.escalated_at, now)
    session.execute(
        update(Assignment)
        .where(is_one_of(session, Assignment.id, ids))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
