"""Codes: from the client that launches an app, and from the authorization endpoint."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from zzd import clock
from zzd.identity.tokens import digest
from zzd.miniapps.installations.policy import Opening
from zzd.miniapps.oidc.id_tokens import OPENID
from zzd.miniapps.oidc.models import LaunchCode
from zzd.principal import Principal

CODE_LIFETIME = timedelta(minutes=5)


class Issued(NamedTuple):
    """A code, at the only moment at which it is known."""

    code: str
    expires_at: datetime


def issue_code(
    session: Session,
    opening: Opening,
    *,
    by: Principal,
    redirect_uri: str,
    code_challenge: str,
    asked: Iterable[str] | None = None,
    nonce: str | None = None,
) -> Issued:
    """A single-use code, valid 5 minutes, with which the app's server learns who opened it.

    Bound to the installation, the version that they see, the official in the post that the app is
    for, the redirect URI and the PKCE challenge. ``asked`` are the scopes wanted, without it all
    that was consented to; ``openid`` is anybody's.
    """
    live, version, post = opening
    granted = live.scopes(version)
    scopes = granted if asked is None else {*asked} & {*granted, OPENID}
    code, now = secrets.token_urlsafe(32), clock.now()
    issued = LaunchCode(
        digest=digest(code),
        miniapp_id=live.app.id,
        installation_id=live.installation.id,
        version_id=version.id,
        account_id=by.account_id,
        post_id=post.id,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        scopes=sorted(scopes),
        nonce=nonce,
        created_at=now,
        expires_at=now + CODE_LIFETIME,
    )
    session.add(issued)
    return Issued(code, issued.expires_at)
