"""What a sign-in leaves behind: a session, until it ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit.log import deny
from zzd.db import reading, transaction
from zzd.errors import Invalid
from zzd.identity.models import Account, LoginSession
from zzd.identity.recognised import forget_account
from zzd.identity.tokens import csrf_token, digest, make_token
from zzd.orgtree.models import Post
from zzd.principal import Principal
from zzd.realtime import outbox
from zzd.settings import Settings

EXPIRY_BATCH = 500


@dataclass(frozen=True)
class SignIn:
    """A new session; the only moment at which its token is known."""

    session: LoginSession
    token: str
    csrf_token: str


def open_session(
    session: Session, account: Account, *, kind: str, device: str, settings: Settings
) -> SignIn:
    """A session of an account that was recognised; it acts in the primary post."""
    token = make_token()
    opened = LoginSession(
        account_id=account.id,
        kind=kind,
        token_digest=digest(token),
        device=device[:100],
        post_id=session.scalar(
            select(Post.id)
            .where(Post.official_id == account.official_id, Post.ended_at.is_(None))
            .order_by(Post.is_primary.desc(), Post.id)
            .limit(1)
        ),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(seconds=settings.session_ttl),
    )
    session.add(opened)
    session.flush()
    return SignIn(opened, token, csrf_token(token))


def page_sessions(
    session: Session, by: Principal, *, before_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` of the caller's live sessions, newest first."""
    query = select(LoginSession).where(
        LoginSession.account_id == by.account_id,
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > clock.now(),
    )
    if before_id is not None:
        query = query.where(LoginSession.id < before_id)
    rows = session.scalars(query.order_by(LoginSession.id.desc()).limit(limit + 1))
    return [describe(row, by) for row in rows]


def select_device(session_id: int | None) -> ScalarSelect[str]:
    """The query, within another statement, for what a sign-in calls its device."""
    return select(LoginSession.device).where(LoginSession.id == session_id).scalar_subquery()


def devices_of(session: Session, session_ids: Collection[int]) -> dict[int, str]:
    """What these sign-ins call their devices, by their ids."""
    query = select(LoginSession.id, LoginSession.device).where(LoginSession.id.in_(session_ids))
    return {row.id: row.device for row in session.execute(query)}


def describe(opened: LoginSession, by: Principal) -> dict[str, Any]:
    return {
        "id": opened.id,
        "kind": opened.kind,
        "device": opened.device,
        "created_at": opened.created_at,
        "expires_at": opened.expires_at,
        "current": opened.id == by.session_id,
    }


def act_in_post(session: Session, by: Principal, post_id: int) -> Principal:
    """Act in another of the caller's posts for the rest of the session; its sockets follow.

    Raises Invalid when the post is not, or no longer, one of theirs.
    """
    post = next((post for post in by.posts if post.id == post_id), None)
    if post is None:
        fault = Invalid.at("/post_id", "This is not one of your posts")
        raise deny(fault, "post.act_in", "post", post_id)
    session.execute(
        update(LoginSession).where(LoginSession.id == by.session_id).values(post_id=post_id)
    )
    forget_account(session, by.account_id)
    outbox.tell_processes(session, "renew", {"session_id": by.session_id})
    return replace(by, post=post)


def end_sessions(
    session: Session, account_id: int, *, only: int | None = None, but: int | None = None
) -> None:
    """Revoke the account's live sessions, or ``only`` one, or all ``but`` one; their sockets
    are told and cut."""
    chosen = [LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None)]
    if only is not None:
        chosen.append(LoginSession.id == only)
    if but is not None:
        chosen.append(LoginSession.id != but)
    _revoke(session, *chosen)


def end_expired_sessions() -> None:
    """End the sessions whose time is over: a socket that stays open does not outlive its own."""
    over = (
        select(LoginSession.id)
        .where(LoginSession.expires_at <= clock.now(), LoginSession.revoked_at.is_(None))
        .limit(EXPIRY_BATCH)
    )
    with reading() as session:
        ids = list(session.scalars(over))
    if ids:
        with transaction() as session:
            _revoke(session, LoginSession.id.in_(ids), LoginSession.revoked_at.is_(None))


def _revoke(session: Session, *conditions: ColumnElement[bool]) -> None:
    ended = list(
        session.execute(
            update(LoginSession)
            .where(*conditions)
            .values(revoked_at=clock.now())
            .returning(LoginSession.id, LoginSession.account_id)
        )
    )
    if ended:
        for account_id in {row.account_id for row in ended}:
            forget_account(session, account_id)
        session_ids = [row.id for row in ended]
        outbox.tell_processes(session, "session_revoked", {"session_ids": session_ids})
