"""Codes and tokens that are over do not stay for ever."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from zzd import clock
from zzd.db import is_one_of, transaction
from zzd.miniapps.oidc.models import AppToken, LaunchCode, RefreshToken
from zzd.miniapps.oidc.tokens import FAMILY_LIVES, TOKEN_LIFETIME

AT_ONCE = 1000
EVERY = 600.0
OWN_KEPT = timedelta(days=1)
DIRECTLY = {"synchronize_session": False}


def forget_old() -> None:
    """Delete families whose last token is over, and apps' own tokens a day after they ended."""
    while _forget_some():
        pass


def _forget_some() -> bool:
    now = clock.now()
    with transaction() as session:
        over = LaunchCode.expires_at < now - FAMILY_LIVES - TOKEN_LIFETIME
        codes = session.scalars(select(LaunchCode.id).where(over).limit(AT_ONCE)).all()
        for kind in (AppToken, RefreshToken):
            session.execute(
                delete(kind).where(is_one_of(session, kind.code_id, codes)),
                execution_options=DIRECTLY,
            )
        session.execute(
            delete(LaunchCode).where(is_one_of(session, LaunchCode.id, codes)),
            execution_options=DIRECTLY,
        )
        ended = AppToken.expires_at < now - OWN_KEPT
        query = select(AppToken.id).where(AppToken.code_id.is_(None), ended).limit(AT_ONCE)
        own = session.scalars(query).all()
        session.execute(
            delete(AppToken).where(is_one_of(session, AppToken.id, own)), execution_options=DIRECTLY
        )
    return max(len(codes), len(own)) >= AT_ONCE
