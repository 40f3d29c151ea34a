"""What an official makes of their own workbench: favourites in an order, badges, what was opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, timezone
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into
from zzd.errors import Invalid
from zzd.miniapps.desk.models import AppUse, OwnApp
from zzd.miniapps.installations.policy import Opening, access_opening, find_openings
from zzd.miniapps.manifest_wishes import may_show_badge
from zzd.principal import Principal

BEIJING = timezone(timedelta(hours=8))
MOST_FAVOURITES = 60
HIGHEST_BADGE = 999


def own_app(session: Session, principal: Principal, miniapp_id: int) -> OwnApp | None:
    """What the caller made of an app, if anything."""
    return session.get(OwnApp, (principal.account_id, miniapp_id))


def set_favourites(session: Session, *, by: Principal, miniapp_ids: Sequence[int]) -> None:
    """These are the favourites, in this order; others are none. Raises Invalid."""
    wanted = list(dict.fromkeys(miniapp_ids))
    for index, miniapp_id in enumerate(wanted):
        if not find_openings(session, by, miniapp_id):
            raise Invalid.at(f"/miniapp_ids/{index}", "There is no such app on your workbench")
    session.execute(
        update(OwnApp)
        .where(OwnApp.account_id == by.account_id, OwnApp.favourite.is_not(None))
        .values(favourite=None)
    )
    for place, miniapp_id in enumerate(wanted):
        _keep(session, by, miniapp_id, {"favourite": place})


def set_badge(session: Session, miniapp_id: int, *, by: Principal, count: int) -> None:
    """The number on the app's tile, as the app in its frame asked for. Raises NotFound, Invalid."""
    opening = access_opening(session, by, miniapp_id)
    if not may_show_badge(opening.version.manifest):
        raise Invalid.at("/count", "The app's manifest does not say that it shows a badge")
    _keep(session, by, miniapp_id, {"badge": count})


def note_opening(session: Session, miniapp_id: int, *, by: Principal, failed: bool) -> Opening:
    """Count that the caller opened the app, or that it did not come. Raises NotFound."""
    opening = access_opening(session, by, miniapp_id)
    now = clock.now()
    row = {
        "miniapp_id": miniapp_id,
        "account_id": by.account_id,
        "day": now.astimezone(BEIJING).date(),
        "unit_path": opening.post.unit_path,
        "opens": int(not failed),
        "errors": int(failed),
    }
    session.execute(
        insert_into(session, AppUse)
        .values(row)
        .on_conflict_do_update(
            index_elements=["miniapp_id", "account_id", "day"],
            set_={
                "opens": AppUse.opens + row["opens"],
                "errors": AppUse.errors + row["errors"],
                "unit_path": row["unit_path"],
            },
        )
    )
    if not failed:
        _keep(session, by, miniapp_id, {"opened_at": now})
    return opening


def _keep(session: Session, by: Principal, miniapp_id: int, values: dict[str, Any]) -> None:
    which = {"account_id": by.account_id, "miniapp_id": miniapp_id}
    session.execute(
        insert_into(session, OwnApp)
        .values(**which, **{"badge": 0, **values})
        .on_conflict_do_update(index_elements=list(which), set_=values)
    )
