"""What an official finds on the workbench, and how an app there is opened."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Invalid
from zzd.identity.tokens import digest
from zzd.miniapps.models import LaunchCode, MiniApp, MiniAppVersion
from zzd.miniapps.policy import access_published_app, is_published
from zzd.orgtree import audiences
from zzd.principal import Principal

CODE_LIFETIME = timedelta(minutes=5)


class Launch(NamedTuple):
    """A code, at the only moment at which it is known."""

    code: str
    redirect_uri: str
    state: str | None
    expires_at: datetime


def list_apps(
    session: Session,
    principal: Principal,
    *,
    q: str | None,
    category: str | None,
    after_id: int | None,
    limit: int,
) -> Sequence[MiniAppVersion]:
    """Up to ``limit + 1`` published apps for any of the caller's posts. Two statements."""
    query = (
        select(MiniAppVersion)
        .join(MiniApp, is_published())
        .where(
            MiniAppVersion.audience_id.in_(audiences.ids_matching(session, principal.posts)),
            MiniApp.id > (after_id or 0),
        )
        .order_by(MiniApp.id)
        .limit(limit + 1)
    )
    if category:
        query = query.where(MiniAppVersion.category == category)
    if q:
        names = (MiniAppVersion.name_zh, MiniAppVersion.name_en)
        query = query.where(or_(*(name.icontains(q.strip(), autoescape=True) for name in names)))
    return session.scalars(query).all()


def describe_entry(version: MiniAppVersion) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "id": version.miniapp_id,
        "app_id": manifest["id"],
        "name": manifest["name"],
        "description": manifest["description"],
        "icon": manifest.get("icon"),
        "category": version.category,
        "entry_url": manifest["entry_url"],
        "entry_origin": version.entry_origin,
    }


def launch_app(
    session: Session,
    miniapp_id: int,
    *,
    by: Principal,
    redirect_uri: str,
    code_challenge: str,
    state: str | None,
) -> Launch:
    """A single-use code, valid 5 minutes, with which the app's server learns who opened it.

    Bound to the app's published version, the official in the post that the app is for, the
    redirect URI and the PKCE challenge. Raises NotFound, Invalid.
    """
    (app, version), post = access_published_app(session, by, miniapp_id)
    if redirect_uri not in version.manifest["redirect_uris"]:
        raise Invalid.at("/redirect_uri", "Must be exactly one of the manifest's redirect_uris")
    code = secrets.token_urlsafe(32)
    issued = LaunchCode(
        digest=digest(code),
        miniapp_id=app.id,
        version_id=version.id,
        account_id=by.account_id,
        post_id=post.id,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        scopes=version.scopes,
        created_at=clock.now(),
        expires_at=clock.now() + CODE_LIFETIME,
    )
    session.add(issued)
    return Launch(code, redirect_uri, state, issued.expires_at)
