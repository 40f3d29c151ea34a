"""The route of the review."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading
from zzd.tasks.review import reviews
from zzd.tasks.review.schemas import DirectiveReviewSchema
from zzd.tasks.schemas import RollupQuerySchema

blueprint = Blueprint("review", "How a directive went, afterwards.")


@blueprint.route("/directives/<id:directive_id>/review", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RollupQuerySchema, location="query")
@blueprint.response(200, DirectiveReviewSchema)
def review_directive(query: dict[str, Any], directive_id: int) -> Any:
    """How a directive went at and below a unit, moment by moment

    A film of the counties computed from the history of every assignment, how long
    acknowledging took by level and county, and who was rung. With the rights of the roll-up there.
    """
    with reading() as session:
        return reviews.review(session, by=principal(), directive_id=directive_id, **query)
