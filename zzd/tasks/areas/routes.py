"""Routes of places on the map."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading
from zzd.orgtree.audiences import units_in
from zzd.orgtree.models import Unit
from zzd.tasks import policy
from zzd.tasks.areas.choosing import choose_units
from zzd.tasks.areas.schemas import AreaPreviewSchema, DrawnAreaSchema

blueprint = Blueprint("areas", "Units by where they lie.")


@blueprint.route("/areas/preview", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DrawnAreaSchema)
@blueprint.response(200, AreaPreviewSchema)
def preview_area(body: dict[str, Any]) -> Any:
    """Which units a line on the map encloses or touches

    For issuers, within what they may issue to. Townships and below go by their county: only
    provinces, cities and counties have borders.
    """
    policy.require_issuer(principal(), "area.preview")
    with reading() as session:
        chosen = choose_units(session, principal(), **body, pointer="")
        count = 0
        if chosen.audiences:
            within = or_(*(units_in(audience) for audience in chosen.audiences))
            count = session.scalar(select(func.count()).select_from(Unit).where(within)) or 0
        return {
            "audiences": [audience.as_dict() for audience in chosen.audiences],
            "touched": chosen.touched,
            "left_out": chosen.left_out,
            "units": count,
        }
