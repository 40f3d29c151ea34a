"""Apps' access tokens and refresh tokens: kept, found, ended, and whom one stands for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading
from zzd.identity.tokens import digest
from zzd.miniapps.installations.policy import reopened
from zzd.miniapps.installations.reach import Live, app_itself, live_installation
from zzd.miniapps.oidc.models import AppToken, LaunchCode, RefreshToken
from zzd.principal import Principal

PREFIX, REFRESH_PREFIX = "zza_", "zzr_"
TOKEN_LIFETIME = timedelta(hours=2)
# A refresh token waits so long at most, and a family of them lives so long from its code on.
REFRESH_WAITS, FAMILY_LIVES = timedelta(days=14), timedelta(days=30)


class Found(NamedTuple):
    """A token, and the row that says whose it is."""

    kind: str
    kept: AppToken | RefreshToken
    code_or_token: AppToken | LaunchCode

    def is_expired(self) -> bool:
        return self.kept.expires_at <= clock.now()

    def is_revoked(self) -> bool:
        used = isinstance(self.kept, RefreshToken) and self.kept.used_at is not None
        return used or self.kept.revoked_at is not None


def make_token(**_request: Any) -> str:
    return PREFIX + secrets.token_urlsafe(32)


def make_refresh_token(**_request: Any) -> str:
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


def keep_tokens(
    session: Session, token: dict[str, Any], code: LaunchCode, *, scopes: Sequence[str]
) -> None:
    """Only digests are kept, with the code they come from; the answer says of which installation."""
    now = clock.now()
    session.add(
        AppToken(
            digest=digest(token["access_token"]),
            code_id=code.id,
            miniapp_id=code.miniapp_id,
            installation_id=code.installation_id,
            account_id=code.account_id,
            post_id=code.post_id,
            scopes=list(scopes),
            created_at=now,
            expires_at=now + TOKEN_LIFETIME,
        )
    )
    session.add(
        RefreshToken(
            digest=digest(token["refresh_token"]),
            code_id=code.id,
            created_at=now,
            expires_at=min(now + REFRESH_WAITS, code.created_at + FAMILY_LIVES),
        )
    )
    token["installation_id"] = str(code.installation_id)


def keep_own_token(
    session: Session, token: dict[str, Any], live: Live, *, scopes: Sequence[str]
) -> None:
    """The same for the app itself: no official, no code, and nothing to refresh it with."""
    now = clock.now()
    session.add(
        AppToken(
            digest=digest(token["access_token"]),
            miniapp_id=live.app.id,
            installation_id=live.installation.id,
            scopes=list(scopes),
            created_at=now,
            expires_at=now + TOKEN_LIFETIME,
        )
    )
    token["installation_id"] = str(live.installation.id)


def find(session: Session, token: str) -> Found | None:
    """An access or a refresh token, whatever became of it."""
    wanted = digest(token)
    access = session.scalar(select(AppToken).where(AppToken.digest == wanted))
    if access is not None:
        return Found("access_token", access, access)
    refresh = session.execute(
        select(RefreshToken, LaunchCode)
        .join(LaunchCode, LaunchCode.id == RefreshToken.code_id)
        .where(RefreshToken.digest == wanted)
    ).one_or_none()
    return Found("refresh_token", *refresh) if refresh else None


def revoke(session: Session, found: Found) -> None:
    """An access token alone; with a refresh token all of its family."""
    if isinstance(found.kept, RefreshToken):
        revoke_family(session, found.kept.code_id)
    elif found.kept.revoked_at is None:
        found.kept.revoked_at = clock.now()


def revoke_family(session: Session, code_id: int) -> None:
    """All that was made of one code, and is being made at this moment."""
    session.execute(select(LaunchCode.id).where(LaunchCode.id == code_id).with_for_update())
    for kind in (AppToken, RefreshToken):
        session.execute(
            update(kind)
            .where(kind.code_id == code_id, kind.revoked_at.is_(None))
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


def principal_of(session: Session, live: Live, kept: AppToken | LaunchCode) -> Principal | None:
    """Whom a token stands for; ``kept`` is the row that says so."""
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
