"""Routes of what is late: who was told of it, and urging by hand."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.tasks.escalation import told, urging
from zzd.tasks.escalation.schemas_steps import (
    EscalationQuerySchema,
    TakenStepSchema,
    UrgeCreateSchema,
    UrgeSchema,
)
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas_assignments import AssignmentSchema

blueprint = Blueprint("escalations", "Who is told that a unit is late.")


class EscalationSchema(TakenStepSchema):
    """The latest step that told the caller of an assignment."""

    assignment = fields.Nested(AssignmentSchema)


@blueprint.route("/escalations", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(EscalationQuerySchema, location="query")
@blueprint.response(200, page_schema(EscalationSchema))
def list_my_escalations(query: dict[str, Any]) -> Any:
    """Late assignments that I was told of in my acting post, and that are not answered yet

    Those of my unit and of units below it, with whom to call: what is actual before any exercise,
    the latest first.
    """
    after = decode_cursor(query.pop("cursor"), str, int)
    with reading() as session:
        rows = told.list_told(
            session,
            by=principal(),
            after=(after[0], after[1]) if after else None,
            **query,
        )
        shown = page(
            rows,
            query["limit"],
            lambda row: [row[1].directive.event.mode, row[0].id],
        )
        return {**shown, "items": told.describe_told(session, principal(), shown["items"])}


@blueprint.route("/directives/<id:directive_id>/urges", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(UrgeCreateSchema)
@blueprint.response(201, UrgeSchema)
@blueprint.alt_response(200, schema=UrgeSchema, description="A repeat: the first result")
def urge_units(body: dict[str, Any], directive_id: int) -> Any:
    """Urge units by a DING to those who answer for them

    For the issuer's unit and those above the units urged.
    """
    with transaction() as session:
        made, new = urging.urge(session, by=principal(), directive_id=directive_id, **body)
        return answer(made, new, f"/directives/{directive_id}")
