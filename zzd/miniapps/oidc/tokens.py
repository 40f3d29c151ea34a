"""Apps' access tokens and refresh tokens: kept, found, ended, and whom one stands for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import Together, table_of
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


def _valued(table: Table, **named: str) -> dict[str, BindParameter[Any]]:
    """Columns with the names of their values."""
    return {column: bindparam(name, type_=table.c[column].type) for column, name in named.items()}


TOKENS, REFRESH_TOKENS, CODES = table_of(AppToken), table_of(RefreshToken), table_of(LaunchCode)
ADD_PAIR = (
    insert(REFRESH_TOKENS)
    .inline()
    .values(
        **_valued(
            REFRESH_TOKENS,
            digest="refresh_digest",
            code_id="code",
            created_at="now",
            expires_at="refresh_until",
        )
    ),
    insert(TOKENS)
    .inline()
    .values(
        **_valued(
            TOKENS,
            digest="access_digest",
            code_id="code",
            miniapp_id="app",
            installation_id="installation",
            account_id="account",
            post_id="post",
            scopes="granted",
            created_at="now",
            expires_at="access_until",
        )
    ),
)
USE_CODE = (
    update(CODES)
    .where(CODES.c.id == bindparam("code", type_=CODES.c.id.type))
    .values(**_valued(CODES, used_at="now"))
)
KEEP_PAIR, USE_CODE_FOR_PAIR = Together(*ADD_PAIR), Together(USE_CODE, *ADD_PAIR)


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


def use_code(
    session: Session, token: dict[str, Any], code: LaunchCode, *, scopes: Sequence[str]
) -> None:
    """Keep the first pair of a family. The caller holds the code, and saw that nobody used it."""
    USE_CODE_FOR_PAIR.execute(session, _pair(token, code, scopes))


def keep_pair(
    session: Session, token: dict[str, Any], code: LaunchCode, *, scopes: Sequence[str]
) -> None:
    """Keep the next one. The caller holds the code that the family began with."""
    KEEP_PAIR.execute(session, _pair(token, code, scopes))


def _pair(token: dict[str, Any], code: LaunchCode, scopes: Sequence[str]) -> dict[str, Any]:
    """Only digests are kept, with the code they come from; the answer says of which installation."""
    now = clock.now()
    token["installation_id"] = str(code.installation_id)
    return {
        "access_digest": digest(token["access_token"]),
        "refresh_digest": digest(token["refresh_token"]),
        "code": code.id,
        "app": code.miniapp_id,
        "installation": code.installation_id,
        "account": code.account_id,
        "post": code.post_id,
        "granted": list(scopes),
        "now": now,
        "access_until": now + TOKEN_LIFETIME,
        "refresh_until": min(now + REFRESH_WAITS, code.created_at + FAMILY_LIVES),
    }


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
