"""How a caller is shown to themselves: the official, their posts, their grants."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from zzd.identity import authentication, grants, policy
from zzd.identity.models import LoginSession
from zzd.identity.second_factor import factors
from zzd.orgtree.models import Official
from zzd.orgtree.officials import describe_officials
from zzd.principal import Principal
from zzd.settings import Settings


def describe_caller(session: Session, principal: Principal) -> dict[str, Any]:
    """The Principal of ``GET /me``."""
    opened = session.get_one(LoginSession, principal.session_id)
    described = {
        **describe_holder(session, principal),
        "account": {"id": principal.account_id, "username": principal.username},
        "grants": grants.describe_held(session, principal.account_id),
        "session": opened,
        "may": policy.what_may(principal),
        "second_factor": _describe_second_factor(session, principal),
    }
    if opened.kind == "browser" and (token := authentication.own_csrf_token()):
        described["csrf_token"] = token
    return described


def _describe_second_factor(session: Session, principal: Principal) -> dict[str, Any]:
    settings: Settings = current_app.extensions["zzd.settings"]
    required = policy.must_have_second_factor(principal.grants, settings.second_factor_required)
    return {**factors.describe(session, principal.account_id), "required": required}


def describe_holder(session: Session, principal: Principal) -> dict[str, Any]:
    """``official``, their ``posts`` and the ``post`` acted in. Empty for an account without an
    official, or whose official has left."""
    official = session.get(Official, principal.official_id) if principal.official_id else None
    if official is None or official.status != "active":
        return {"official": None, "posts": [], "post": None}
    card = describe_officials(session, [official], reader=principal)[0]
    acting = principal.post.id if principal.post else None
    return {
        "official": card,
        "posts": card.posts,
        "post": next((post for post in card.posts if post.id == acting), None),
    }
