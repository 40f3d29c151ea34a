"""What a version of an app looks like on a workbench: described once in a process, since a version
never changes. What each official made of it is put beside it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.miniapps.desk.placements import Place
from zzd.miniapps.manifest_wishes import icon_of
from zzd.miniapps.models import MiniAppVersion
from zzd.miniapps.schemas import WorkbenchEntrySchema

TILES = "zzd.tiles"
MOST = 10_000
OWN = ("favourite", "badge", "opened_at", "fixed", "place")
SHAPE = WorkbenchEntrySchema(exclude=OWN)

Tile = dict[str, Any]


def register(app: Flask) -> None:
    app.extensions[TILES] = {}


def tiles_of(session: Session, version_ids: Collection[int]) -> dict[int, Tile]:
    """The tiles of these versions, as JSON; none of its statements where all are known."""
    known: dict[int, Tile] = current_app.extensions[TILES]
    found = {id_: known[id_] for id_ in version_ids if id_ in known}
    if missing := [id_ for id_ in version_ids if id_ not in found]:
        query = select(MiniAppVersion).where(MiniAppVersion.id.in_(missing))
        read = {version.id: _describe(version) for version in session.scalars(query)}
        if len(known) + len(read) > MOST:
            known.clear()
        known |= read
        found |= read
    return found


def _describe(version: MiniAppVersion) -> Tile:
    manifest = version.manifest
    shown: Tile = SHAPE.dump(
        {
            "id": version.miniapp_id,
            "app_id": manifest["id"],
            "name": manifest["name"],
            "description": manifest["description"],
            "icon": icon_of(manifest),
            "category": version.category,
            "entry_url": manifest["entry_url"],
            "phone_entry_url": manifest.get("phone_entry_url"),
            "entry_origin": version.entry_origin,
        }
    )
    return shown


def put_beside(
    tile: Tile,
    place: Place | None,
    *,
    favourite: int | None,
    badge: int | None,
    opened_at: datetime | None,
) -> dict[str, Any]:
    """The whole entry: the tile, and OWN."""
    return {
        **tile,
        "favourite": favourite,
        "badge": badge or 0,
        "opened_at": opened_at,
        "fixed": bool(place and place.fixed),
        "place": place.place if place else None,
    }
