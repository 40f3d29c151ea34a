"""Confirming announcements over HTTP."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.confirmations import confirming, progress
from zzd.messaging.confirmations.schemas import (
    ConfirmationRollupSchema,
    ConfirmationsQuerySchema,
    ConfirmedSchema,
    ConfirmingOfficialSchema,
    ConfirmingOfficialsQuerySchema,
)

blueprint = Blueprint("confirmations", "Announcements that their readers confirm")

MESSAGE = "/conversations/<id:conversation_id>/messages/<id:seq>"


@blueprint.route(f"{MESSAGE}/confirmation", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ConfirmedSchema)
@blueprint.alt_response(403, description="not_permitted: it is my own")
@blueprint.alt_response(
    409, description="confirmation_not_asked, message_recalled, message_removed"
)
def confirm_message(conversation_id: int, seq: int) -> Any:
    """Confirm that I have read an announcement that asks for it

    A repeat, on whatever device, has the same result.
    """
    with transaction() as session:
        return confirming.confirm_message(session, principal(), conversation_id, seq)


@blueprint.route(f"{MESSAGE}/confirmations", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ConfirmationsQuerySchema, location="query")
@blueprint.response(200, ConfirmationRollupSchema)
@blueprint.alt_response(409, description="confirmation_not_asked")
def get_confirmations(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """How far an announcement is confirmed, by the direct children of a unit

    For its author and for those who manage the channel. Each person counts once, where they are
    at home, so `own` and `rows` add up to `total`. A large part of the tree shows what was counted
    last; while a large audience is counted for the first time `counting` is true.
    """
    with reading() as session:
        shown, due = progress.roll_up(session, principal(), conversation_id, seq, **query)
    if due is not None:
        with transaction() as session:
            confirming.mark_progress(session, [due])
    return shown


@blueprint.route(f"{MESSAGE}/confirmations/officials", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ConfirmingOfficialsQuerySchema, location="query")
@blueprint.response(200, page_schema(ConfirmingOfficialSchema))
@blueprint.alt_response(409, description="confirmation_not_asked")
def list_confirming_officials(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Who has confirmed an announcement, or who has not

    Those at and below a unit, in the order of the tree.
    """
    with reading() as session:
        return progress.page_officials(session, principal(), conversation_id, seq, **query)
