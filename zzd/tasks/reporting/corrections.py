"""A final report (核报) is opened once more by a unit above or the issuer, with a reason."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, snapshot
from zzd.tasks.moves import make_move
from zzd.tasks.reporting.models import Correction, Report
from zzd.tasks.reporting.problems import ReportNotFinal
from zzd.tasks.states import Move


def open_correction(
    session: Session, *, by: Principal, assignment_id: int, reason: str, client_id: str | None
) -> tuple[Assignment, bool]:
    """Let the unit make one more report, which is its final one then; and whether that is new.

    Until it comes the former one counts. Opening what is open already changes nothing.
    Raises NotFound, NotPermitted, ReportNotFinal, IdempotencyConflict.
    """
    action = "report.reopen"
    assignment = policy.access_to_reopen(session, by, assignment_id, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    body = fingerprint({"assignment_id": assignment_id, "reason": reason})
    if find_repeat(session, Correction, sender_id=sender_id, client_id=key, body_fingerprint=body):
        return assignment, False
    if assignment.final_at is None:
        raise ReportNotFinal
    if assignment.correction_at is not None:
        return assignment, False
    now = clock.now()
    number = session.scalars(
        select(Report.no).where(Report.id == assignment.latest_report_id)
    ).one()
    session.add(
        Correction(
            assignment_id=assignment_id,
            no=number,
            reason=reason,
            at=now,
            sender_id=sender_id,
            client_id=key,
            fingerprint=body,
            **snapshot(by),
        )
    )
    detail = {"report": number, "reason": reason}
    make_move(session, [assignment], Move.REOPEN, by=by, detail=detail, correction_at=now)
    audit.append(
        session,
        action,
        by=by,
        object_kind="assignment",
        object_id=assignment_id,
        report=number,
        reason=reason,
    )
    return assignment, True
