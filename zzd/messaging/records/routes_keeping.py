"""Rules of keeping and legal holds over HTTP, for administrators."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, created, no_content, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.records import holds, keeping, places
from zzd.messaging.records.policy import MAKES_RULES, PLACES_HOLDS, SEES_ALL
from zzd.messaging.records.schemas import (
    FoundPlaceSchema,
    HoldQuerySchema,
    HoldRequestSchema,
    HoldSchema,
    PlaceQuerySchema,
    ReleaseRequestSchema,
    RuleBodySchema,
    RuleRequestSchema,
    RuleSchema,
    TrialRequestSchema,
    TrialSchema,
)

blueprint = Blueprint("records", "How long messages are kept, and what must stay")


@blueprint.route("/records/rules", methods=["GET"])
@allow(Caller.ACCOUNT, roles=SEES_ALL)
@blueprint.response(200, page_schema(RuleSchema))
def list_retention_rules() -> Any:
    """The rules of keeping, the one that counts before all others first

    A message is kept as the most specific rule that is about it says; of equally specific ones the
    longest time counts.
    """
    with reading() as session:
        return keeping.list_rules(session)


@blueprint.route("/records/rules", methods=["POST"])
@allow(Caller.ACCOUNT, roles=MAKES_RULES)
@blueprint.arguments(RuleRequestSchema)
@blueprint.response(201, RuleSchema)
@blueprint.alt_response(200, schema=RuleSchema, description="A repeat: the first one")
@blueprint.alt_response(409, description="too_many_rules, idempotency_conflict")
def make_retention_rule(body: dict[str, Any]) -> Any:
    """Make a rule; it counts at once"""
    with transaction() as session:
        rule_id, fresh = keeping.make_rule(session, principal(), body)
    with reading() as session:
        rule = keeping.describe_rule(session, rule_id)
    return rule, 201 if fresh else 200, created(f"/records/rules/{rule_id}")


@blueprint.route("/records/rules/<id:rule_id>", methods=["PUT"])
@allow(Caller.ACCOUNT, roles=MAKES_RULES)
@blueprint.arguments(RuleBodySchema)
@blueprint.response(200, RuleSchema)
def change_retention_rule(body: dict[str, Any], rule_id: int) -> Any:
    """Change a rule; it counts at once"""
    with transaction() as session:
        keeping.change_rule(session, principal(), rule_id, body)
    with reading() as session:
        return keeping.describe_rule(session, rule_id)


@blueprint.route("/records/rules/<id:rule_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=MAKES_RULES)
@blueprint.response(204)
def end_retention_rule(rule_id: int) -> Any:
    """End a rule: what it removed does not come back"""
    with transaction() as session:
        keeping.end_rule(session, principal(), rule_id)
    return no_content()


@blueprint.route("/records/rules/trial", methods=["POST"])
@allow(Caller.ACCOUNT, roles=MAKES_RULES)
@blueprint.arguments(TrialRequestSchema)
@blueprint.response(200, TrialSchema)
def try_retention_rule(body: dict[str, Any]) -> Any:
    """How much a rule would remove today, without saving it

    Each request looks at a part of all messages: call again with `next` and add up.
    """
    rule_id, cursor = body.pop("rule_id"), body.pop("cursor")
    with reading() as session:
        return keeping.try_rule(session, body, rule_id=rule_id, cursor=cursor)


@blueprint.route("/records/holds", methods=["GET"])
@allow(Caller.ACCOUNT, roles=SEES_ALL)
@blueprint.arguments(HoldQuerySchema, location="query")
@blueprint.response(200, page_schema(HoldSchema))
def list_legal_holds(query: dict[str, Any]) -> Any:
    """Legal holds, the newest first"""
    with reading() as session:
        return holds.page_holds(session, **query)


@blueprint.route("/records/holds", methods=["POST"])
@allow(Caller.ACCOUNT, roles=PLACES_HOLDS)
@blueprint.arguments(HoldRequestSchema)
@blueprint.response(201, HoldSchema)
@blueprint.alt_response(200, schema=HoldSchema, description="A repeat: the first one, as it is now")
@blueprint.alt_response(409, description="too_many_holds, idempotency_conflict")
def place_legal_hold(body: dict[str, Any]) -> Any:
    """Place a hold: from this answer on nothing it is about is removed"""
    with transaction() as session:
        hold, fresh = holds.place_hold(session, principal(), body)
        described = holds.describe_holds(session, [hold])[0]
    return described, 201 if fresh else 200, created(f"/records/holds/{hold.id}")


@blueprint.route("/records/holds/<id:hold_id>/release", methods=["POST"])
@allow(Caller.ACCOUNT, roles=PLACES_HOLDS)
@blueprint.arguments(ReleaseRequestSchema)
@blueprint.response(200, HoldSchema)
@blueprint.alt_response(409, description="hold_released")
def release_legal_hold(body: dict[str, Any], hold_id: int) -> Any:
    """Release a hold: the rules of keeping count again"""
    with transaction() as session:
        hold = holds.release_hold(session, principal(), hold_id, body["reason"])
        return holds.describe_holds(session, [hold])[0]


@blueprint.route("/records/conversations", methods=["GET"])
@allow(Caller.ACCOUNT, roles=SEES_ALL)
@blueprint.arguments(PlaceQuerySchema, location="query")
@blueprint.response(200, page_schema(FoundPlaceSchema))
def find_conversations(query: dict[str, Any]) -> Any:
    """Conversations of an official, or of a unit's audiences: what they are, not what is said"""
    with reading() as session:
        return places.page_places(session, holds.concerns(session), **query)
