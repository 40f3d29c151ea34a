"""Installations and what may be installed, listed and described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from zzd.miniapps.installations.consent import scopes_to_consent_to
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.settings import settings_in_force
from zzd.miniapps.manifest_rules import EVENT_SCOPES
from zzd.miniapps.manifest_wishes import icon_of
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import is_live
from zzd.miniapps.states import State
from zzd.orgtree.audiences import PATH_END
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.models import Unit
from zzd.orgtree.reach import holds_unit
from zzd.principal import Principal


def list_installations(
    session: Session,
    principal: Principal,
    *,
    miniapp_id: int | None,
    before_id: int | None,
    limit: int,
) -> list[Installation]:
    """Up to ``limit + 1`` of those for units that the caller administers, the newest first."""
    query = (
        select(Installation)
        .join(Unit, Unit.id == Installation.unit_id)
        .where(Installation.removed_at.is_(None), _administered(principal))
    )
    return _page(session, query, miniapp_id, before_id, limit)


def list_installations_of(
    session: Session, miniapp_id: int, *, before_id: int | None, limit: int
) -> list[Installation]:
    """Up to ``limit + 1`` of an app's, the newest first, for its developer and reviewers."""
    query = select(Installation).where(Installation.removed_at.is_(None))
    return _page(session, query, miniapp_id, before_id, limit)


def _page(
    session: Session, query: Any, miniapp_id: int | None, before_id: int | None, limit: int
) -> list[Installation]:
    if miniapp_id is not None:
        query = query.where(Installation.miniapp_id == miniapp_id)
    if before_id is not None:
        query = query.where(Installation.id < before_id)
    return list(session.scalars(query.order_by(Installation.id.desc()).limit(limit + 1)))


def _administered(principal: Principal) -> ColumnElement[bool]:
    paths = [grant.unit_path for grant in principal.grants_of("unit_admin") if grant.unit_path]
    blocks = [and_(Unit.path >= path, Unit.path < path + PATH_END) for path in paths]
    return or_(false(), *blocks)


def list_installable(
    session: Session, *, q: str | None, category: str | None, after_id: int | None, limit: int
) -> Sequence[MiniAppVersion]:
    """Up to ``limit + 1`` apps that are published or rolling out, each in its newest live version."""
    other = aliased(MiniAppVersion)
    rolling = exists().where(
        other.miniapp_id == MiniApp.id,
        other.state == State.ROLLING_OUT,
        other.id != MiniAppVersion.id,
    )
    query = (
        select(MiniAppVersion)
        .join(MiniApp, is_live())
        .where(MiniApp.id > (after_id or 0), ~rolling)
        .order_by(MiniApp.id)
        .limit(limit + 1)
    )
    if category:
        query = query.where(MiniAppVersion.category == category)
    if q:
        names = (MiniAppVersion.name_zh, MiniAppVersion.name_en)
        query = query.where(or_(*(name.icontains(q.strip(), autoescape=True) for name in names)))
    return session.scalars(query).all()


def describe_installable(
    session: Session, versions: Sequence[MiniAppVersion]
) -> list[dict[str, Any]]:
    """What an administrator reads before they consent. One statement."""
    ids = {id_ for v in versions for id_ in (v.audience_id, v.data_audience_id) if id_}
    known = {id_: audience.as_dict() for id_, audience in find_in_use(session, ids).items()}
    return [
        {
            **_face(version),
            "miniapp_id": version.miniapp_id,
            "version": version.number,
            "entry_origin": version.entry_origin,
            "scopes": version.manifest["scopes"],
            "optional_scopes": version.manifest.get("optional_scopes", []),
            "events": [
                {"type": type_, "scope": EVENT_SCOPES[type_]}
                for type_ in version.manifest.get("events", [])
            ],
            "screenshots": version.manifest.get("screenshots"),
            "settings": version.manifest.get("settings", []),
            "privacy": version.manifest.get("privacy"),
            "supplier": version.manifest.get("supplier"),
            "audience": known.get(version.audience_id or 0),
            "data_audience": known.get(version.data_audience_id or 0),
        }
        for version in versions
    ]


def describe_installations(
    session: Session, installations: Sequence[Installation]
) -> list[dict[str, Any]]:
    """Four statements, however many they are."""
    miniapp_ids = {each.miniapp_id for each in installations}
    apps = {app.id: app for app in _of(session, MiniApp, MiniApp.id, miniapp_ids)}
    units = {
        unit.id: unit for unit in _of(session, Unit, Unit.id, {i.unit_id for i in installations})
    }
    newest = _newest_shown(session, miniapp_ids)
    data = find_in_use(session, {each.audience_id for each in installations})
    return [
        {
            "id": each.id,
            "miniapp": {
                **_face(newest[each.miniapp_id]),
                "id": each.miniapp_id,
                "app_id": apps[each.miniapp_id].app_id,
                "suspended": apps[each.miniapp_id].suspended_at is not None,
                "retired": apps[each.miniapp_id].retired_at is not None,
            },
            "unit": units[each.unit_id],
            "data_audience": data[each.audience_id].as_dict(),
            "scopes": each.scopes,
            "scopes_to_consent_to": scopes_to_consent_to(
                each.scopes, newest[each.miniapp_id].scopes
            ),
            "settings": settings_in_force(newest[each.miniapp_id].manifest, each.settings),
            "version": each.version,
            "installed_by": each.installer,
            "created_at": each.created_at,
            "changed_at": each.changed_at,
        }
        for each in installations
    ]


def describe_installation(session: Session, installation: Installation) -> dict[str, Any]:
    return describe_installations(session, [installation])[0]


def describe_own_installation(
    session: Session, installation: Installation, reader: Principal
) -> dict[str, Any]:
    """To the app: who installed it, and for which unit, it learns only where it may know of them."""
    told = describe_installation(session, installation)
    if not holds_unit(reader.reach, told["unit"]):
        told["unit"] = None
    told["installed_by"] = None
    return told


def faces_of(session: Session, miniapp_ids: set[int]) -> dict[int, dict[str, Any]]:
    """What people see of these apps, by id; of one that nobody was ever shown, its own id alone."""
    shown = _newest_shown(session, miniapp_ids)
    hidden = miniapp_ids - shown.keys()
    faces = {id_: _face(version) for id_, version in shown.items()}
    for app in _of(session, MiniApp, MiniApp.id, hidden) if hidden else ():
        name = dict.fromkeys(("zh", "en"), app.app_id)
        faces[app.id] = {"app_id": app.app_id, "name": name, "icon": None}
    return faces


def _newest_shown(session: Session, miniapp_ids: set[int]) -> dict[int, MiniAppVersion]:
    """The newest live version of each, or the last published where it is suspended or retired."""
    query = (
        select(MiniAppVersion)
        .where(MiniAppVersion.miniapp_id.in_(miniapp_ids), MiniAppVersion.published_at.is_not(None))
        .order_by(
            MiniAppVersion.state == State.ROLLING_OUT,
            MiniAppVersion.state == State.PUBLISHED,
            MiniAppVersion.number,
        )
    )
    # The last of each wins.
    return {version.miniapp_id: version for version in session.scalars(query)}


def _face(version: MiniAppVersion) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "app_id": manifest["id"],
        "name": manifest["name"],
        "description": manifest["description"],
        "icon": icon_of(manifest),
        "category": version.category,
    }


def _of(session: Session, model: Any, column: Any, ids: set[int]) -> Sequence[Any]:
    return session.scalars(select(model).where(column.in_(ids))).all()
