"""Routes of the picture, and of ringing those who are late."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading, transaction
from zzd.tasks.picture import late, pictures
from zzd.tasks.picture.schemas import (
    LateCallSchema,
    LatePreviewSchema,
    PictureSchema,
    RingSchema,
)
from zzd.tasks.schemas import RollupQuerySchema

blueprint = Blueprint("picture", "A directive on the coordinator's screen.")


@blueprint.route("/directives/<id:directive_id>/picture", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RollupQuerySchema, location="query")
@blueprint.response(200, PictureSchema)
def show_picture(query: dict[str, Any], directive_id: int) -> Any:
    """How far the counties and levels at and below a unit are, and since when

    The same rights as the roll-up at that unit, whose events tell when it changed.
    """
    with reading() as session:
        return pictures.show_picture(session, by=principal(), directive_id=directive_id, **query)


@blueprint.route("/directives/<id:directive_id>/late", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RollupQuerySchema, location="query")
@blueprint.response(200, LatePreviewSchema)
def preview_late(query: dict[str, Any], directive_id: int) -> Any:
    """Whom a DING to all who are late would reach

    Officials whom the directive addresses in units at and below one that are past a deadline.
    """
    with reading() as session:
        return late.preview(session, by=principal(), directive_id=directive_id, **query)


@blueprint.route("/directives/<id:directive_id>/late", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RingSchema)
@blueprint.response(201, LateCallSchema)
@blueprint.alt_response(200, schema=LateCallSchema, description="A repeat: nobody is rung again")
@blueprint.alt_response(409, description="nobody_late, too_many_late, idempotency_conflict")
@blueprint.alt_response(429, description="too_many_requests, with Retry-After")
def ring_late(body: dict[str, Any], directive_id: int) -> Any:
    """DING all who are late

    For those who see the roll-up at the unit and lead, deputise or are on duty there or above
    it, or hold a grant over it.
    """
    with transaction() as session:
        call, new = late.ring(session, by=principal(), directive_id=directive_id, **body)
        return late.describe(call), 201 if new else 200
