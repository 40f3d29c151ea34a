"""Routes of tables and situation reports."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Response, current_app, send_file, stream_with_context

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.orgtree.tables import CSV_TYPE, XLSX_TYPE
from zzd.tasks import rollups
from zzd.tasks.exports import bulletins, paper, tables
from zzd.tasks.exports.rows import open_export
from zzd.tasks.exports.schemas import (
    BriefBulletinSchema,
    BulletinCreateSchema,
    BulletinQuerySchema,
    BulletinSchema,
    ExportQuerySchema,
)
from zzd.tasks.routes_events import answer

blueprint = Blueprint("papers", "Directives in tables, and situation reports on paper.")

BINARY = {"schema": {"type": "string", "format": "binary"}}
A_TABLE = {"200": {"description": "A table", "content": {CSV_TYPE: BINARY, XLSX_TYPE: BINARY}}}
A_PAPER = {"200": {"description": "A PDF", "content": {"application/pdf": BINARY}}}


@blueprint.route("/directives/<id:directive_id>/export", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.doc(responses=A_TABLE)
def export_directive(query: dict[str, Any], directive_id: int) -> Any:
    """A directive at and below a unit as a table: a row for each unit

    With the rights of the roll-up there; recorded in the audit log. A cell that would be a formula
    begins with an apostrophe. Of an exercise the file, each sheet and each row say 演练.
    """
    format_, unit_id = query["format"], query["unit_id"]
    by = principal()
    with transaction() as session:
        export = open_export(
            session, by=by, directive_id=directive_id, unit_id=unit_id, format_=format_
        )
        rollup = rollups.roll_up(session, by=by, directive_id=directive_id, unit_id=unit_id)
    if format_ == "csv":
        stream = stream_with_context(tables.as_csv(export))
        response = current_app.response_class(stream, content_type=CSV_TYPE)
    else:
        response = send_file(tables.as_workbook(export, rollup), mimetype=XLSX_TYPE)
    return _as_file(response, f"{export.name}.{format_}")


@blueprint.route("/directives/<id:directive_id>/bulletins", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BulletinQuerySchema, location="query")
@blueprint.response(200, page_schema(BriefBulletinSchema))
def list_bulletins(query: dict[str, Any], directive_id: int) -> Any:
    """A unit's situation reports about a directive, the latest first"""
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = bulletins.list_bulletins(
            session,
            by=principal(),
            directive_id=directive_id,
            before_id=before[0] if before else None,
            **query,
        )
        shown = page(rows, query["limit"], lambda row: [row.id])
        return {**shown, "items": [bulletins.describe(row) for row in shown["items"]]}


@blueprint.route("/directives/<id:directive_id>/bulletins", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BulletinCreateSchema)
@blueprint.response(201, BulletinSchema)
@blueprint.alt_response(200, schema=BulletinSchema, description="A repeat: the first result")
@blueprint.alt_response(409, description="idempotency_conflict")
def issue_bulletin(body: dict[str, Any], directive_id: int) -> Any:
    """Issue a situation report (防汛快报)

    The unit's next number on the event, of the sums of this moment. What it says is kept.
    With the rights of the roll-up at that unit.
    """
    with transaction() as session:
        made, new = bulletins.issue_bulletin(
            session, by=principal(), directive_id=directive_id, **body
        )
        return answer(bulletins.describe(made), new, f"/bulletins/{made.id}")


@blueprint.route("/bulletins/<id:bulletin_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, BulletinSchema)
def show_bulletin(bulletin_id: int) -> Any:
    """A situation report as it was issued"""
    with reading() as session:
        found = bulletins.access_bulletin(
            session, by=principal(), bulletin_id=bulletin_id, action="bulletin.show"
        )
        return bulletins.describe(found)


@blueprint.route("/bulletins/<id:bulletin_id>/document", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.doc(responses=A_PAPER)
@blueprint.alt_response(503, description="printing_unavailable")
def print_bulletin(bulletin_id: int) -> Any:
    """A situation report to print"""
    with transaction() as session:
        found = bulletins.take_bulletin(session, by=principal(), bulletin_id=bulletin_id)
    document = paper.as_pdf(paper.as_html(found.content, sha256=found.sha256))
    response = current_app.response_class(document, content_type="application/pdf")
    return _as_file(response, bulletins.name_of(found))


def _as_file(response: Response, name: str) -> Response:
    """RFC 6266: the name in UTF-8, and one in ASCII for what does not read that."""
    ending = name.rsplit(".", 1)[-1]
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"zzd.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
