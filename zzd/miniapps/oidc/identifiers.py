"""Who an official is to an app: a name of their own for each supplier, and more only by scope."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sqlalchemy.orm import Session

from zzd.miniapps.models import MiniApp
from zzd.orgtree import units
from zzd.orgtree.models import Line
from zzd.principal import Principal


def describe_user(session: Session, principal: Principal, *, key: str) -> dict[str, Any]:
    """What an app may know of the official: who it is only with the scope ``identity``, and the
    platform's own id only with ``identity.id``.

    ``sub`` is the same in all apps of a supplier, and in nobody else's: suppliers cannot put their
    data together.
    """
    scopes = principal.scopes or frozenset()
    told: dict[str, Any] = {"sub": _pairwise(session, principal, key)}
    if "identity.id" in scopes:
        told["official_id"] = principal.official_id
    if principal.post and "identity" in scopes:
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


def _pairwise(session: Session, principal: Principal, key: str) -> str:
    """The supplier is whoever registered the app: what a manifest says of itself proves nothing."""
    supplier = session.get_one(MiniApp, principal.app_id).developer_id
    of = f"pairwise:supplier:{supplier}:{principal.official_id}"
    return hmac.new(key.encode(), of.encode(), hashlib.sha256).hexdigest()
