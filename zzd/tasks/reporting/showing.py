"""Reports as those see them who may: any number in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.principal import Principal
from zzd.tasks.models import Assignment
from zzd.tasks.reporting import photos, rules
from zzd.tasks.reporting.models import Report, ReportFigure, ReportPart
from zzd.tasks.reporting.reports import Taken


def describe_reports(session: Session, by: Principal, which: Any) -> list[dict[str, Any]]:
    """The reports that meet a condition on Report, with their figures, parts and files."""
    reports = list(session.scalars(select(Report).where(which).order_by(Report.id)))
    ids = [report.id for report in reports]
    figures: dict[int, dict[str, int]] = defaultdict(dict)
    for figure in session.scalars(
        select(ReportFigure).where(ReportFigure.report_id.in_(ids)).order_by(ReportFigure.key)
    ):
        figures[figure.report_id][figure.key] = figure.value
    parts: dict[int, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for part in session.scalars(
        select(ReportPart).where(ReportPart.report_id.in_(ids)).order_by(ReportPart.risk)
    ):
        parts[part.report_id][part.key][part.risk] = part.value
    carried = photos.describe_files(session, ids)
    return [
        _shown(by, report, figures[report.id], parts[report.id], carried[report.id])
        for report in reports
    ]


def describe_written(by: Principal, taken: Taken) -> dict[str, Any]:
    """One that was just taken in, of which nothing has to be read again."""
    said = taken.figures
    parts = {key: dict(sorted(values.items())) for key, values in said.parts.items()}
    whole = dict(sorted(said.whole.items()))
    return _shown(by, taken.report, whole, parts, photos.as_shown(taken.files))


def _shown(
    by: Principal,
    report: Report,
    figures: Mapping[str, int],
    parts: Mapping[str, Mapping[str, int]],
    carried: photos.Carried,
) -> dict[str, Any]:
    return {
        "id": report.id,
        "assignment_id": report.assignment_id,
        "no": report.no,
        "kind": report.kind,
        "corrects": report.corrects,
        "figures": figures,
        "by_risk": parts,
        "casualties": {name: getattr(report, name) for name in rules.CASUALTIES},
        "text": report.text,
        "position": report.position,
        **carried,
        "explanation": report.explanation,
        "asked": report.asked or [],
        "by": report.by,
        "created_at": report.created_at,
        "device_time": report.device_time,
        "skew_seconds": report.skew_seconds,
        "is_skewed": rules.is_skewed(report.skew_seconds),
        "counted": report.counted,
        "rescue_open": report.rescue_open,
        "proxy_reason": report.proxy_reason,
        # Its sender's own key; nobody else's business.
        "client_id": report.client_id if report.sender_id == by.official_id else None,
    }


def is_frozen(assignment: Assignment) -> bool:
    """Its unit made the final report, and nobody above has opened it."""
    return assignment.final_at is not None and assignment.correction_at is None
