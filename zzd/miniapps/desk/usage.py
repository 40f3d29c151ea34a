"""How an app is used, for its supplier and for administrators: by day, and by unit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Invalid, NotFound, deny
from zzd.identity.policy import may_develop_apps, may_review_apps
from zzd.miniapps.desk.models import AppUse
from zzd.miniapps.desk.own import BEIJING
from zzd.miniapps.models import MiniApp
from zzd.orgtree.audiences import PATH_END
from zzd.orgtree.models import Unit
from zzd.orgtree.policy import may_administer
from zzd.principal import PATH_SEGMENT, Principal

MOST_DAYS = 92
USUAL_DAYS = 30


def count_usage(
    session: Session,
    miniapp_id: int,
    *,
    by: Principal,
    unit_id: int | None,
    first: date | None,
    last: date | None,
) -> dict[str, Any]:
    """Officials who opened the app, openings and failures: by day, and by the unit's children.

    For its developer and reviewers over everything, for a unit's administrator over that unit.
    Raises NotFound, Invalid.
    """
    last = last or clock.now().astimezone(BEIJING).date()
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid.at("/query/first", f"From first to last there are 1 to {MOST_DAYS} days")
    unit = _access(session, by, miniapp_id, unit_id)
    path = unit.path if unit else ""
    where = [AppUse.miniapp_id == miniapp_id, AppUse.day.between(first, last)]
    if path:
        where += [AppUse.unit_path >= path, AppUse.unit_path < path + PATH_END]
    figures = (
        func.count(func.distinct(AppUse.account_id)),
        func.sum(AppUse.opens),
        func.sum(AppUse.errors),
    )
    by_day = select(AppUse.day, *figures).where(*where).group_by(AppUse.day).order_by(AppUse.day)
    child = func.substr(AppUse.unit_path, 1, len(path) + PATH_SEGMENT)
    by_child = select(child, *figures).where(*where).group_by(child).order_by(child)
    total = session.execute(select(*figures).where(*where)).one()
    return {
        "unit": unit,
        "first": first,
        "last": last,
        "total": _figures(total),
        "days": [{"day": row[0], **_figures(row[1:])} for row in session.execute(by_day)],
        "units": _units(session, session.execute(by_child).all()),
    }


def _access(session: Session, by: Principal, miniapp_id: int, unit_id: int | None) -> Unit | None:
    """The unit whose use is asked for, none for all of it. Raises NotFound."""
    app = session.get(MiniApp, miniapp_id)
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    if app is None or (unit_id is not None and unit is None):
        raise NotFound
    mine = may_develop_apps(by) and app.developer_id == by.account_id
    if mine or may_review_apps(by) or (unit and may_administer(by, unit.path)):
        return unit
    raise deny(NotFound(), "miniapp.usage", "miniapp", miniapp_id)


def _figures(row: Any) -> dict[str, int]:
    return dict(
        zip(("officials", "opens", "errors"), (int(value or 0) for value in row), strict=True)
    )


def _units(session: Session, rows: Any) -> list[dict[str, Any]]:
    """The units by which it was grouped, with their names; one that is gone keeps its figures."""
    paths = [row[0] for row in rows]
    known = {unit.path: unit for unit in session.scalars(select(Unit).where(Unit.path.in_(paths)))}
    return [{"unit": known.get(row[0]), **_figures(row[1:])} for row in rows]
