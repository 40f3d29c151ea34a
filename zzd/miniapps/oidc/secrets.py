"""Secrets of apps' servers: shown once, and two of them good while one takes the other's place."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.identity.tokens import digest
from zzd.miniapps.oidc.models import ClientSecret

# For how long the secret before the newest is good beside it.
ROTATION = timedelta(days=7)


def make(session: Session, miniapp_id: int) -> str:
    """A secret for an app whose row the caller has locked or just written, as it is shown this
    once. The one before it is good until ``ROTATION`` is over, any older one no more."""
    now = clock.now()
    kept = session.scalars(_good(miniapp_id)).all()
    for older in kept[1:]:
        session.delete(older)
    if kept:
        kept[0].retires_at = now + ROTATION
    secret = secrets.token_urlsafe(32)
    session.add(
        ClientSecret(miniapp_id=miniapp_id, digest=digest(secret), created_at=now, retires_at=None)
    )
    return secret


def retire_previous(session: Session, miniapp_id: int) -> bool:
    """End the older secret at once; whether there was one."""
    older = delete(ClientSecret).where(
        ClientSecret.miniapp_id == miniapp_id, ClientSecret.retires_at.is_not(None)
    )
    return session.execute(older.returning(ClientSecret.id)).first() is not None


def is_one_of(digests: Iterable[str], secret: str) -> bool:
    given = digest(secret)
    return any(hmac.compare_digest(each, given) for each in digests)


def list_secrets(session: Session, miniapp_id: int) -> Sequence[ClientSecret]:
    """The good ones, the newest first."""
    return session.scalars(_good(miniapp_id)).all()


def is_of(miniapp_id: Any, *, now: Any) -> ColumnElement[bool]:
    """The condition on ClientSecret: this app's, and good at this moment."""
    return and_(
        ClientSecret.miniapp_id == miniapp_id,
        or_(ClientSecret.retires_at.is_(None), ClientSecret.retires_at > now),
    )


def _good(miniapp_id: int) -> Select[ClientSecret]:
    good = is_of(miniapp_id, now=clock.now())
    return select(ClientSecret).where(good).order_by(ClientSecret.id.desc())
