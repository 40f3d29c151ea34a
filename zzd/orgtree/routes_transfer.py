"""Units and officials in and out as tables."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, send_file, stream_with_context
from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from zzd.api import Blueprint, Caller, Id, allow, principal
from zzd.db import transaction
from zzd.orgtree import exports, official_imports, unit_imports
from zzd.orgtree.tables import CSV_TYPE, XLSX_TYPE

blueprint = Blueprint("tables", "Units and officials as CSV and XLSX")

FORMATS = ("csv", "xlsx")
A_TABLE = {"type": "string", "format": "binary"}


class TableSchema(Schema):
    """CSV (UTF-8 or GB18030) or XLSX; the first row holds the columns' names."""

    file = Upload(required=True)


class ImportQuerySchema(Schema):
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Only look at the rows, change nothing"}
    )


class FaultSchema(Schema):
    """Why a row cannot be taken."""

    line = fields.Integer(metadata={"description": "As the spreadsheet shows it"})
    column = fields.String(allow_none=True, metadata={"description": "Null: the whole row"})
    reason = fields.String()


class OutcomeSchema(Schema):
    """Every row at fault; where there is one, nothing was changed."""

    rows = fields.Integer(metadata={"description": "How many there were below the first"})
    errors = fields.List(fields.Nested(FaultSchema))
    applied = fields.Boolean()


class ExportQuerySchema(Schema):
    unit_id = Id(required=True)
    format = fields.String(load_default="csv", validate=validate.OneOf(FORMATS))


@blueprint.route("/imports/units", methods=["POST"])
@allow(Caller.ACCOUNT, roles=("unit_admin",), takes_files=True)
@blueprint.arguments(ImportQuerySchema, location="query")
@blueprint.arguments(TableSchema, location="files")
@blueprint.response(200, OutcomeSchema)
def import_units(query: dict[str, Any], files: dict[str, Any]) -> Any:
    """Create and rename units by a table

    Columns code, name, parent_code and, if wanted, level. All rows are carried out or, if any
    is at fault, none; each row at fault is listed. Nothing is moved or abolished.
    """
    return unit_imports.import_units(by=principal(), file=files["file"].stream, **query)


@blueprint.route("/imports/officials", methods=["POST"])
@allow(Caller.ACCOUNT, roles=("unit_admin",), takes_files=True)
@blueprint.arguments(ImportQuerySchema, location="query")
@blueprint.arguments(TableSchema, location="files")
@blueprint.response(200, OutcomeSchema)
def import_officials(query: dict[str, Any], files: dict[str, Any]) -> Any:
    """Create officials and posts by a table

    Columns staff_no, name, unit_code, line, role, title and, if wanted, phone and primary;
    a row for each post. All rows are carried out or, if any is at fault, none.
    """
    return official_imports.import_officials(by=principal(), file=files["file"].stream, **query)


@blueprint.route("/exports/units", methods=["GET"])
@allow(Caller.ACCOUNT, roles=("unit_admin",))
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, A_TABLE, content_type=CSV_TYPE)
def export_units(query: dict[str, Any]) -> Response:
    """A unit and all below it as a table

    A cell that would be a formula begins with an apostrophe, which an import takes off again.
    """
    with transaction() as session:
        export = exports.export_units(session, by=principal(), unit_id=query["unit_id"])
    return _send(export, "units", query["format"])


@blueprint.route("/exports/officials", methods=["GET"])
@allow(Caller.ACCOUNT, roles=("unit_admin",))
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, A_TABLE, content_type=CSV_TYPE)
def export_officials(query: dict[str, Any]) -> Response:
    """The officials of a unit and all below it as a table, a row for each post"""
    with transaction() as session:
        export = exports.export_officials(session, by=principal(), unit_id=query["unit_id"])
    return _send(export, "officials", query["format"])


def _send(export: exports.Export, kind: str, format_: str) -> Response:
    name = f"{kind}-{export.unit_code}.{format_}"
    if format_ == "xlsx":
        return send_file(
            export.as_xlsx(), mimetype=XLSX_TYPE, as_attachment=True, download_name=name
        )
    return current_app.response_class(
        stream_with_context(export.as_csv()),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
