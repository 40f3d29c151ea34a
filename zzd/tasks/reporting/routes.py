"""Routes of reports: made, corrected, and found behind every sum."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.tasks.details_assignments import describe_assignments
from zzd.tasks.reporting import corrections, parts, reports
from zzd.tasks.reporting.models import Report
from zzd.tasks.reporting.schemas import (
    CorrectionCreateSchema,
    PartsQuerySchema,
    ReportCreateSchema,
    ReportSchema,
    RollupPartSchema,
)
from zzd.tasks.reporting.showing import describe_reports, describe_written
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas_assignments import AssignmentSchema

blueprint = Blueprint("reports", "What units report, and what sums are made of.")


@blueprint.route("/assignments/<id:assignment_id>/reports", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReportCreateSchema)
@blueprint.response(201, ReportSchema)
@blueprint.alt_response(200, schema=ReportSchema, description="A repeat: the first result")
def report_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Report for my unit

    The unit's own figures, without those of units it passed the directive on to. A later report
    replaces an earlier one in every sum; a final one (409 ``report_final``) is followed by none
    until a unit above opens it. What jumps (409 ``explanation_needed``, with ``questions``) takes
    an ``explanation``. Who may see the report may have its photos and files.
    """
    with transaction() as session:
        taken = reports.report(session, by=principal(), assignment_id=assignment_id, **body)
        if taken.new:
            shown = describe_written(principal(), taken)
        else:
            (shown,) = describe_reports(session, principal(), Report.id == taken.report.id)
        return answer(shown, taken.new, f"/assignments/{assignment_id}")


@blueprint.route("/assignments/<id:assignment_id>/correction", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(CorrectionCreateSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was open already, or a repeat")
def open_correction(body: dict[str, Any], assignment_id: int) -> Any:
    """Open a unit's final report to be corrected

    For officials of units above it within the issuer's reach, and of the issuer's unit; with a
    reason, which is kept. The unit may then make one report, which is its final one.
    """
    with transaction() as session:
        row, new = corrections.open_correction(
            session, by=principal(), assignment_id=assignment_id, **body
        )
        (shown,) = describe_assignments(session, principal(), [row])
        return answer(shown, new, f"/assignments/{assignment_id}")


@blueprint.route("/directives/<id:directive_id>/rollup/reports", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PartsQuerySchema, location="query")
@blueprint.response(
    200,
    page_schema(RollupPartSchema, sum=fields.Integer(allow_none=True), count=fields.Integer()),
)
def open_sum(query: dict[str, Any], directive_id: int) -> Any:
    """The reports that a number of the roll-up is made of

    In the order of the tree; together they are ``sum``. The same rights as the roll-up there.
    """
    after = decode_cursor(query.pop("cursor"), str)
    limit, unit_id = query.pop("limit"), query.pop("unit_id")
    with reading() as session:
        found = parts.open_sum(
            session,
            by=principal(),
            directive_id=directive_id,
            unit_id=unit_id,
            asked=parts.Asked(**query),
            after_path=after[0] if after else None,
            limit=limit,
        )
        shown = page(found["rows"], limit, lambda row: [row[0].path])
        items = parts.describe_parts(session, principal(), found["directive"], shown["items"])
        return {**shown, "items": items, "sum": found["sum"], "count": found["count"]}
