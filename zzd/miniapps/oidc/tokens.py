"""Apps' access tokens and refresh tokens: kept, found, ended, and whom one stands for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.db import reading
from zzd.identity.tokens import digest
from zzd.miniapps.installations.reach import Live
from zzd.miniapps.oidc import standing
from zzd.miniapps.oidc.models import AppToken, LaunchCode, RefreshToken
from zzd.miniapps.oidc.standing import Standing
from zzd.principal import Principal

PREFIX, REFRESH_PREFIX = "zza_", "zzr_"
TOKEN_LIFETIME = timedelta(hours=2)
# A refresh token waits so long at most, and a family of them lives so long from its code on.
REFRESH_WAITS, FAMILY_LIVES = timedelta(days=14), timedelta(days=30)

# Past the ORM, which takes four times as long to write three rows.
ADD_TOKEN = insert(table_of(AppToken)).inline()
ADD_REFRESH_TOKEN = insert(table_of(RefreshToken)).inline()
USE_CODE = (
    update(table_of(LaunchCode))
    .where(table_of(LaunchCode).c.id == bindparam("code_id"))
    .values(used_at=bindparam("now"))
)


class Found(NamedTuple):
    """A token, the row that says whose it is, and how it stands with that."""

    kind: str
    kept: AppToken | RefreshToken
    code_or_token: AppToken | LaunchCode
    standing: Standing

    def is_expired(self) -> bool:
        return self.kept.expires_at <= clock.now()

    def is_revoked(self) -> bool:
        used = isinstance(self.kept, RefreshToken) and self.kept.used_at is not None
        return used or self.kept.revoked_at is not None


def make_token(**_request: Any) -> str:
    return PREFIX + secrets.token_urlsafe(32)


def make_refresh_token(**_request: Any) -> str:
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


def use_code(session: Session, code: LaunchCode) -> None:
    """The caller holds the row, and saw that nobody used it."""
    session.connection().execute(USE_CODE, {"code_id": code.id, "now": clock.now()})


def keep_tokens(
    session: Session, token: dict[str, Any], code: LaunchCode, *, scopes: Sequence[str]
) -> None:
    """Only digests are kept, with the code they come from; the answer says of which installation."""
    now, connection = clock.now(), session.connection()
    connection.execute(
        ADD_TOKEN,
        {
            "digest": digest(token["access_token"]),
            "code_id": code.id,
            "miniapp_id": code.miniapp_id,
            "installation_id": code.installation_id,
            "account_id": code.account_id,
            "post_id": code.post_id,
            "scopes": list(scopes),
            "created_at": now,
            "expires_at": now + TOKEN_LIFETIME,
        },
    )
    connection.execute(
        ADD_REFRESH_TOKEN,
        {
            "digest": digest(token["refresh_token"]),
            "code_id": code.id,
            "created_at": now,
            "expires_at": min(now + REFRESH_WAITS, code.created_at + FAMILY_LIVES),
        },
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
    access = standing.read(session, standing.TOKEN_OF_DIGEST, digest=wanted)
    if access is not None:
        return Found("access_token", access[0], *access)
    refresh = session.scalar(select(RefreshToken).where(RefreshToken.digest == wanted))
    family = refresh and standing.read(session, standing.CODE_OF_ID, code_id=refresh.code_id)
    return Found("refresh_token", refresh, *family) if refresh and family else None


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
    the post given up or taken out of the app's audience. One statement, whatever the
    organisation's size; a second one where nobody asked for these audiences since the tree changed.
    """
    with reading(plainly=True) as session:
        found = standing.read(session, standing.USABLE_TOKEN, digest=digest(token), now=clock.now())
        return found[1].caller(found[0]) if found else None
