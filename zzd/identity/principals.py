"""From what is kept to the Principal of a request: who, in which post, granted what."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading
from zzd.identity.models import Account, AccountGrant, LoginSession
from zzd.identity.tokens import digest
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Grant, PostRef, Principal


def principal_of_token(token: str) -> Principal | None:
    """Whom a session's token stands for: three statements, whatever the organisation's size.

    The post acted in is the primary one where the one chosen has ended.
    """
    with reading() as session:
        found = session.execute(
            select(LoginSession.id, LoginSession.post_id, Account, Official.name)
            .join(Account, Account.id == LoginSession.account_id)
            .outerjoin(Official, Official.id == Account.official_id)
            .where(
                LoginSession.token_digest == digest(token),
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > clock.now(),
                Account.status == "active",
            )
        ).one_or_none()
        if found is None:
            return None
        session_id, post_id, account, name = found
        principal = _principal(session, account, name, session_id=session_id, post_id=post_id)
    return (
        principal if principal.post else replace(principal, post=next(iter(principal.posts), None))
    )


def principal_of_account(
    session: Session, account_id: int, *, post_id: int | None = None
) -> Principal | None:
    """The holder of an active account, acting in this post; None where they hold it no more."""
    found = session.execute(
        select(Account, Official.name)
        .outerjoin(Official, Official.id == Account.official_id)
        .where(Account.id == account_id, Account.status == "active")
    ).one_or_none()
    if found is None:
        return None
    account, name = found
    principal = _principal(session, account, name, session_id=None, post_id=post_id)
    return None if post_id is not None and principal.post is None else principal


def principal_of_username(session: Session, username: str) -> Principal | None:
    """Whom the operator names on the machine itself, where nobody signs in."""
    account_id = session.scalar(select(Account.id).where(Account.username == username))
    return None if account_id is None else principal_of_account(session, account_id)


def _principal(
    session: Session,
    account: Account,
    name: str | None,
    *,
    session_id: int | None,
    post_id: int | None,
) -> Principal:
    posts = posts_of(session, account.official_id) if account.official_id else ()
    return Principal(
        account_id=account.id,
        username=account.username,
        session_id=session_id,
        official_id=account.official_id,
        official_name=name or "",
        post=next((post for post in posts if post.id == post_id), None),
        posts=posts,
        grants=grants_of(session, account.id),
    )


def posts_of(session: Session, official_id: int) -> tuple[PostRef, ...]:
    """The posts an official holds, the primary one first."""
    query = (
        select(Post, Unit)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Official, Official.id == Post.official_id)
        .where(
            Post.official_id == official_id, Post.ended_at.is_(None), Official.status == "active"
        )
        .order_by(Post.is_primary.desc(), Post.id)
    )
    return tuple(
        PostRef(
            id=post.id,
            unit_id=unit.id,
            unit_name=unit.name,
            unit_path=unit.path,
            level=unit.level,
            line=post.line_code,
            role=post.role,
            title=post.title,
            is_primary=post.is_primary,
        )
        for post, unit in session.execute(query)
    )


def grants_of(session: Session, account_id: int) -> tuple[Grant, ...]:
    query = (
        select(AccountGrant, Unit.path)
        .outerjoin(Unit, Unit.id == AccountGrant.unit_id)
        .where(AccountGrant.account_id == account_id, AccountGrant.revoked_at.is_(None))
    )
    return tuple(
        Grant(grant.id, grant.role, grant.unit_id, path, grant.levels, grant.line, grant.duty)
        for grant, path in session.execute(query)
    )
