"""Bring a sample app to its workbench by the same steps as any other, by the people these take."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.errors import NotPermitted
from zzd.miniapps import apps, life, policy
from zzd.miniapps.installations import installing
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc.clients import find_client
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
    installer: Principal,
    kept: Credentials | None,
    settings: Settings,
) -> Credentials:
    """Register, publish and install the app, or publish its changed manifest;
    nothing if that has been done.

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
        _install(session, held, installer)
    if secret is None:
        if kept and _is_good(session, held, kept):
            return kept
        secret = apps.rotate_secret(session, held, by=developer)["client_secret"]
    return {"client_id": held.app.oauth_client_id, "client_secret": secret}


def _publish(
    session: Session, held: Held, developer: Principal, reviewer: Principal, settings: Settings
) -> None:
    version = held.version
    if version.state == State.DRAFT:
        life.submit_app(session, held, by=developer)
    if version.state == State.IN_REVIEW:
        life.review_app(session, held, by=reviewer, move=Move.APPROVE, reason="")
    if version.state == State.APPROVED:
        life.publish_app(session, held, by=developer, settings=settings)


def _install(session: Session, held: Held, installer: Principal) -> None:
    """For everybody whom the installer administers, with all that the app asks for, and again when
    it asks for more; what an administrator removed stays so."""
    version, asked = held.version, [*held.version.scopes, *held.version.optional_scopes]
    query = select(Installation).where(Installation.miniapp_id == held.app.id)
    installed = session.scalars(query.order_by(Installation.id)).first()
    if version.state != State.PUBLISHED:
        return
    if installed is not None:
        if installed.removed_at is None and not set(asked) <= set(installed.scopes):
            session.flush()
            installing.change_installation(session, installed, by=installer, scopes=asked)
        return
    grants = installer.grants_of("unit_admin")
    if not grants or grants[0].unit_id is None:
        raise NotPermitted(f"{installer.username} administers no unit")
    session.flush()
    installing.install_app(
        session,
        by=installer,
        miniapp_id=held.app.id,
        unit_id=grants[0].unit_id,
        scopes=asked,
    )


def _is_good(session: Session, held: Held, kept: Credentials) -> bool:
    client = find_client(session, held.app.oauth_client_id)
    return (
        client is not None
        and kept.get("client_id") == client.client_id
        and client.check_client_secret(str(kept.get("client_secret")))
    )
