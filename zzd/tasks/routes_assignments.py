"""Routes of assignments: what officials do for their unit."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.tasks import assignments, cascades, inbox, policy, together
from zzd.tasks.details_assignments import describe_assignment, describe_assignments
from zzd.tasks.moves import standing
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas_assignments import (
    AssignmentQuerySchema,
    AssignmentSchema,
    AssignmentWithHistorySchema,
    CascadeCreateSchema,
    CascadeSchema,
    CompletionSchema,
    ReceiptsAnswerSchema,
    ReceiptsSchema,
    StepSchema,
)
from zzd.tasks.telling import as_told

blueprint = Blueprint("assignments", "What a unit has to do, and its answers.")


@blueprint.route("/assignments", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.arguments(AssignmentQuerySchema, location="query")
@blueprint.response(200, page_schema(AssignmentSchema))
def list_my_assignments(query: dict[str, Any]) -> Any:
    """What my acting post's unit has to do

    Open ones first, in the order of what is due next.
    """
    after = decode_cursor(query["cursor"], int, str, int)
    with reading() as session:
        rows = inbox.list_mine(
            session,
            by=principal(),
            state=query["state"],
            mode=query["mode"],
            after=after,
            limit=query["limit"],
        )
        shown = page(rows, query["limit"], inbox.position)
        # What is listed as mine I act on.
        acting = {row.id for row in shown["items"]}
        items = describe_assignments(session, principal(), shown["items"], acting=acting)
        return {**shown, "items": as_told(session, principal(), items)}


@blueprint.route("/assignments/<id:assignment_id>", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.response(200, AssignmentWithHistorySchema)
def show_assignment(assignment_id: int) -> Any:
    """An assignment with its history and every report"""
    with reading() as session:
        row = policy.access_assignment(session, principal(), assignment_id, "assignment.show")
        return as_told(session, principal(), describe_assignment(session, principal(), row))


@blueprint.route("/assignments/receipts", methods=["POST"])
@allow(Caller.OFFICIAL, scope="directives.acknowledge")
@blueprint.arguments(ReceiptsSchema)
@blueprint.response(200, ReceiptsAnswerSchema)
def note_receipts(body: dict[str, Any]) -> Any:
    """Note that assignments were delivered or read

    A client calls it when it shows them. All of them are noted or, if one is not mine, none.
    """
    with transaction() as session:
        rows = assignments.note_receipts(session, by=principal(), **body)
        return {"items": [{"id": row.id, "state": standing(row).value} for row in rows]}


@blueprint.route("/assignments/<id:assignment_id>/acknowledgement", methods=["POST"])
@allow(Caller.OFFICIAL, scope="directives.acknowledge")
@blueprint.arguments(StepSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was acknowledged already")
def acknowledge_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Acknowledge for my unit, or as a proxy

    Once, by whoever is first; it was then delivered and read as well. With ``proxy_reason`` by
    anybody of the unit or of a unit above it, for people who cannot do it themselves.
    """
    shown, new = together.acknowledge(principal(), assignment_id, **body)
    return answer(shown, new, f"/assignments/{assignment_id}")


@blueprint.route("/assignments/<id:assignment_id>/cascade", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(CascadeCreateSchema)
@blueprint.response(201, CascadeSchema)
@blueprint.alt_response(200, schema=CascadeSchema, description="A repeat: the first result")
def cascade_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Pass a directive on to sub-units

    With a note of one's own and deadlines no later than one's own. Without ``levels`` and
    ``unit_ids`` (at most 200) it goes to all direct children.
    """
    with transaction() as session:
        cascade, new = cascades.pass_on(
            session, by=principal(), assignment_id=assignment_id, **body
        )
        return answer(cascade, new, f"/assignments/{assignment_id}")


@blueprint.route("/assignments/<id:assignment_id>/completion", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(CompletionSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was completed already")
def complete_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Complete for my unit

    While units below are not done (409 ``units_below_open``, naming the first twenty) it
    takes a reason, which is kept. Where figures are asked for, a report comes first.
    """
    with transaction() as session:
        row, new = assignments.complete(
            session, by=principal(), assignment_id=assignment_id, **body
        )
        (shown,) = describe_assignments(session, principal(), [row])
        return answer(shown, new, f"/assignments/{assignment_id}")
