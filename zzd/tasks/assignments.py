"""What officials do with their unit's assignments: receive, acknowledge, report, complete."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid
from zzd.orgtree.audiences import PATH_END
from zzd.orgtree.past import units_as_of
from zzd.principal import Principal
from zzd.tasks import figures as figure_rules
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Report, ReportFigure, snapshot
from zzd.tasks.moves import make_move, settled
from zzd.tasks.problems import UnitsBelowOpen
from zzd.tasks.states import Move

RECEIPTS = {"delivered": Move.DELIVER, "read": Move.READ}
NAMED_OPEN_UNITS = 20


def note_receipts(
    session: Session, *, by: Principal, assignment_ids: Sequence[int], kind: str
) -> list[Assignment]:
    """Note that assignments were delivered to, or read by, the caller; all of them or none.

    Raises NotFound, NotPermitted.
    """
    found = policy.access_assignments(
        session, by, assignment_ids, f"assignment.{kind}", to_act=True
    )
    make_move(session, found, RECEIPTS[kind], by=by)
    return found


def acknowledge(session: Session, *, by: Principal, assignment_id: int) -> tuple[Assignment, bool]:
    """Acknowledge (签收) for the unit, and whether that is new: once is enough.

    Raises NotFound, NotPermitted.
    """
    assignment = policy.access_assignment(
        session, by, assignment_id, "assignment.acknowledge", to_act=True
    )
    return assignment, bool(make_move(session, [assignment], Move.ACKNOWLEDGE, by=by))


def report(
    session: Session,
    *,
    by: Principal,
    assignment_id: int,
    figures: Mapping[str, Any],
    text: str | None,
    device_time: datetime | None,
    client_id: str | None,
) -> tuple[Report, bool]:
    """Report (反馈) the unit's own figures; replaces its earlier report in every sum.

    Returns whether it is new: a repeat gives the first, even after completion.
    Raises NotFound, NotPermitted, Invalid, NotAcknowledged, AssignmentCompleted.
    """
    assignment = policy.access_assignment(
        session, by, assignment_id, "assignment.report", to_act=True
    )
    if faults := figure_rules.faults(assignment.directive.figures, figures):
        raise Invalid("The figures are not what the directive asks for", errors=faults)
    if not figures and text is None:
        raise Invalid.at("/text", "A report has a text or figures")
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    content = {"text": text, "device_time": device_time}
    body = fingerprint({"assignment_id": assignment_id, "figures": figures, **content})
    if repeated := find_repeat(
        session, Report, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    settled(assignment, Move.REPORT)
    last = select(func.coalesce(func.max(Report.no), 0))
    made = Report(
        assignment_id=assignment_id,
        no=session.scalars(last.where(Report.assignment_id == assignment_id)).one() + 1,
        created_at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **content,
        **snapshot(by),
    )
    session.add(made)
    session.flush()
    session.add_all(
        ReportFigure(report_id=made.id, key=name, value=value) for name, value in figures.items()
    )
    make_move(
        session,
        [assignment],
        Move.REPORT,
        by=by,
        detail={"report": made.no},
        latest_report_id=made.id,
    )
    return made, True


def complete(
    session: Session, *, by: Principal, assignment_id: int, reason: str | None
) -> tuple[Assignment, bool]:
    """Complete (办结) for the unit, and whether that is new.

    While units below are not done it takes a reason, which is kept.
    Raises NotFound, NotPermitted, NotAcknowledged, NotReported, UnitsBelowOpen.
    """
    assignment = policy.access_assignment(
        session, by, assignment_id, "assignment.complete", to_act=True
    )
    if settled(assignment, Move.COMPLETE):
        return assignment, False
    if reason is None:
        _require_all_below_done(session, assignment)
    detail = {} if reason is None else {"reason": reason}
    make_move(session, [assignment], Move.COMPLETE, by=by, detail=detail)
    return assignment, True


def _require_all_below_done(session: Session, assignment: Assignment) -> None:
    open_below: list[ColumnElement[bool]] = [
        Assignment.directive_id == assignment.directive_id,
        Assignment.path > assignment.path,
        Assignment.path < assignment.path + PATH_END,
        Assignment.completed_at.is_(None),
    ]
    count = session.scalar(select(func.count()).select_from(Assignment).where(*open_below)) or 0
    if not count:
        return
    first = session.execute(
        select(Assignment.unit_id, Assignment.state)
        .where(*open_below)
        .order_by(Assignment.path)
        .limit(NAMED_OPEN_UNITS)
    ).all()
    rev = assignment.directive.rev
    places = units_as_of(session, [(unit_id, rev) for unit_id, _ in first])
    raise UnitsBelowOpen(
        f"{count} units below are not done",
        count=count,
        units=[
            {"id": str(unit_id), "name": places[unit_id, rev].name, "state": state}
            for unit_id, state in first
        ],
    )
