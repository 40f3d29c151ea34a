"""Reports (反馈): what a unit counted, taken in once, the latest of them standing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid
from zzd.principal import Principal
from zzd.tasks import figures as figure_rules
from zzd.tasks import moves, policy
from zzd.tasks.ledger.lines import Lines
from zzd.tasks.models import Assignment, snapshot
from zzd.tasks.moves import make_move, settled
from zzd.tasks.reporting import photos, rules, standing
from zzd.tasks.reporting.models import Report, ReportFigure, ReportPart
from zzd.tasks.reporting.problems import ExplanationNeeded, ReportFinal
from zzd.tasks.reporting.rules import Figures
from zzd.tasks.states import OUT, Move


@dataclass(frozen=True, slots=True)
class Taken:
    """A report that was taken in, and whether that is new; if so, with what it carries."""

    report: Report
    new: bool
    figures: Figures = field(default_factory=Figures)
    files: Sequence[Mapping[str, Any]] = ()


def report(
    session: Session,
    *,
    by: Principal,
    assignment_id: int,
    figures: Mapping[str, Any],
    text: str | None,
    device_time: datetime | None,
    client_id: str | None,
    device_clock: datetime | None = None,
    proxy_reason: str | None = None,
    **more: Any,
) -> Taken:
    """Report (反馈) the unit's own figures; replaces its earlier report in every sum.

    ``more`` is what ReportCreateSchema lets in besides. ``device_clock`` is what the device's clock
    shows as it sends, which is another time each time it tries: no part of what is said.
    A report to what was cancelled, superseded, returned or handed over is kept and counts
    nowhere. A repeat gives the first, whatever has happened since.
    Raises NotFound, NotPermitted, Invalid, NotAcknowledged, AssignmentCompleted, ReportFinal,
    ExplanationNeeded, IdempotencyConflict.
    """
    assignment = policy.access_assignment(
        session,
        by,
        assignment_id,
        "assignment.report",
        to_act=True,
        as_proxy=proxy_reason is not None,
    )
    said = Figures(figures, more.get("by_risk") or {}, more.get("casualties") or {})
    _check(assignment.directive.figures, said, text, more)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    content = {"text": text, "device_time": device_time}
    # What is not said is left out, so that a report of an older client is still itself.
    body = fingerprint(
        {
            "assignment_id": assignment_id,
            "figures": figures,
            **content,
            **{name: value for name, value in more.items() if value},
            **({"proxy_reason": proxy_reason} if proxy_reason else {}),
        }
    )
    if repeated := find_repeat(
        session, Report, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return Taken(repeated, False)
    move = _move(assignment)
    settled(assignment, move)
    counted = move is not Move.LATE_REPORT
    asked = _questions(session, assignment, said) if counted else []
    if asked and more.get("explanation") is None:
        raise ExplanationNeeded(questions=asked)
    taken = photos.take_files(session, by, more.get("photos") or (), more.get("files") or ())
    made = _write(
        session,
        assignment,
        said,
        kind=more.get("kind"),
        corrects=move is Move.CORRECT,
        counted=counted,
        rescue_open=bool(more.get("rescue_open")),
        proxy_reason=proxy_reason,
        skew_seconds=rules.skew_seconds(device_clock or device_time, clock.now()),
        explanation=more.get("explanation"),
        asked=asked or None,
        position=more.get("position"),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **content,
        **snapshot(by),
    )
    photos.keep_files(session, assignment, made.id, taken)
    booked = Lines()
    also = _stand(session, booked, assignment, made, said) if counted else {}
    make_move(
        session,
        [assignment],
        move,
        by=by,
        proxy_reason=proxy_reason,
        detail=_detail(made),
        is_last=counted and made.kind == rules.Kind.FINAL,
        booked=booked,
        **also,
    )
    return Taken(made, True, said, taken)


def _check(
    specs: Sequence[Mapping[str, Any]], said: Figures, text: str | None, more: Mapping[str, Any]
) -> None:
    faults = figure_rules.faults(specs, said.whole)
    faults += figure_rules.part_faults(specs, said.whole, said.parts)
    if faults:
        raise Invalid("The figures are not what the directive asks for", errors=faults)
    counted = any(value is not None for value in said.casualties.values())
    if not (said.whole or counted or text or more.get("photos") or more.get("files")):
        raise Invalid.at("/text", "A report has a text, figures or files")


def _move(assignment: Assignment) -> Move:
    """What a report to it is. Raises ReportFinal where its final one was made and not opened."""
    if moves.standing(assignment) in OUT:
        return Move.LATE_REPORT
    if assignment.final_at is None:
        return Move.REPORT
    if assignment.correction_at is None:
        raise ReportFinal
    return Move.CORRECT


def _questions(session: Session, assignment: Assignment, said: Figures) -> list[dict[str, Any]]:
    former = standing.standing(session, assignment)
    return rules.questions(assignment.directive.figures, former, said)


def _write(
    session: Session,
    assignment: Assignment,
    said: Figures,
    *,
    kind: str | None,
    corrects: bool,
    **columns: Any,
) -> Report:
    last = select(func.coalesce(func.max(Report.no), 0))
    number = session.scalars(last.where(Report.assignment_id == assignment.id)).one() + 1
    made = Report(
        assignment_id=assignment.id,
        no=number,
        kind=rules.kind_of(kind, number=number, corrects=corrects).value,
        corrects=number - 1 if corrects else None,
        created_at=clock.now(),
        **standing.casualties(said),
        **columns,
    )
    session.add(made)
    session.flush()
    session.add_all(
        ReportFigure(report_id=made.id, key=name, value=value) for name, value in said.whole.items()
    )
    session.add_all(
        ReportPart(report_id=made.id, key=name, risk=risk, value=value)
        for name, parts in said.parts.items()
        for risk, value in parts.items()
    )
    return made


def _stand(
    session: Session, booked: Lines, assignment: Assignment, made: Report, said: Figures
) -> dict[str, Any]:
    """From now on this report is what the unit says; the assignment's columns that say so."""
    standing.replace(session, booked, assignment, said)
    return {
        "latest_report_id": made.id,
        "final_at": made.created_at if made.kind == rules.Kind.FINAL else None,
        "correction_at": None,
        **standing.casualties(said),
    }


def _detail(made: Report) -> dict[str, Any]:
    """What the history shows of it."""
    detail: dict[str, Any] = {"report": made.no, "kind": made.kind}
    if rules.is_skewed(made.skew_seconds):
        detail["skew_seconds"] = made.skew_seconds
    if made.explanation:
        detail["explanation"] = made.explanation
    return detail
