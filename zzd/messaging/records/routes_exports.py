"""Taking conversations out, over HTTP."""

from __future__ import annotations

from typing import Any

from flask import g, request

from zzd.api import PREFIX, Blueprint, Caller, allow, created, no_content, page_schema, principal
from zzd.db import reading, transaction
from zzd.identity.principals import principal_of_session
from zzd.messaging.files import links
from zzd.messaging.files.delivery import Wanted, deliver
from zzd.messaging.files.problems import LinkInvalid
from zzd.messaging.records import exports, holds, policy
from zzd.messaging.records.schemas import (
    ExportLinkSchema,
    ExportQuerySchema,
    ExportRequestSchema,
    ExportSchema,
    StandingSchema,
)

blueprint = Blueprint("exports", "Conversations taken out")
PURPOSE = b"export-link:1:"


@blueprint.route("/conversations/<id:conversation_id>/records", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, StandingSchema)
def get_records_standing(conversation_id: int) -> Any:
    """Whether I may take a conversation out, and, if I may know, whether a hold concerns it"""
    with reading() as session:
        return holds.describe_standing(session, principal(), conversation_id)


@blueprint.route("/records/exports", methods=["GET"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(ExportQuerySchema, location="query")
@blueprint.response(200, page_schema(ExportSchema))
def list_exports(query: dict[str, Any]) -> Any:
    """My exports, or everybody's for who sees them all; the newest first"""
    with reading() as session:
        return exports.page_exports(session, principal(), **query)


@blueprint.route("/records/exports", methods=["POST"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(ExportRequestSchema)
@blueprint.response(201, ExportSchema)
@blueprint.alt_response(200, schema=ExportSchema, description="A repeat: the first one")
@blueprint.alt_response(403, description="not_permitted")
@blueprint.alt_response(409, description="too_many_exports, idempotency_conflict")
def order_export(body: dict[str, Any]) -> Any:
    """Take a conversation out, up to its last message of now

    As a ZIP of JSON, CSV and HTML with the files; made in the background, kept for 7 days.
    """
    with transaction() as session:
        export, fresh = exports.order_export(session, principal(), body)
    described = exports.describe(export, principal())
    return described, 201 if fresh else 200, created(f"/records/exports/{export.id}")


@blueprint.route("/records/exports/<id:export_id>", methods=["GET"])
@allow(Caller.ACCOUNT)
@blueprint.response(200, ExportSchema)
def get_export(export_id: int) -> Any:
    """How far an export is"""
    with reading() as session:
        export = policy.access_export(
            session, principal(), export_id, action="export.read", own=False
        )
        return exports.describe(export, principal())


@blueprint.route("/records/exports/<id:export_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT)
@blueprint.response(204)
def throw_export_away(export_id: int) -> Any:
    """Stop making it, or delete what was made"""
    with transaction() as session:
        exports.throw_away(session, principal(), export_id)
    return no_content()


@blueprint.route("/records/exports/<id:export_id>/links", methods=["POST"])
@allow(Caller.ACCOUNT)
@blueprint.response(200, ExportLinkSchema)
@blueprint.alt_response(409, description="export_not_ready")
def make_export_link(export_id: int) -> Any:
    """A link to the archive, for this session and for five minutes"""
    by = principal()
    with reading() as session:
        exports.access_ready(session, by, export_id)
    token, expires_at = links.sign_for(PURPOSE, [export_id, by.session_id or 0])
    return {"url": f"{PREFIX}/records/exports/links/{token}", "expires_at": expires_at}


@blueprint.route("/records/exports/links/<string:token>", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
@blueprint.alt_response(403, description="link_invalid")
def follow_export_link(token: str) -> Any:
    """The archive behind a signed link

    The signature says for whose session; that it lasts, and the right, are checked again.
    """
    export_id, session_id = links.verify_for(PURPOSE, token)
    by = principal_of_session(session_id)
    if by is None:
        raise LinkInvalid
    # Whom a refusal is recorded with.
    g.principal = by
    with transaction() as session:
        export = exports.access_ready(session, by, export_id)
        if request.method == "GET":
            exports.record(session, "export.download", by, export)
    name = f"{export.name}-{export.id}.zip"
    return deliver(
        Wanted(
            export.key or "",
            export.size or 0,
            "application/zip",
            name,
            export.sha256 or "",
            inline=False,
        )
    )
