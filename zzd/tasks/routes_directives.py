"""Routes of directives, and of what came back."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.tasks import directives, policy, rollups
from zzd.tasks.details import describe_directive, describe_directives
from zzd.tasks.details_assignments import describe_assignments
from zzd.tasks.lifecycle.schemas import DirectiveWithStandingSchema
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas import (
    AssignmentsBelowQuerySchema,
    DirectiveCreateSchema,
    DirectiveQuerySchema,
    DirectiveSchema,
    RollupQuerySchema,
    RollupSchema,
)
from zzd.tasks.schemas_assignments import AssignmentSchema
from zzd.tasks.telling import as_told

blueprint = Blueprint("directives", "Orders to a part of the organisation, and their roll-up.")


@blueprint.route("/directives", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.arguments(DirectiveQuerySchema, location="query")
@blueprint.response(200, page_schema(DirectiveSchema))
def list_directives(query: dict[str, Any]) -> Any:
    """Directives received in my acting post, or issued by its unit

    The latest first.
    """
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = directives.list_directives(
            session, by=principal(), before_id=before[0] if before else None, **query
        )
        shown = page(rows, query["limit"], lambda directive: [directive.id])
        items = describe_directives(session, principal(), shown["items"])
        return {**shown, "items": as_told(session, principal(), items)}


@blueprint.route("/directives", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DirectiveCreateSchema)
@blueprint.response(201, DirectiveSchema)
@blueprint.alt_response(200, schema=DirectiveSchema, description="A repeat: the first result")
def issue_directive(body: dict[str, Any]) -> Any:
    """Issue a directive to audiences

    For issuers whose grants cover every audience. Each unit in them gets one assignment.
    """
    with transaction() as session:
        directive, new = directives.issue_directive(session, by=principal(), **body)
        (shown,) = describe_directives(session, principal(), [directive])
        return answer(shown, new, f"/directives/{directive.id}")


@blueprint.route("/directives/<id:directive_id>", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.response(200, DirectiveWithStandingSchema)
def show_directive(directive_id: int) -> Any:
    """A directive

    For the issuer's unit, for units it reached and, in the issuer's reach, those above them.
    """
    with reading() as session:
        directive = policy.access_directive(session, principal(), directive_id, "directive.show")
        shown = describe_directive(session, principal(), directive)
        return as_told(session, principal(), shown)


@blueprint.route("/directives/<id:directive_id>/rollup", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RollupQuerySchema, location="query")
@blueprint.response(200, RollupSchema)
def roll_up_directive(query: dict[str, Any], directive_id: int) -> Any:
    """What came back, by the direct children of a unit

    By default of my acting post's unit, in the tree of the directive's day. Each unit's latest
    report counts once; units that did not report are counted as such and never as zero.
    ``total`` includes the unit's own row. For the issuer's unit, and for the unit asked for
    and those above it within the issuer's reach.
    """
    with reading() as session:
        return rollups.roll_up(session, by=principal(), directive_id=directive_id, **query)


@blueprint.route("/directives/<id:directive_id>/assignments", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(AssignmentsBelowQuerySchema, location="query")
@blueprint.response(200, page_schema(AssignmentSchema))
def list_directive_assignments(query: dict[str, Any], directive_id: int) -> Any:
    """Units at and below one, by how far they are, with whom to call

    In the order of the tree; the same rights as the roll-up at that unit.
    """
    after = decode_cursor(query.pop("cursor"), str)
    with reading() as session:
        rows = rollups.list_assignments(
            session,
            by=principal(),
            directive_id=directive_id,
            after_path=after[0] if after else None,
            **query,
        )
        shown = page(rows, query["limit"], lambda row: [row.path])
        return {
            **shown,
            "items": describe_assignments(session, principal(), shown["items"], contacts=True),
        }
