"""How apps hear of the buttons of their cards: where, signed with what, and told of whom."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.messaging.cards.senders import Callback
from zzd.miniapps.installations.policy import find_openings
from zzd.miniapps.models import CallbackSecret, MiniApp, MiniAppVersion
from zzd.miniapps.oidc.identifiers import user_as_json
from zzd.miniapps.policy import Held, is_live
from zzd.miniapps.states import State
from zzd.outgoing.signing import secret_of
from zzd.principal import Principal

# For how long requests carry a signature by the secret before the newest too.
ROTATION = timedelta(hours=24)


def make_secret(session: Session, held: Held, *, by: Principal, key: str) -> dict[str, Any]:
    """A secret for an app whose row the caller has locked. The one before it is good for another
    day, and any older one for nothing from now on."""
    now = clock.now()
    session.execute(
        delete(CallbackSecret).where(
            CallbackSecret.miniapp_id == held.app.id, CallbackSecret.retires_at.is_not(None)
        )
    )
    before = session.scalars(select(CallbackSecret).filter_by(miniapp_id=held.app.id)).one_or_none()
    if before is not None:
        before.retires_at = now + ROTATION
    made = CallbackSecret(
        miniapp_id=held.app.id, salt=secrets.token_urlsafe(32), created_at=now, retires_at=None
    )
    session.add(made)
    audit.append(
        session,
        "miniapp.make_callback_secret",
        by=by,
        object_kind="miniapp",
        object_id=held.app.id,
    )
    return {
        "secret": _derive(key, made.salt),
        "previous_until": before.retires_at if before else None,
    }


def secrets_of(session: Session, miniapp_id: int, key: str) -> list[str]:
    """The secrets with which requests to an app are signed now, the newest first."""
    return secrets_of_apps(session, [miniapp_id], key).get(miniapp_id, [])


def secrets_of_apps(
    session: Session, miniapp_ids: Collection[int], key: str
) -> dict[int, list[str]]:
    """The same for several apps, by app."""
    rows = session.execute(
        select(CallbackSecret.miniapp_id, CallbackSecret.salt)
        .where(
            CallbackSecret.miniapp_id.in_(miniapp_ids),
            or_(CallbackSecret.retires_at.is_(None), CallbackSecret.retires_at > clock.now()),
        )
        .order_by(CallbackSecret.id.desc())
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.miniapp_id, []).append(_derive(key, row.salt))
    return found


def _derive(key: str, salt: str) -> str:
    return secret_of(hmac.digest(key.encode(), f"callback:1:{salt}".encode(), "sha256"))


class CardSenders:
    """What messaging asks of the apps that send cards (zzd.messaging.cards.senders)."""

    def __init__(self, key: str) -> None:
        self._key = key

    def describe_app(self, session: Session, app_id: int) -> dict[str, Any]:
        app, version = _published(session, app_id) or _newest(session, app_id)
        return {"id": str(app.id), "app_id": app.app_id, "name": version.manifest["name"]}

    def callback_of(self, session: Session, app_id: int) -> Callback | None:
        held = _published(session, app_id)
        if held is None or "callback_url" not in held.version.manifest:
            return None
        secrets_now = secrets_of(session, app_id, self._key)
        if not secrets_now:
            return None
        manifest = held.version.manifest
        hears = frozenset(manifest["buttons"]) if "buttons" in manifest else None
        return Callback(manifest["callback_url"], tuple(secrets_now), hears)

    def describe_presser(
        self, session: Session, app_id: int, principal: Principal
    ) -> dict[str, Any]:
        """Who it is only with the scope ``identity`` and where they may open the app; a pseudonym,
        the same as at the app's userinfo endpoint, in any case."""
        openings = find_openings(session, principal, app_id)
        opening = next((each for each in openings if each.post == principal.post), None)
        caller = replace(principal, app_id=app_id, scopes=frozenset())
        if opening is not None:
            live, version, _ = opening
            caller = replace(caller, scopes=live.scopes(version), reach=live.reach(version))
        return user_as_json(session, caller, key=self._key)


def _published(session: Session, app_id: int) -> Held | None:
    """An app with the version that most people see, if they see one."""
    found = session.execute(
        select(MiniApp, MiniAppVersion)
        .join(MiniAppVersion, is_live())
        .where(MiniApp.id == app_id)
        .order_by(MiniAppVersion.state == State.ROLLING_OUT)
        .limit(1)
    ).one_or_none()
    return Held(*found) if found else None


def _newest(session: Session, app_id: int) -> Held:
    app = session.get_one(MiniApp, app_id)
    newest = select(MiniAppVersion).filter_by(miniapp_id=app_id, number=app.version)
    return Held(app, session.scalars(newest).one())
