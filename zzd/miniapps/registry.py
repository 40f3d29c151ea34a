"""Apps and their versions, listed and described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from zzd.identity.policy import may_review_apps
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import Held
from zzd.miniapps.states import SUSPENDED, State, shown
from zzd.principal import Principal


def list_apps(
    session: Session,
    principal: Principal,
    *,
    state: str | None,
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
    if state == SUSPENDED:
        query = query.where(MiniApp.suspended_at.is_not(None))
    elif state:
        query = query.where(MiniApp.suspended_at.is_(None), MiniAppVersion.state == state)
    if before_id is not None:
        query = query.where(MiniApp.id < before_id)
    return [Held(*row) for row in session.execute(query)]


def describe_apps(session: Session, held: Sequence[Held]) -> list[dict[str, Any]]:
    published = aliased(MiniAppVersion)
    query = select(published.miniapp_id, published.number).where(
        published.miniapp_id.in_([app.id for app, _ in held]), published.state == State.PUBLISHED
    )
    numbers: dict[int, int] = {row[0]: row[1] for row in session.execute(query)}
    return [_describe(app, version, numbers.get(app.id)) for app, version in held]


def describe_app(session: Session, held: Held) -> dict[str, Any]:
    return describe_apps(session, [held])[0]


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
        "published_at": version.published_at,
    }


def _describe(app: MiniApp, version: MiniAppVersion, published: int | None) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "id": app.id,
        "app_id": app.app_id,
        "name": manifest["name"],
        "description": manifest["description"],
        "icon": manifest.get("icon"),
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
        "client_id": app.oauth_client_id,
        "created_at": app.created_at,
    }


def _act(by: Any, at: Any, reason: str | None = None) -> dict[str, Any] | None:
    return None if at is None else {"by": by, "at": at, "reason": reason}
