"""Taking the steps that are due: a batch of assignments at a time, in a few statements.

A batch is claimed, its steps written, told and moved on in one transaction (zzd.due). Whoever
acknowledges holds the assignment's row: a step that comes at that moment is left for the next look,
which finds that it is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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

AT_ONCE = 500
COLUMNS = (
    Assignment.id,
    Assignment.directive_id,
    Assignment.unit_id,
    Assignment.path,
    Assignment.state,
    Assignment.report_deadline,
    Assignment.due_at,
    Assignment.steps_taken,
    Assignment.steps,
    *(getattr(Assignment, column) for column, _ in lines.COLUMNS),
)


def take_due() -> int:
    """Take every step that is due; returns how many assignments were looked at."""
    return due.act_in_batches(_waiting, _take_batch)


def _waiting() -> bool:
    with reading() as session:
        query = select(Assignment.id).where(Assignment.next_step_at <= due.moment(session))
        return session.scalar(query.limit(1)) is not None


def _take_batch() -> int:
    with transaction() as session:
        now = due.moment(session)
        rows = session.execute(
            select(*COLUMNS)
            .where(Assignment.next_step_at <= now)
            .order_by(Assignment.next_step_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Assignment)
        ).all()
        ids = {row.directive_id for row in rows}
        directives = _hold_directives(session, ids)
        # Of what somebody is ending at this moment they are looked at again.
        left = ids - directives.keys() - _ended(session, ids - directives.keys())
        rows = [row for row in rows if row.directive_id not in left]
        if rows:
            _take(session, rows, directives, now)
    return len(rows)


def _take(
    session: Session, rows: Sequence[Any], directives: Mapping[int, Directive], now: datetime
) -> None:
    plans: dict[tuple[Any, ...], list[Planned]] = {}
    # The first step of each that is due, then the second of those that have one, and so on.
    rounds: list[list[tuple[Any, Planned]]] = []
    # Assignments by what becomes of their timer: mostly the same for a whole batch.
    moved: dict[tuple[datetime | None, int, int, bool], list[int]] = defaultdict(list)
    for row in rows:
        directive = directives.get(row.directive_id)
        planned: list[Planned] = []
        if directive is not None and row.due_at is not None:
            state = State(row.state)
            further = is_further_report(directive, state, row.report_deadline)
            key = (directive.id, row.due_at, further)
            if key not in plans:
                plans[key] = plan_of(directive, row.due_at, further_report=further)
            planned = plans[key]
        taken, escalated = row.steps_taken, False
        while taken < len(planned) and planned[taken].at <= now:
            if (number := taken - row.steps_taken) == len(rounds):
                rounds.append([])
            rounds[number].append((row, planned[taken]))
            escalated |= planned[taken].step != ASK
            taken += 1
        following = planned[taken].at if taken < len(planned) else None
        moved[following, taken, taken - row.steps_taken, escalated].append(row.id)
    for number, late in enumerate(rounds):
        _tell(session, directives, late, number, now)
    _book(session, [each for late in rounds for each in late])
    for (following, taken, more, escalated), ids in moved.items():
        _move_on(session, ids, following, taken, more, escalated, now)


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
    session: Session,
    directives: Mapping[int, Directive],
    late: Sequence[tuple[Any, Planned]],
    number: int,
    now: datetime,
) -> None:
    """Take a step of each of these; ``number`` were taken of them just before."""
    told = people.find_told(
        session,
        [
            people.Late(
                row.id,
                row.unit_id,
                row.path,
                directives[row.directive_id].unit_id,
                "remind" if each.step == ASK else each.step,
            )
            for row, each in late
        ],
    )
    made: list[dict[str, Any]] = []
    heard: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    paths: dict[int, list[str]] = defaultdict(list)
    for row, planned in late:
        reached = told[row.id]
        kind = kind_of(State(row.state))
        made.append(
            {
                "assignment_id": row.id,
                "no": row.steps + number + 1,
                "kind": kind,
                "deadline": row.due_at,
                "step": planned.step,
                "due_at": planned.at,
                "fired_at": now,
                "told_unit_id": reached.unit_id,
                "told_role": reached.role,
                "told": reached.people,
                "vacant": reached.vacant,
                "published": planned.published,
            }
        )
        heard[row.directive_id, planned.step, kind].update(each["id"] for each in reached.people)
        paths[row.directive_id].append(row.path)
    columns = list(made[0])
    insert_rows(session, table_of(EscalationStep), columns, [list(each.values()) for each in made])
    for (directive_id, step, kind), official_ids in heard.items():
        if official_ids:
            announce_step(
                session,
                directives[directive_id],
                step=step,
                kind=kind,
                official_ids=sorted(official_ids),
            )
    for directive_id, places in paths.items():
        announce_rollups(session, directive_id, places)


def _book(session: Session, late: Sequence[tuple[Any, Planned]]) -> None:
    """Units of which somebody is told for the first time are escalated from now on."""
    booked = lines.Lines()
    first = {row.id: row for row, planned in late if planned.step != ASK and not row.escalated_at}
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
