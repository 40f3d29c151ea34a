"""Routes of CAP: warnings in, directives out."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from zzd.api import Blueprint, Caller, allow, created, decode_cursor, page, page_schema, principal
from zzd.api import PageQuerySchema as PageQuery
from zzd.beside import beside
from zzd.db import reading, transaction
from zzd.errors import WrongMediaType
from zzd.tasks import policy
from zzd.tasks.cap import warnings
from zzd.tasks.cap.alerts import MEDIA_TYPE
from zzd.tasks.cap.details import describe_warning, describe_warnings
from zzd.tasks.cap.exporting import export_directive, sender_at
from zzd.tasks.cap.policy import access_warning
from zzd.tasks.cap.problems import CapInvalid, WarningTooLarge
from zzd.tasks.cap.reading import NotCap, read_alert
from zzd.tasks.cap.schemas import RaiseSchema, WarningDetailSchema, WarningSchema

blueprint = Blueprint("cap", "Common Alerting Protocol 1.2: warnings in, directives out.")

# Bytes of a document.
LIMIT = 1024 * 1024
TAKEN = (MEDIA_TYPE, "text/xml", "application/xml")
AS_XML = {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}


@blueprint.route("/directives/<id:directive_id>/cap", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.doc(responses={"200": {"description": "A CAP 1.2 message", **AS_XML}})
def export_cap(directive_id: int) -> Any:
    """A directive as a CAP message

    For whoever may see the directive. Of a closed one it is the Cancel.
    """
    sender = sender_at(current_app.extensions["zzd.settings"].public_url)
    with reading() as session:
        directive = policy.access_directive(session, principal(), directive_id, "directive.export")
        document = export_directive(session, directive, sender=sender)
    return _document(document, f"zzd-directive-{directive_id}.xml", f"{MEDIA_TYPE}; charset=utf-8")


@blueprint.route("/warnings", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(WarningSchema))
def list_warnings(query: dict[str, Any]) -> Any:
    """Warnings of my part of the organisation

    Taken in by my acting post's unit or by one above or below it; the latest first.
    """
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = warnings.list_warnings(
            session, by=principal(), before_id=before[0] if before else None, **query
        )
        shown = page(rows, query["limit"], lambda warning: [warning.id])
        return {**shown, "items": describe_warnings(session, principal(), shown["items"])}


@blueprint.route("/warnings", methods=["POST"])
@allow(Caller.OFFICIAL, takes_files=True)
@blueprint.doc(requestBody={"required": True, **AS_XML})
@blueprint.response(201, WarningDetailSchema)
@blueprint.alt_response(200, schema=WarningDetailSchema, description="A repeat: the first result")
@blueprint.alt_response(409, description="warning_differs")
@blueprint.alt_response(413, description="warning_too_large")
@blueprint.alt_response(415, description="unsupported_media_type")
@blueprint.alt_response(422, description="cap_invalid: errors have pointer, rule and detail")
def receive_warning() -> Any:
    """Take in a warning as a CAP document

    For issuers over their own unit. The sender's identifier names the document: a repeat is
    answered with the first, another document under it is refused.
    """
    policy.require_declarer(principal(), "warning.receive")
    document = _received()
    try:
        alert = beside(read_alert, document)
    except NotCap as error:
        raise CapInvalid.of(error.faults) from error
    with transaction() as session:
        warning, new = warnings.receive_warning(
            session, by=principal(), document=document, alert=alert
        )
        shown = describe_warning(session, principal(), warning, alert)
    return shown, 201 if new else 200, created(f"/warnings/{warning.id}")


@blueprint.route("/warnings/<id:warning_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, WarningDetailSchema)
def show_warning(warning_id: int) -> Any:
    """A warning, what it says and what it proposes"""
    with reading() as session:
        warning = access_warning(session, principal(), warning_id, "warning.show")
        alert = beside(read_alert, warning.document)
        return describe_warning(session, principal(), warning, alert)


@blueprint.route("/warnings/<id:warning_id>/document", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.doc(responses={"200": {"description": "The document as it was received", **AS_XML}})
def show_document(warning_id: int) -> Any:
    """The document of a warning, byte by byte as it was received"""
    with reading() as session:
        warning = access_warning(session, principal(), warning_id, "warning.document")
        # Which characters it is written in it says itself.
        return _document(warning.document, f"warning-{warning_id}.xml", MEDIA_TYPE)


@blueprint.route("/warnings/<id:warning_id>/event", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RaiseSchema)
@blueprint.response(201, WarningSchema)
@blueprint.alt_response(200, schema=WarningSchema, description="A repeat: nothing changes")
@blueprint.alt_response(409, description="warning_not_current")
def raise_event(body: dict[str, Any], warning_id: int) -> Any:
    """Respond to a warning

    For issuers over their own unit: an event of the unit at the proposed level, or at the one
    said. Where the unit responded to a warning that this one updates, its event gets the level.
    """
    with transaction() as session:
        warning, new = warnings.raise_event(session, by=principal(), warning_id=warning_id, **body)
        (shown,) = describe_warnings(session, principal(), [warning])
    return shown, 201 if new else 200, created(f"/events/{shown['event']['id']}")


def _received() -> bytes:
    """The body. Raises WrongMediaType, WarningTooLarge."""
    if request.mimetype not in TAKEN:
        raise WrongMediaType("Send the document as XML, with Content-Type: application/cap+xml")
    too_large = WarningTooLarge(f"A warning has at most {LIMIT} bytes", limit=LIMIT)
    if (request.content_length or 0) > LIMIT:
        raise too_large
    # One more than there may be, so that a body of no declared length is seen to be too long.
    request.max_content_length = LIMIT + 1
    try:
        document = request.get_data()
    except RequestEntityTooLarge:
        raise too_large from None
    if len(document) > LIMIT:
        raise too_large
    return document


def _document(document: bytes, name: str, content_type: str) -> Response:
    """As a file to keep: no browser shows or runs what somebody else wrote."""
    return Response(
        document,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
