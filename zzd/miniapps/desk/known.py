"""What an app may know of what an official picked for it, and whom it means by what it says.

An app's page speaks with the client, which goes by ids: names of officials are put in the place
of ids on the way to the app, and ids in that of names on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.api.persons import Names
from zzd.errors import Invalid
from zzd.miniapps.installations.policy import Opening, access_opening
from zzd.orgtree.models import Post, Unit
from zzd.principal import Principal


def what_it_may_know(
    session: Session,
    miniapp_id: int,
    *,
    by: Principal,
    official_ids: Sequence[int],
    unit_ids: Sequence[int],
    key: str,
) -> dict[str, list[Any]]:
    """These officials and units without those outside the data audience of the installation by
    which the caller has the app open, and as whom it knows each of the officials. Raises NotFound.
    """
    opening = access_opening(session, by, miniapp_id)
    reach = opening.live.reach(opening.version)
    if reach is None:
        return {"official_ids": [], "known_as": [], "unit_ids": []}
    units = session.execute(select(Unit.id, Unit.path, Unit.level).where(Unit.id.in_(unit_ids)))
    posts = session.execute(
        select(Post.official_id, Unit.path, Unit.level, Post.line_code, Post.role)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.official_id.in_(official_ids), Post.ended_at.is_(None))
    )
    inside = {unit.id for unit in units if reach.holds_unit(unit.path, unit.level)}
    people = {row[0] for row in posts if reach.holds_post(row[1], row[2], row[3], row[4])}
    known = [id_ for id_ in official_ids if id_ in people]
    names = _names(opening, key)
    return {
        "official_ids": known,
        "known_as": [names.told(id_) for id_ in known],
        "unit_ids": [id_ for id_ in unit_ids if id_ in inside],
    }


def whom_it_means(
    session: Session, miniapp_id: int, *, by: Principal, said: Sequence[str], key: str
) -> list[int]:
    """The officials that an app names to the caller's client, in its order. Raises NotFound, Invalid.

    Its names are its supplier's own, so it means nobody by what it learned elsewhere. Whether the
    caller may do with them what it asks for is decided where that is done.
    """
    names = _names(access_opening(session, by, miniapp_id), key)
    meant = []
    for index, each in enumerate(said):
        official_id = names.understood(each)
        if official_id is None:
            raise Invalid.at(f"/said/{index}", "Nobody whom the app knows is called so")
        meant.append(official_id)
    return meant


def _names(opening: Opening, key: str) -> Names:
    live = opening.live
    return Names.of(live.app.developer_id, live.scopes(opening.version), key)
