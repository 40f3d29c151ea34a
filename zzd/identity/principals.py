"""From what is kept to the Principal of a request: who, in which post, granted what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import current_app
from sqlalchemy import Row, Select, String, and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from zzd import clock
from zzd.db import is_one_of_named, is_postgresql, reading
from zzd.gathering import Gathering
from zzd.identity.models import Account, AccountGrant, LoginSession
from zzd.identity.policy import must_have_second_factor
from zzd.identity.recognised import recognised
from zzd.identity.second_factor.models import SecondFactor
from zzd.identity.tokens import digest
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Grant, PostRef, Principal
from zzd.settings import Settings

Granted = aliased(Unit, name="granted")

OF_ACCOUNT = (Account.id, Account.username, Account.official_id, Official.name)
OF_POST = (
    Post.id,
    Post.unit_id,
    Unit.name,
    Unit.path,
    Unit.level,
    Post.line_code,
    Post.role,
    Post.title,
    Post.is_primary,
)
OF_GRANT = (
    AccountGrant.id,
    AccountGrant.role,
    AccountGrant.unit_id,
    Granted.path,
    AccountGrant.levels,
    AccountGrant.line,
    AccountGrant.duty,
)
# Looked up by its key for each row found: one more join would have PostgreSQL plan in worse order.
SECOND_FACTOR_SINCE = (
    select(SecondFactor.since).where(SecondFactor.account_id == Account.id).scalar_subquery()
)
# Where each part begins in a row.
POSTS = len(OF_ACCOUNT)
GRANTS = POSTS + len(OF_POST)
SESSION = GRANTS + len(OF_GRANT)


def _select_accounts() -> Select[*tuple[Any, ...]]:
    """Active accounts, a row for each pair of a post and a grant: both are few."""
    held = and_(
        Post.official_id == Official.id, Post.ended_at.is_(None), Official.status == "active"
    )
    live = and_(AccountGrant.account_id == Account.id, AccountGrant.revoked_at.is_(None))
    return (
        select(*OF_ACCOUNT, *OF_POST, *OF_GRANT)
        .select_from(Account)
        .outerjoin(Official, Official.id == Account.official_id)
        .outerjoin(Post, held)
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .outerjoin(AccountGrant, live)
        .outerjoin(Granted, Granted.id == AccountGrant.unit_id)
        .where(Account.status == "active")
        .order_by(Post.is_primary.desc(), Post.id, AccountGrant.id)
    )


OF_LIVE_SESSION = (
    _select_accounts()
    .add_columns(
        LoginSession.id,
        LoginSession.post_id,
        LoginSession.expires_at,
        SECOND_FACTOR_SINCE,
        LoginSession.token_digest,
    )
    .join(LoginSession, LoginSession.account_id == Account.id)
    .where(LoginSession.revoked_at.is_(None), LoginSession.expires_at > bindparam("now"))
)
OF_TOKEN = OF_LIVE_SESSION.where(LoginSession.token_digest == bindparam("token_digest"))
# Of several at once.
TOGETHER_AT_ONCE, READ_TOGETHER = 100, "zzd.tokens_read_together"
OF_TOKENS = {
    arrays: OF_LIVE_SESSION.where(
        is_one_of_named(LoginSession.token_digest, "digests", arrays=arrays, kind=String)
    )
    for arrays in (True, False)
}
OF_SESSION = OF_LIVE_SESSION.where(LoginSession.id == bindparam("session_id"))
OF_ID = _select_accounts().where(Account.id == bindparam("account_id"))


def principal_of_token(token: str) -> Principal | None:
    """Whom a session's token stands for: one statement, whatever the organisation's size.

    The post acted in is the primary one where the one chosen has ended.
    """
    return _read(OF_TOKEN, token_digest=digest(token))


def recent_principal_of_token(token: str) -> Principal | None:
    """The same as it was a moment ago (see zzd.identity.recognised): mostly no statement. Those who
    come while another's is being read are read together, in one."""
    token_digest = digest(token)
    if found := recognised().find(token_digest):
        return found
    gathering: Gathering[str, Principal | None] = current_app.extensions[READ_TOGETHER]
    return gathering.join("tokens", token_digest, _read_several)


def _read_several(digests: list[str]) -> list[Principal | None]:
    if len(digests) == 1:
        return [_read(OF_TOKEN, token_digest=digests[0])]
    known = recognised()
    read_at = known.changes
    with reading(plainly=True) as session:
        query = OF_TOKENS[is_postgresql(session)]
        rows = session.execute(query, {"digests": list(set(digests)), "now": clock.now()}).all()
    by_digest: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_digest[row[-1]].append(row)
    found = {each: _recognise(theirs, read_at) for each, theirs in by_digest.items()}
    return [found.get(each) for each in digests]


def principal_of_session(session_id: int) -> Principal | None:
    """Whom a session stands for, while it lasts: for what was signed on its behalf. Nobody while
    they must turn on a second factor first."""
    found = _read(OF_SESSION, session_id=session_id)
    return None if found is None or found.lacks_second_factor else found


def _read(query: Select[*tuple[Any, ...]], **which: Any) -> Principal | None:
    read_at = recognised().changes
    with reading(plainly=True) as session:
        rows = session.execute(query, {**which, "now": clock.now()}).all()
    return _recognise(rows, read_at) if rows else None


def _recognise(rows: Sequence[Row[Any]], read_at: int) -> Principal:
    """Whom the rows of one session show; kept, unless something changed since they were read."""
    session_id, post_id, session_ends, second_factor, token_digest = rows[0][SESSION:]
    principal = _principal(rows, session_id=session_id, post_id=post_id, or_first=True)
    settings: Settings = current_app.extensions["zzd.settings"]
    if second_factor is None and must_have_second_factor(
        principal.grants, settings.second_factor_required
    ):
        principal = replace(principal, lacks_second_factor=True)
    recognised().keep(token_digest, principal, session_ends, read_at=read_at)
    return principal


def principal_of_account(
    session: Session, account_id: int, *, post_id: int | None = None
) -> Principal | None:
    """The holder of an active account, acting in this post; None where they hold it no more."""
    rows = session.execute(OF_ID, {"account_id": account_id}).all()
    if not rows:
        return None
    principal = _principal(rows, session_id=None, post_id=post_id)
    return None if post_id is not None and principal.post is None else principal


def principal_of_username(session: Session, username: str) -> Principal | None:
    """Whom the operator names on the machine itself, where nobody signs in."""
    account_id = session.scalar(select(Account.id).where(Account.username == username))
    return None if account_id is None else principal_of_account(session, account_id)


def _principal(
    rows: Sequence[Row[Any]],
    *,
    session_id: int | None,
    post_id: int | None,
    or_first: bool = False,
) -> Principal:
    """``or_first``: in the primary post where the one named is held no more."""
    account_id, username, official_id, name = rows[0][:POSTS]
    posts = {row[POSTS]: row[POSTS:GRANTS] for row in rows if row[POSTS] is not None}
    grants = {row[GRANTS]: row[GRANTS:SESSION] for row in rows if row[GRANTS] is not None}
    held = tuple(PostRef(*columns) for columns in posts.values())
    chosen = next((post for post in held if post.id == post_id), None)
    return Principal(
        account_id=account_id,
        username=username,
        session_id=session_id,
        official_id=official_id,
        official_name=name or "",
        post=held[0] if chosen is None and or_first and held else chosen,
        posts=held,
        grants=tuple(Grant(*columns) for columns in grants.values()),
    )
