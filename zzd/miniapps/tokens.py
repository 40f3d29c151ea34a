"""Apps' access tokens: whom one stands for, and what its app learns of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading
from zzd.identity.tokens import digest
from zzd.miniapps.installations.policy import reopened
from zzd.miniapps.installations.reach import Live, app_itself, live_installation
from zzd.miniapps.oidc.models import AppToken, LaunchCode
from zzd.orgtree import units
from zzd.orgtree.models import Line
from zzd.principal import Principal

PREFIX = "zza_"
TOKEN_LIFETIME = timedelta(hours=2)


def make_token(**_request: Any) -> str:
    return PREFIX + secrets.token_urlsafe(32)


def keep_token(session: Session, token: str, code: LaunchCode, scopes: list[str]) -> None:
    """Only the digest is kept, with the code it was made from."""
    session.add(
        AppToken(
            digest=digest(token),
            code_id=code.id,
            miniapp_id=code.miniapp_id,
            installation_id=code.installation_id,
            account_id=code.account_id,
            post_id=code.post_id,
            scopes=scopes,
            created_at=clock.now(),
            expires_at=clock.now() + TOKEN_LIFETIME,
        )
    )


def revoke_tokens_of(session: Session, code: LaunchCode) -> None:
    session.execute(
        update(AppToken)
        .where(AppToken.code_id == code.id, AppToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def read_token(token: str) -> Principal | None:
    """Whom an app acts for, with the scopes that it was and still is granted and what its
    installation may know of.

    Nobody once the app is suspended or retired, its installation removed, the account disabled,
    the post given up or taken out of the app's audience. Four statements, whatever the
    organisation's size.
    """
    with reading() as session:
        kept = session.scalar(
            select(AppToken).where(
                AppToken.digest == digest(token),
                AppToken.revoked_at.is_(None),
                AppToken.expires_at > clock.now(),
            )
        )
        live = live_installation(session, kept.installation_id) if kept else None
        if kept is None or live is None:
            return None
        return principal_of(session, live, kept)


def principal_of(session: Session, live: Live, kept: AppToken) -> Principal | None:
    if kept.account_id is None or kept.post_id is None:
        return app_itself(live, kept.scopes)
    found = reopened(session, live, account_id=kept.account_id, post_id=kept.post_id)
    if found is None or found[0].post is None:
        return None
    principal, version = found
    return replace(
        principal,
        posts=(found[0].post,),
        grants=(),
        app_id=kept.miniapp_id,
        scopes=frozenset(kept.scopes) & live.scopes(version),
        installation_id=live.installation.id,
        reach=live.reach(version),
    )


def describe_user(session: Session, principal: Principal, *, key: str) -> dict[str, Any]:
    """What an app may know of the official: who it is only with the scope ``identity``.

    ``sub`` is theirs in this app and nowhere else, so that apps cannot put their data together.
    """
    told: dict[str, Any] = {"sub": _pairwise(principal, key)}
    if principal.post and "identity" in (principal.scopes or ()):
        told |= {
            "name": principal.official_name,
            "post": {
                "title": principal.post.title,
                "role": principal.post.role,
                "line": session.get_one(Line, principal.post.line),
            },
            "unit": units.describe_unit(session, principal.post.unit_id, reach=principal.reach),
        }
    return told


def _pairwise(principal: Principal, key: str) -> str:
    of = f"pairwise:{principal.app_id}:{principal.official_id}"
    return hmac.new(key.encode(), of.encode(), hashlib.sha256).hexdigest()
