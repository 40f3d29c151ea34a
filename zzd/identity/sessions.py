"""Sign-in and what it leaves behind: a session, and the principal that it stands for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app, request
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import reading, transaction
from zzd.errors import Problem
from zzd.identity.models import Account, AccountGrant, LoginSession
from zzd.identity.passwords import verify_password
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Grant, PostRef, Principal
from zzd.realtime import outbox
from zzd.settings import Settings

COOKIE = "zzd_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

LOCK_AFTER_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCK_FOR = timedelta(minutes=15)


class BadCredentials(Problem):
    status, code, title = 401, "bad_credentials", "User name or password is wrong"


class AccountLocked(Problem):
    status, code, title = 423, "account_locked", "Too many failures; the account is locked"


class CsrfFailed(Problem):
    status, code, title = 403, "csrf_failed", "The CSRF token is missing or wrong"


@dataclass(frozen=True)
class SignIn:
    """A new session; the only moment at which its token is known."""

    session: LoginSession
    token: str
    csrf_token: str


def sign_in(username: str, password: str, *, kind: str, device: str, settings: Settings) -> SignIn:
    """Open a session for whoever knows the password.

    Five failures within 15 minutes lock the account for 15; a locked account is told so only
    after its right password, so that locking tells nothing to a guesser.
    Raises BadCredentials, AccountLocked.
    """
    with reading() as session:
        account = session.scalar(select(Account).where(Account.username == username))
    # Outside any transaction: argon2 takes its time on purpose.
    right = verify_password(account.password_hash if account else None, password)
    if account is None or account.status != "active":
        raise BadCredentials
    with transaction() as session:
        account = session.get_one(Account, account.id, with_for_update=True)
        now = clock.now()
        locked = account.locked_until is not None and account.locked_until > now
        if right and not locked:
            account.failures, account.failing_since, account.locked_until = 0, None, None
            return open_session(session, account, kind=kind, device=device, settings=settings)
        if not right:
            _count_failure(session, account)
    if right and account.locked_until:
        raise AccountLocked(retry_at=account.locked_until.isoformat())
    raise BadCredentials


def _count_failure(session: Session, account: Account) -> None:
    now = clock.now()
    if account.failing_since is None or account.failing_since < now - FAILURE_WINDOW:
        account.failing_since, account.failures = now, 0
    account.failures += 1
    if account.failures == LOCK_AFTER_FAILURES:
        account.locked_until = now + LOCK_FOR
        account.failing_since, account.failures = None, 0
        audit.append(session, "account.lock", by=None, object_kind="account", object_id=account.id)


def open_session(
    session: Session, account: Account, *, kind: str, device: str, settings: Settings
) -> SignIn:
    """A session of an account that was recognised; it acts in the primary post."""
    token = secrets.token_urlsafe(32)
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


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """Derived from the session's token, which only its browser and nobody else's page has."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, b"csrf:" + token.encode(), hashlib.sha256).hexdigest()


def principal_of_token(token: str) -> Principal | None:
    """Whom a session's token stands for: three statements, whatever the organisation's size."""
    now = clock.now()
    with reading() as session:
        found = session.execute(
            select(LoginSession, Account, Official.name)
            .join(Account, Account.id == LoginSession.account_id)
            .outerjoin(Official, Official.id == Account.official_id)
            .where(
                LoginSession.token_digest == digest(token),
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > now,
                Account.status == "active",
            )
        ).one_or_none()
        if found is None:
            return None
        opened, account, name = found
        posts = posts_of(session, account.official_id) if account.official_id else ()
        return Principal(
            account_id=account.id,
            username=account.username,
            session_id=opened.id,
            official_id=account.official_id,
            official_name=name or "",
            post=next((post for post in posts if post.id == opened.post_id), None)
            or next(iter(posts), None),
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
        .where(AccountGrant.account_id == account_id)
    )
    return tuple(
        Grant(grant.id, grant.role, grant.unit_id, path, grant.levels, grant.line, grant.duty)
        for grant, path in session.execute(query)
    )


def end_sessions(session: Session, account_id: int, *conditions: Any) -> list[int]:
    """Revoke the account's live sessions that meet the conditions; their sockets are cut."""
    ended = list(
        session.scalars(
            update(LoginSession)
            .where(
                LoginSession.account_id == account_id,
                LoginSession.revoked_at.is_(None),
                *conditions,
            )
            .values(revoked_at=clock.now())
            .returning(LoginSession.id)
        )
    )
    if ended:
        outbox.tell_processes(session, "session_revoked", {"session_ids": ended})
    return ended


def bearer_token() -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


def authenticate() -> Principal | None:
    """The caller of this request: by bearer token, else by cookie with its CSRF token.

    Raises CsrfFailed.
    """
    if token := bearer_token():
        return principal_of_token(token)
    if not (token := request.cookies.get(COOKIE)):
        return None
    found = principal_of_token(token)
    if found and request.method not in SAFE_METHODS:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), csrf_token(token).encode()):
            raise CsrfFailed
    return found


def recognise_socket(auth: Any) -> Principal | None:
    """The caller of a socket: by ``auth: {token}``, else by the browser's cookie.

    Cookies need no CSRF token here, since the server takes sockets of listed origins only.
    """
    token = auth.get("token") if isinstance(auth, dict) else None
    token = token if isinstance(token, str) else request.cookies.get(COOKIE)
    return principal_of_token(token) if token else None
