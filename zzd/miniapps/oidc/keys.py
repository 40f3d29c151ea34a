"""The keys that ID tokens are signed with: made here, published before they sign, kept sealed.

The private part is in the database under a key that follows from the server's own: whoever has
only the database can sign nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from joserfc.jwk import RSAKey
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import lock_name
from zzd.miniapps.oidc.models import SigningKey
from zzd.sealing import seal, unseal

# What every OpenID client takes without being told.
ALGORITHM, BITS = "RS256", 2048
# For how long clients may keep the list of keys; a key is on it for longer before it signs.
LIST_KEPT = timedelta(minutes=5)
ANNOUNCED = timedelta(minutes=15)
# How long a key signs, and how long what it signed can still be looked at.
SIGNS_FOR, LOOKED_AT_FOR = timedelta(days=90), timedelta(days=1)
PURPOSE = "zzd signing keys 1"


class Signer(NamedTuple):
    kid: str
    key: RSAKey


def signer(session: Session, secret_key: str) -> Signer:
    """The key to sign with now. The first one is made when it is needed, and the next one when it
    has signed for ``SIGNS_FOR``: within a transaction that is committed."""
    now = clock.now()
    found = _newest(session, signing=True)
    key = _open(found, secret_key) if found else None
    if found is None or key is None:
        # None yet, or the server's key is another than the one that sealed it.
        lock_name(session, "signing key")
        again = _newest(session, signing=True)
        if again is None or _open(again, secret_key) is None:
            again = make(session, secret_key, at_once=True)
        found, key = again, _open(again, secret_key)
    elif found.signs_from + SIGNS_FOR < now and _newest(session, signing=False) is found:
        make(session, secret_key, at_once=False)
    if key is None:
        raise RuntimeError("a signing key that was just sealed does not open")
    return Signer(found.kid, key)


def make(session: Session, secret_key: str, *, at_once: bool, by: int | None = None) -> SigningKey:
    """A key that signs once clients had time to hear of it, or ``at_once`` where the one before is
    lost or not to be trusted. Those before it are listed until what they signed has expired."""
    now = clock.now()
    signs_from = now if at_once else now + ANNOUNCED
    key = RSAKey.generate_key(BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    kid = key.thumbprint()
    session.execute(
        update(SigningKey)
        .where(SigningKey.retires_at.is_(None))
        .values(retires_at=signs_from + LOOKED_AT_FOR)
    )
    private = orjson.dumps(key.as_dict(private=True))
    made = SigningKey(
        kid=kid,
        public=key.as_dict(private=False),
        sealed_private=seal(private, purpose=PURPOSE, of=kid, key=secret_key),
        created_at=now,
        signs_from=signs_from,
        retires_at=None,
        made_by=by,
    )
    session.add(made)
    session.flush()
    return made


def public_keys(session: Session) -> list[dict[str, Any]]:
    """The list that clients check signatures with (RFC 7517), the newest first."""
    listed = select(SigningKey.public).where(
        or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > clock.now())
    )
    return list(session.scalars(listed.order_by(SigningKey.id.desc())))


def _newest(session: Session, *, signing: bool) -> SigningKey | None:
    query = select(SigningKey).order_by(SigningKey.signs_from.desc(), SigningKey.id.desc()).limit(1)
    if signing:
        query = query.where(SigningKey.signs_from <= clock.now())
    return session.scalar(query)


def _open(kept: SigningKey, secret_key: str) -> RSAKey | None:
    plain = unseal(kept.sealed_private, purpose=PURPOSE, of=kept.kid, key=secret_key)
    return RSAKey.import_key(orjson.loads(plain)) if plain is not None else None
