"""Bring a sample app to its workbench by the same steps as any other, by two people."""

from __future__ import annotations

import hmac
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.identity.tokens import digest
from zzd.miniapps import apps, policy
from zzd.miniapps.models import MiniApp
from zzd.miniapps.policy import Held
from zzd.miniapps.states import Move, State
from zzd.principal import Principal
from zzd.settings import Settings

Credentials = dict[str, str]


def publish_manifest(
    session: Session,
    manifest: dict[str, Any],
    *,
    developer: Principal,
    reviewer: Principal,
    kept: Credentials | None,
    settings: Settings,
) -> Credentials:
    """Register and publish the app, or its changed manifest; nothing if that has been done.

    ``kept`` are the credentials of an earlier time: they are given back if they are still
    good, else the secret is rotated. What an administrator suspended or rejected stays so.
    Raises what the steps raise.
    """
    known = session.scalar(select(MiniApp.id).where(MiniApp.app_id == manifest.get("id")))
    if known is None:
        held, secret = apps.register_app(
            session, by=developer, manifest=manifest, client_id=None, settings=settings
        )
    else:
        held, secret = policy.access_own_app(session, developer, known), None
        held = apps.change_app(session, held, by=developer, manifest=manifest, settings=settings)
    if held.app.suspended_at is None:
        _publish(session, held, developer, reviewer, settings)
    if secret is None:
        if kept and _is_good(held, kept):
            return kept
        secret = apps.rotate_secret(session, held, by=developer)
    return {"client_id": held.app.oauth_client_id, "client_secret": secret}


def _publish(
    session: Session, held: Held, developer: Principal, reviewer: Principal, settings: Settings
) -> None:
    version = held.version
    if version.state == State.DRAFT:
        apps.submit_app(session, held, by=developer)
    if version.state == State.IN_REVIEW:
        apps.review_app(session, held, by=reviewer, move=Move.APPROVE, reason="")
    if version.state == State.APPROVED:
        apps.publish_app(session, held, by=developer, settings=settings)


def _is_good(held: Held, kept: Credentials) -> bool:
    return kept.get("client_id") == held.app.oauth_client_id and hmac.compare_digest(
        digest(str(kept.get("client_secret"))), held.app.secret_digest
    )
