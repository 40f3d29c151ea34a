"""Routes of plans, and of the change of level by a plan."""

from __future__ import annotations

from typing import Any

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    decode_cursor,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.tasks import policy as tasks
from zzd.tasks.details import describe_event
from zzd.tasks.plans import examples, plans, proposals, responding
from zzd.tasks.plans.details import (
    describe_plan,
    describe_plans,
    describe_response,
    describe_version,
)
from zzd.tasks.plans.schemas import (
    PlanBriefSchema,
    PlanChangeSchema,
    PlanCreateSchema,
    PlanExampleSchema,
    PlanProposalSchema,
    PlanQuerySchema,
    PlanResponseDoneSchema,
    PlanResponseSchema,
    PlanSchema,
    PlanVersionSchema,
    ProposalQuerySchema,
    RespondSchema,
)
from zzd.tasks.routes_events import answer

blueprint = Blueprint("plans", "Plans: what is ordered at each response level.")


@blueprint.route("/plans", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PlanQuerySchema, location="query")
@blueprint.response(200, page_schema(PlanBriefSchema))
def list_plans(query: dict[str, Any]) -> Any:
    """Plans of my part of the organisation

    Of my acting post's unit and of those above and below it; the latest first.
    """
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = plans.list_plans(
            session, by=principal(), before_id=before[0] if before else None, **query
        )
        shown = page(rows, query["limit"], lambda kept: [kept[0].id])
        return {**shown, "items": describe_plans(session, principal(), shown["items"])}


@blueprint.route("/plans", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PlanCreateSchema)
@blueprint.response(201, PlanSchema)
@blueprint.alt_response(200, schema=PlanSchema, description="A repeat: the first result")
def create_plan(body: dict[str, Any]) -> Any:
    """Write a plan

    For issuers, of their own unit.
    """
    with transaction() as session:
        kept, new = plans.create_plan(session, by=principal(), **body)
        shown = describe_plan(session, principal(), kept)
    return answer(shown, new, f"/plans/{kept[0].id}")


@blueprint.route("/plans/examples", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, page_schema(PlanExampleSchema))
def list_plan_examples() -> Any:
    """Worked plans to begin from

    Their figures and deadlines are examples.
    """
    return {"items": examples.all_examples(), "next": None}


@blueprint.route("/plans/<id:plan_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, PlanSchema)
def show_plan(plan_id: int) -> Any:
    """A plan as it is now"""
    with reading() as session:
        kept = plans.access_plan(session, principal(), plan_id, "plan.show")
        return describe_plan(session, principal(), kept)


@blueprint.route("/plans/<id:plan_id>/versions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(PlanVersionSchema))
def list_plan_versions(query: dict[str, Any], plan_id: int) -> Any:
    """The versions of a plan, the latest first"""
    before = decode_cursor(query["cursor"], int)
    with reading() as session:
        plans.access_plan(session, principal(), plan_id, "plan.versions")
        rows = plans.list_versions(
            session, plan_id, before_no=before[0] if before else None, limit=query["limit"]
        )
        shown = page(rows, query["limit"], lambda version: [version.no])
        return {**shown, "items": [describe_version(each) for each in shown["items"]]}


@blueprint.route("/plans/<id:plan_id>/versions", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PlanChangeSchema)
@blueprint.response(201, PlanSchema)
@blueprint.alt_response(200, schema=PlanSchema, description="A repeat: the first result")
@blueprint.alt_response(409, description="plan_changed")
def change_plan(body: dict[str, Any], plan_id: int) -> Any:
    """Change a plan

    For issuers over the plan's unit. The versions before stay as they are.
    """
    with transaction() as session:
        kept, new = plans.change_plan(session, by=principal(), plan_id=plan_id, **body)
        shown = describe_plan(session, principal(), kept)
    return answer(shown, new, f"/plans/{plan_id}/versions/{kept[1].no}")


@blueprint.route("/plans/<id:plan_id>/versions/<int:no>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, PlanSchema)
def show_plan_version(plan_id: int, no: int) -> Any:
    """A plan as it was in an earlier version"""
    with reading() as session:
        plan, _ = plans.access_plan(session, principal(), plan_id, "plan.show")
        version = plans.version_of(session, plan_id, min(no, 2**31 - 1))
        return describe_plan(session, principal(), (plan, version))


@blueprint.route("/events/<id:event_id>/proposal", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ProposalQuerySchema, location="query")
@blueprint.response(200, PlanProposalSchema)
def propose_response(query: dict[str, Any], event_id: int) -> Any:
    """What a plan proposes at a level

    For issuers of their own unit: what to issue, replace, keep and end, by the plan named, or else
    the unit's own for this kind of event or that of the nearest unit above it.
    """
    with reading() as session:
        found = proposals.propose(session, by=principal(), event_id=event_id, **query)
        return proposals.describe_proposal(session, principal(), found)


@blueprint.route("/events/<id:event_id>/responses", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(PlanResponseSchema))
def list_event_responses(query: dict[str, Any], event_id: int) -> Any:
    """What was done by plans in an event, the latest first"""
    before = decode_cursor(query["cursor"], int)
    with reading() as session:
        rows = responding.list_responses(
            session,
            by=principal(),
            event_id=event_id,
            before_id=before[0] if before else None,
            limit=query["limit"],
        )
        shown = page(rows, query["limit"], lambda row: [row.id])
        return {**shown, "items": [describe_response(row) for row in shown["items"]]}


@blueprint.route("/events/<id:event_id>/responses", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RespondSchema)
@blueprint.response(201, PlanResponseDoneSchema)
@blueprint.alt_response(200, schema=PlanResponseDoneSchema, description="A repeat: the first one")
@blueprint.alt_response(
    409, description="proposal_changed, nothing_to_do, event_closed, rescues_open"
)
def respond_by_plan(body: dict[str, Any], event_id: int) -> Any:
    """Go to a level by a plan

    Everything that was looked at and edited is issued and ended in one act, or nothing is.
    Orders that a second official is to countersign become drafts. Orders under which people are
    still being rescued end only with an ``override_reason`` of its own.
    """
    with transaction() as session:
        response, new = responding.respond(session, by=principal(), event_id=event_id, **body)
        event = tasks.access_event(session, principal(), event_id, "event.show")
        shown = {**describe_response(response), "event": describe_event(event)}
    return answer(shown, new, f"/events/{event_id}/responses")
