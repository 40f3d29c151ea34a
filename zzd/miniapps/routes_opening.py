"""Opening apps: the workbench and launch codes."""

from __future__ import annotations

from typing import Any

from flask import current_app

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.miniapps import workbench
from zzd.miniapps.schemas import (
    LaunchedSchema,
    LaunchSchema,
    WorkbenchEntrySchema,
    WorkbenchQuerySchema,
)

blueprint = Blueprint("workbench", "The workbench: apps for me, and opening one")


@blueprint.route("/workbench", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(WorkbenchQuerySchema, location="query")
@blueprint.response(200, page_schema(WorkbenchEntrySchema))
def get_workbench(query: dict[str, Any]) -> Any:
    """The published apps whose audience has one of my posts in it"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        entries = workbench.list_entries(
            session,
            principal(),
            q=query["q"],
            category=query["category"],
            after_id=position[0] if position else None,
            limit=query["limit"],
        )
    # As they are: tiles are JSON already.
    return current_app.json.response(
        page(entries, query["limit"], lambda entry: [int(entry["id"])])
    )


@blueprint.route("/miniapps/<id:miniapp_id>/launch", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(LaunchSchema)
@blueprint.response(201, LaunchedSchema)
def launch_miniapp(body: dict[str, Any], miniapp_id: int) -> Any:
    """Open an app: a single-use code, with which its server learns who I am"""
    with transaction() as session:
        launched = workbench.launch_app(
            session,
            miniapp_id,
            by=principal(),
            redirect_uri=body["redirect_uri"],
            code_challenge=body["code_challenge"],
            state=body["state"],
            nonce=body["nonce"],
        )
    return launched._asdict(), 201, {"Cache-Control": "no-store"}
