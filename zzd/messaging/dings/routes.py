"""DINGs over HTTP."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, created, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.dings import dings, receipts, rollups, views
from zzd.messaging.dings.schemas import (
    AnswerSchema,
    AnswersSchema,
    BoxQuerySchema,
    DingOptionsSchema,
    DingRequestSchema,
    DingRollupQuerySchema,
    DingRollupSchema,
    DingSchema,
    ReceiptsRequestSchema,
    RecipientSchema,
    RecipientsQuerySchema,
)

# An app's, for its official.
SCOPE = "dings.send"

blueprint = Blueprint("dings", "DING: urgent messages that each recipient confirms")


@blueprint.route("/dings/options", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, DingOptionsSchema)
def get_ding_options() -> Any:
    """What I may choose when I send a DING"""
    return dings.options_for(principal())


@blueprint.route("/dings", methods=["POST"])
@allow(Caller.OFFICIAL, scope=SCOPE)
@blueprint.arguments(DingRequestSchema)
@blueprint.response(201, DingSchema)
@blueprint.alt_response(200, schema=DingSchema, description="A repeat: the first one, as it is now")
@blueprint.alt_response(403, description="not_permitted: the audience, or telephones")
@blueprint.alt_response(409, description="idempotency_conflict")
@blueprint.alt_response(429, description="too_many_requests, with Retry-After")
def send_ding(body: dict[str, Any]) -> Any:
    """Send a DING

    To an audience of any size, to at most 200 named officials, or both. It is accepted at once;
    who is addressed follows from the tree, now and at each repeat. Telephones of those who have
    not confirmed are rung as well where `channels` says so.
    """
    with transaction() as session:
        sent, fresh = dings.send_ding(session, principal(), body)
    return sent, 201 if fresh else 200, created(f"/dings/{sent['id']}")


@blueprint.route("/dings", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BoxQuerySchema, location="query")
@blueprint.response(200, page_schema(DingSchema))
def list_dings(query: dict[str, Any]) -> Any:
    """DINGs I received, or sent, the newest first"""
    with reading() as session:
        return views.list_dings(session, principal(), **query)


@blueprint.route("/dings/<id:ding_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, DingSchema)
def get_ding(ding_id: int) -> Any:
    """A DING I received or sent; its sender sees its steps and calls as well"""
    with reading() as session:
        return views.show_ding(session, principal(), ding_id)


@blueprint.route("/dings/receipts", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReceiptsRequestSchema)
@blueprint.response(200, AnswersSchema)
def record_ding_receipts(body: dict[str, Any]) -> Any:
    """Say that DINGs arrived on my device, or that I opened them

    All of them or none. A repeat changes nothing.
    """
    with transaction() as session:
        return receipts.record_receipts(session, principal(), **body)


@blueprint.route("/dings/<id:ding_id>/confirmation", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, AnswerSchema)
def confirm_ding(ding_id: int) -> Any:
    """Confirm a DING

    A repeat, on whatever device, has the same result. One that was cancelled can still be
    confirmed, and is marked `late`.
    """
    with transaction() as session:
        return receipts.confirm_ding(session, principal(), ding_id)


@blueprint.route("/dings/<id:ding_id>/cancellation", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, DingSchema)
@blueprint.alt_response(409, description="ding_complete")
def cancel_ding(ding_id: int) -> Any:
    """Cancel a DING I sent: it repeats no more, and nobody is asked any more"""
    with transaction() as session:
        return dings.cancel_ding(session, principal(), ding_id)


@blueprint.route("/dings/<id:ding_id>/rollup", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DingRollupQuerySchema, location="query")
@blueprint.response(200, DingRollupSchema)
def get_ding_rollup(query: dict[str, Any], ding_id: int) -> Any:
    """How far a DING I sent has got, by the direct children of a unit

    By default of the lowest unit that holds everybody. Each person counts once, where they are
    at home, so `own` and `rows` add up to `total`. A large part of the tree shows what was counted
    last, at most some seconds ago; while a large audience is counted for the first time
    `counting` is true, and there are no numbers.
    """
    with reading() as session:
        shown = rollups.roll_up(session, by=principal(), ding_id=ding_id, **query)
    if shown["stale"]:
        with transaction() as session:
            dings.mark_progress(session, [ding_id])
    return shown


@blueprint.route("/dings/<id:ding_id>/officials", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RecipientsQuerySchema, location="query")
@blueprint.response(200, page_schema(RecipientSchema))
def list_ding_officials(query: dict[str, Any], ding_id: int) -> Any:
    """Who has confirmed a DING I sent, or who has not: whom to call

    Those at and below a unit, in the order of the tree.
    """
    with reading() as session:
        return views.page_officials(session, principal(), ding_id, **query)
