"""Of what an official picked for an app, what the app may know of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.miniapps.installations.policy import access_opening
from zzd.orgtree.models import Post, Unit
from zzd.principal import Principal


def what_it_may_know(
    session: Session,
    miniapp_id: int,
    *,
    by: Principal,
    official_ids: Sequence[int],
    unit_ids: Sequence[int],
) -> dict[str, list[int]]:
    """These officials and units without those outside the data audience of the installation by
    which the caller has the app open. Raises NotFound."""
    opening = access_opening(session, by, miniapp_id)
    reach = opening.live.reach(opening.version)
    if reach is None:
        return {"official_ids": [], "unit_ids": []}
    units = session.execute(select(Unit.id, Unit.path, Unit.level).where(Unit.id.in_(unit_ids)))
    posts = session.execute(
        select(Post.official_id, Unit.path, Unit.level, Post.line_code, Post.role)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.official_id.in_(official_ids), Post.ended_at.is_(None))
    )
    inside = {unit.id for unit in units if reach.holds_unit(unit.path, unit.level)}
    people = {row[0] for row in posts if reach.holds_post(row[1], row[2], row[3], row[4])}
    return {
        "official_ids": [id_ for id_ in official_ids if id_ in people],
        "unit_ids": [id_ for id_ in unit_ids if id_ in inside],
    }
