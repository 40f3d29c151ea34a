"""How apps hear of the buttons of their cards: where, signed with what, and told of whom."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select
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
        .where(CallbackSecret.miniapp_id.in_(miniapp_ids), _is_good())
        .order_by(CallbackSecret.id.desc())
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.miniapp_id, []).append(_derive(key, row.salt))
    return found


def _is_good() -> ColumnElement[bool]:
    """The condition on CallbackSecret: requests are signed with it now."""
    return or_(CallbackSecret.retires_at.is_(None), CallbackSecret.retires_at > clock.now())


def _derive(key: str, salt: str) -> str:
    return secret_of(hmac.digest(key.encode(), f"callback:1:{salt}".encode(), "sha256"))


class CardSenders:
    """What messaging asks of the apps that send cards (zzd.messaging.cards.senders)."""

    def __init__(self, key: str) -> None:
        self._key = key

    def callback_of(self, session: Session, app_id: int) -> Callback | None:
        """By the version that most people see, if they see one. One statement."""
        rows = session.execute(
            select(MiniAppVersion.manifest, CallbackSecret.salt)
            .join(MiniApp, is_live())
            .join(CallbackSecret, and_(CallbackSecret.miniapp_id == MiniApp.id, _is_good()))
            .where(MiniApp.id == app_id)
            .order_by(MiniAppVersion.state == State.ROLLING_OUT, CallbackSecret.id.desc())
        ).all()
        if not rows or "callback_url" not in (manifest := rows[0].manifest):
            return None
        # Once for each of the versions that somebody sees.
        salts = dict.fromkeys(row.salt for row in rows)
        hears = frozenset(manifest["buttons"]) if "buttons" in manifest else None
        secrets_now = tuple(_derive(self._key, salt) for salt in salts)
        return Callback(manifest["callback_url"], secrets_now, hears)

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
