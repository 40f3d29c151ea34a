"""Apps and their versions, listed and described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from zzd.identity.policy import may_review_apps
from zzd.miniapps.manifest_wishes import asks_for_more, icon_of
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import Held
from zzd.miniapps.states import LIVE, RETIRED, SUSPENDED, State, shown
from zzd.orgtree.in_use import find_in_use
from zzd.principal import Principal


def list_apps(
    session: Session,
    principal: Principal,
    *,
    state: str | None,
    q: str | None = None,
    before_id: int | None,
    limit: int,
) -> list[Held]:
    """Up to ``limit + 1`` apps, the newest first: a reviewer's are all, a developer's their own."""
    query = (
        select(MiniApp, MiniAppVersion)
        .join(
            MiniAppVersion,
            and_(MiniAppVersion.miniapp_id == MiniApp.id, MiniAppVersion.number == MiniApp.version),
        )
        .order_by(MiniApp.id.desc())
        .limit(limit + 1)
    )
    if not may_review_apps(principal):
        query = query.where(MiniApp.developer_id == principal.account_id)
    if state == RETIRED:
        query = query.where(MiniApp.retired_at.is_not(None))
    elif state == SUSPENDED:
        query = query.where(MiniApp.retired_at.is_(None), MiniApp.suspended_at.is_not(None))
    elif state:
        query = query.where(
            MiniApp.retired_at.is_(None),
            MiniApp.suspended_at.is_(None),
            MiniAppVersion.state == state,
        )
    if q and (text := q.strip()):
        names = (MiniAppVersion.name_zh, MiniAppVersion.name_en, MiniApp.app_id)
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    if before_id is not None:
        query = query.where(MiniApp.id < before_id)
    return [Held(*row) for row in session.execute(query)]


def describe_apps(session: Session, held: Sequence[Held]) -> list[dict[str, Any]]:
    """Apps with their newest versions, and which ones people have: the same few statements for any
    number of apps."""
    published = aliased(MiniAppVersion)
    query = select(
        published.miniapp_id,
        published.state,
        published.number,
        published.rollout_percent,
        published.rollout_audience_ids,
    ).where(published.miniapp_id.in_([app.id for app, _ in held]), published.state.in_(LIVE))
    live = session.execute(query).all()
    named = {id_ for row in live for id_ in row.rollout_audience_ids or []}
    known = find_in_use(session, named) if named else {}
    numbers = {row.miniapp_id: row.number for row in live if row.state == State.PUBLISHED}
    rollouts = {
        row.miniapp_id: {
            "version": row.number,
            "percent": row.rollout_percent,
            "audiences": [known[id_].as_dict() for id_ in row.rollout_audience_ids or []],
        }
        for row in live
        if row.state == State.ROLLING_OUT
    }
    return [
        _describe(app, version, numbers.get(app.id), rollouts.get(app.id)) for app, version in held
    ]


def describe_app(session: Session, held: Held) -> dict[str, Any]:
    """One app, with what its newest version asks for that the published one does not."""
    described = describe_apps(session, [held])[0]
    published = session.scalar(
        select(MiniAppVersion.manifest).filter_by(miniapp_id=held.app.id, state=State.PUBLISHED)
    )
    if published is not None:
        described["asks_anew"] = asks_for_more(published, held.version.manifest)
    return described


def list_versions(
    session: Session, miniapp_id: int, *, before: int | None, limit: int
) -> list[MiniAppVersion]:
    """Up to ``limit + 1`` versions, the newest first."""
    query = select(MiniAppVersion).where(MiniAppVersion.miniapp_id == miniapp_id)
    if before is not None:
        query = query.where(MiniAppVersion.number < before)
    return list(session.scalars(query.order_by(MiniAppVersion.number.desc()).limit(limit + 1)))


def describe_version(version: MiniAppVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "manifest": version.manifest,
        "created_at": version.created_at,
        "submission": _act(version.submitter, version.submitted_at),
        "review": _act(version.reviewer, version.reviewed_at, version.reason or ""),
        "review_skipped": version.review_skipped,
        "published_at": version.published_at,
    }


def _describe(
    app: MiniApp,
    version: MiniAppVersion,
    published: int | None,
    rollout: dict[str, Any] | None,
) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "id": app.id,
        "app_id": app.app_id,
        "name": manifest["name"],
        "description": manifest["description"],
        "icon": icon_of(manifest),
        "category": version.category,
        "state": shown(
            State(version.state),
            suspended=app.suspended_at is not None,
            retired=app.retired_at is not None,
        ),
        "version": version.number,
        "published_version": published,
        "manifest": manifest,
        "submission": _act(version.submitter, version.submitted_at),
        "review": _act(version.reviewer, version.reviewed_at, version.reason or ""),
        "suspension": _act(app.suspender, app.suspended_at, app.suspension_reason or ""),
        "retirement": _act(app.retirer, app.retired_at, app.retirement_reason or ""),
        "rollout": rollout,
        "asks_anew": None,
        "client_id": app.oauth_client_id,
        "created_at": app.created_at,
    }


def _act(by: Any, at: Any, reason: str | None = None) -> dict[str, Any] | None:
    return None if at is None else {"by": by, "at": at, "reason": reason}
