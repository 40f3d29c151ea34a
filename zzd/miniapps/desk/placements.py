"""Which apps stand first on the workbenches of an audience, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.db import is_one_of
from zzd.errors import Invalid
from zzd.miniapps.desk.models import Placement
from zzd.miniapps.installations.listing import faces_of
from zzd.miniapps.models import MiniApp
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use, put_in_use
from zzd.orgtree.models import Unit
from zzd.orgtree.policy import require_administrator
from zzd.principal import Principal

MOST_PLACED = 60


class Place(NamedTuple):
    fixed: bool
    place: int


def places_for(session: Session, matching: Sequence[int]) -> dict[int, Place]:
    """Where apps stand for somebody in these audiences in use: of several placements the one of
    the nearest unit counts, and an app that any of them fixes is fixed. One statement."""
    rows = session.execute(
        select(Placement.miniapp_id, Placement.fixed, Placement.place, Unit.path)
        .join(Unit, Unit.id == Placement.unit_id)
        .where(is_one_of(session, Placement.audience_id, matching))
        .order_by(Placement.id)
    )
    found: dict[int, Place] = {}
    for miniapp_id, fixed, place, _ in sorted(rows, key=lambda row: len(row[3])):
        before = found.get(miniapp_id)
        found[miniapp_id] = Place(fixed or bool(before and before.fixed), place)
    return found


def set_placements(
    session: Session,
    *,
    by: Principal,
    audience: dict[str, Any],
    items: Sequence[dict[str, Any]],
) -> Audience:
    """These apps stand first for the audience, in this order; what was set for it before is gone.

    For administrators of the audience's unit. Raises Invalid, NotPermitted.
    """
    meant = audiences.resolve(session, **audience, pointer="/audience")
    require_administrator(by, "workbench.place", [(meant.unit_id, meant.unit_path)])
    ids = [item["miniapp_id"] for item in items]
    known = set(session.scalars(select(MiniApp.id).where(MiniApp.id.in_(ids))))
    for index, miniapp_id in enumerate(ids):
        if miniapp_id not in known:
            raise Invalid.at(f"/items/{index}/miniapp_id", "There is no such app")
        if miniapp_id in ids[:index]:
            raise Invalid.at(f"/items/{index}/miniapp_id", "Is listed twice: remove one")
    audience_id = put_in_use(session, meant)
    session.execute(delete(Placement).where(Placement.audience_id == audience_id))
    session.add_all(
        Placement(
            audience_id=audience_id,
            miniapp_id=item["miniapp_id"],
            unit_id=meant.unit_id,
            place=place,
            fixed=item["fixed"],
        )
        for place, item in enumerate(items)
    )
    audit.append(
        session,
        "workbench.place",
        by=by,
        object_kind="audience",
        object_id=audience_id,
        miniapp_ids=ids,
    )
    return meant


def list_placements(session: Session, *, by: Principal, unit_id: int) -> list[dict[str, Any]]:
    """What was set for audiences of a unit, by audience. Raises NotPermitted, Invalid."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise Invalid.at("/query/unit_id", "There is no such unit")
    require_administrator(by, "workbench.placements", [(unit.id, unit.path)])
    rows = session.scalars(
        select(Placement)
        .where(Placement.unit_id == unit_id)
        .order_by(Placement.audience_id, Placement.place)
    ).all()
    known = find_in_use(session, {row.audience_id for row in rows})
    faces = faces_of(session, {row.miniapp_id for row in rows})
    listed: dict[int, dict[str, Any]] = {}
    for row in rows:
        entry = listed.setdefault(
            row.audience_id, {"audience": known[row.audience_id].as_dict(), "items": []}
        )
        face = faces[row.miniapp_id]
        entry["items"].append({**face, "miniapp_id": row.miniapp_id, "fixed": row.fixed})
    return list(listed.values())
