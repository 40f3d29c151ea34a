"""Accounts: made, disabled and given passwords by system administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, transaction
from zzd.errors import Conflict, Invalid
from zzd.identity import sessions
from zzd.identity.models import Account, AccountGrant, SignInFailure
from zzd.identity.passwords import check_new_password, hash_password
from zzd.identity.policy import access_account_of_somebody_else, access_account_to_reset
from zzd.identity.second_factor.models import SecondFactor
from zzd.identity.signing_in import BadCredentials, check_password
from zzd.identity.tokens import digest
from zzd.orgtree.models import Official
from zzd.orgtree.officials import refer_to
from zzd.principal import Principal

# After every character that a user name is made of.
NAME_END = "~"


class WrongPassword(Invalid):
    code, title = "wrong_password", "The present password is wrong"


class UsernameTaken(Conflict):
    code, title = "username_taken", "There is an account of this name"


class OfficialHasAccount(Conflict):
    code, title = "official_has_account", "This official has an account"


class PasswordShown(Conflict):
    code, title = "password_shown", "Its holder must choose a password of their own first"


def create_account(
    session: Session,
    *,
    by: Principal | None,
    username: str,
    password_hash: str,
    official_id: int | None = None,
    client_id: str | None = None,
) -> tuple[Account, bool]:
    """An active account; ``by`` is null on the machine itself. True says it was a repeat.

    Raises UsernameTaken, OfficialHasAccount, Invalid, IdempotencyConflict.
    """
    body = fingerprint({"username": username, "official_id": official_id})
    client_id = client_id or uuid4().hex
    if by is not None:
        found = find_repeat(
            session,
            Account,
            sender_id=by.account_id,
            client_id=client_id,
            body_fingerprint=body,
        )
        if found is not None:
            return found, True
    if session.scalar(select(Account.id).where(Account.username == username)) is not None:
        raise UsernameTaken
    if official_id is not None:
        _check_official(session, official_id)
    account = Account(
        username=username,
        password_hash=password_hash,
        password_shown=by is not None,
        official_id=official_id,
        created_at=clock.now(),
    )
    if by is not None:
        account.sender_id, account.client_id, account.fingerprint = by.account_id, client_id, body
    session.add(account)
    session.flush()
    _audit(session, "account.create", by, account)
    return account, False


def _check_official(session: Session, official_id: int) -> None:
    official = session.get(Official, official_id)
    if official is None or official.status != "active":
        raise Invalid.at("/official_id", "There is no such active official")
    if session.scalar(select(Account.id).where(Account.official_id == official_id)) is not None:
        raise OfficialHasAccount


def set_status(session: Session, *, by: Principal, account_id: int, status: str) -> Account:
    """Disable an account, which ends its sessions and cuts its sockets, or enable it again.

    Raises NotFound, OwnAccount.
    """
    account = access_account_of_somebody_else(session, by, account_id)
    if account.status != status:
        account.status = status
        if status == "disabled":
            sessions.end_sessions(session, account.id)
        _audit(
            session, "account.disable" if status == "disabled" else "account.enable", by, account
        )
    return account


def reset_password(
    session: Session, *, by: Principal | None, account_id: int, password_hash: str
) -> None:
    """Give an account another password; its sessions end and a lock-out is lifted. A second factor
    stays: who was shown the password alone does not come in.

    Raises NotFound, OwnAccount, SeparatedDuties.
    """
    account = access_account_to_reset(session, by, account_id)
    account.password_hash, account.password_shown = password_hash, by is not None
    sessions.end_sessions(session, account.id)
    session.execute(
        delete(SignInFailure).where(SignInFailure.name_digest == digest(account.username))
    )
    _audit(session, "account.reset_password", by, account)


def change_password(by: Principal, *, current: str, new: str) -> None:
    """Give the caller's account a new password; their other sessions end.

    Raises WrongPassword, AccountLocked, Invalid.
    """
    check_new_password(new, username=by.username)
    try:
        check_password(by.username, current)
    except BadCredentials:
        raise WrongPassword.at("/current", "The present password is wrong") from None
    password_hash = hash_password(new)
    with transaction() as session:
        account = session.get_one(Account, by.account_id, with_for_update=True)
        account.password_hash, account.password_shown = password_hash, False
        sessions.end_sessions(session, account.id, but=by.session_id)
        _audit(session, "account.change_password", by, account)


def page_accounts(
    session: Session, *, beginning: str | None, after_username: str | None, limit: int
) -> list[Account]:
    """Up to ``limit + 1`` accounts by user name, of those that begin so."""
    query = select(Account).order_by(Account.username).limit(limit + 1)
    if beginning is not None:
        query = query.where(Account.username >= beginning, Account.username < beginning + NAME_END)
    if after_username is not None:
        query = query.where(Account.username > after_username)
    return list(session.scalars(query))


def describe(session: Session, accounts: Sequence[Account]) -> list[dict[str, Any]]:
    """Accounts as JSON has them; three statements for all of them."""
    ids = [account.id for account in accounts]
    roles = roles_of(session, ids)
    in_force = select(SecondFactor.account_id).where(
        SecondFactor.account_id.in_(ids), SecondFactor.since.is_not(None)
    )
    with_second_factor = set(session.scalars(in_force))
    officials = refer_to(session, [a.official_id for a in accounts if a.official_id is not None])
    return [
        {
            "id": account.id,
            "username": account.username,
            "status": account.status,
            "official": officials.get(account.official_id) if account.official_id else None,
            "roles": roles[account.id],
            "second_factor": account.id in with_second_factor,
            "created_at": account.created_at,
        }
        for account in accounts
    ]


def roles_of(session: Session, account_ids: Sequence[int]) -> dict[int, list[str]]:
    """What each of these accounts is granted, each role once."""
    roles: dict[int, list[str]] = {account_id: [] for account_id in account_ids}
    query = (
        select(AccountGrant.account_id, AccountGrant.role)
        .where(AccountGrant.account_id.in_(account_ids), AccountGrant.revoked_at.is_(None))
        .order_by(AccountGrant.role)
        .distinct()
    )
    for account_id, role in session.execute(query):
        roles[account_id].append(role)
    return roles


def _audit(session: Session, action: str, by: Principal | None, account: Account) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="account",
        object_id=account.id,
        username=account.username,
    )
