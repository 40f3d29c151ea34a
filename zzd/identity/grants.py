"""Rights given to accounts by a security administrator, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Conflict, Invalid, NotFound
from zzd.identity.accounts import PasswordShown
from zzd.identity.models import SEPARATED, Account, AccountGrant
from zzd.identity.policy import OwnAccount, SeparatedDuties
from zzd.identity.recognised import forget_account
from zzd.identity.second_factor import factors
from zzd.orgtree.audiences import LEVELS, Audience, levels_mask, resolve
from zzd.orgtree.models import Line, Unit
from zzd.principal import Principal
from zzd.realtime import outbox

ROLE_NAMES = {
    "issuer": "指令签发人",
    "unit_admin": "单位管理员",
    "app_developer": "应用开发者",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "audit_admin": "审计管理员",
}


class SecondFactorTaken(Conflict):
    code, title = "second_factor_taken", "Its holder must turn on a second factor again first"


class AlreadyGranted(Conflict):
    code, title = "already_granted", "The account has this grant"


def give_grant(
    session: Session,
    *,
    by: Principal | None,
    account_id: int,
    role: str,
    audience: dict[str, Any] | None = None,
    unit_id: int | None = None,
    client_id: str | None = None,
) -> tuple[AccountGrant, bool]:
    """Grant an account a role: issuer for an audience, unit_admin over a unit and all below it.

    Nobody grants anything to themselves, and no account holds two of the separated
    administrators' roles. Nor does anybody by another's account: who was shown its password, to
    hand it over, could use it; and who took its second factor off may know its password from
    elsewhere. ``by`` is null on the machine itself; True says it was a repeat.
    Raises Invalid, OwnAccount, SeparatedDuties, PasswordShown, SecondFactorTaken, AlreadyGranted,
    IdempotencyConflict.
    """
    body = fingerprint([account_id, role, audience, unit_id])
    client_id = client_id or uuid4().hex
    if by is not None:
        found = find_repeat(
            session,
            AccountGrant,
            sender_id=by.account_id,
            client_id=client_id,
            body_fingerprint=body,
        )
        if found is not None:
            return found, True
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.status != "active":
        raise Invalid.at("/account_id", "There is no such active account")
    if by is not None and account.id == by.account_id:
        raise OwnAccount
    if role == "issuer" and account.official_id is None:
        raise Invalid.at("/account_id", "Only an official issues directives")
    grant = AccountGrant(account_id=account.id, role=role, levels=0, granted_at=clock.now())
    _set_reach(session, grant, audience, unit_id)
    _check_against_held(session, grant)
    if by is not None and role in SEPARATED and account.password_shown:
        raise PasswordShown
    if by is not None and role in SEPARATED and factors.was_taken(session, account.id):
        raise SecondFactorTaken
    if by is not None:
        grant.sender_id, grant.client_id, grant.fingerprint = by.account_id, client_id, body
    session.add(grant)
    session.flush()
    _announce(session, "grant.give", by, grant)
    return grant, False


def _set_reach(
    session: Session, grant: AccountGrant, audience: dict[str, Any] | None, unit_id: int | None
) -> None:
    if unit_id is not None:
        grant.unit_id = resolve(session, unit_id=unit_id).unit_id
    if audience is not None:
        reach = resolve(session, **audience, pointer="/audience")
        grant.unit_id, grant.line, grant.duty = reach.unit_id, reach.line, reach.role
        # No levels named means all, of whatever the unit's level will be.
        grant.levels = reach.levels if audience["levels"] is not None else 0


def _check_against_held(session: Session, grant: AccountGrant) -> None:
    """The account's row is locked: nobody else gives it anything meanwhile."""
    for held in session.scalars(_live_grants_of(grant.account_id)):
        if _meaning(held) == _meaning(grant):
            raise AlreadyGranted
        if held.role in SEPARATED and grant.role in SEPARATED:
            raise SeparatedDuties


def _meaning(grant: AccountGrant) -> tuple[object, ...]:
    return grant.role, grant.unit_id, grant.levels, grant.line, grant.duty


def take_back_grant(session: Session, *, by: Principal, grant_id: int) -> None:
    """Take a grant back; it counts no more from the next request on.

    Raises NotFound, OwnAccount.
    """
    grant = session.get(AccountGrant, grant_id, with_for_update=True)
    if grant is None or grant.revoked_at is not None:
        raise NotFound
    if grant.account_id == by.account_id:
        raise OwnAccount
    grant.revoked_at = clock.now()
    _announce(session, "grant.take_back", by, grant)


def _announce(session: Session, action: str, by: Principal | None, grant: AccountGrant) -> None:
    """To the audit log, and to the account's sockets: what they watch by right may change."""
    audit.append(
        session,
        action,
        by=by,
        object_kind="account",
        object_id=grant.account_id,
        grant_id=grant.id,
        role=grant.role,
        unit_id=grant.unit_id,
        levels=grant.levels,
        line=grant.line,
        duty=grant.duty,
    )
    forget_account(session, grant.account_id)
    outbox.tell_processes(session, "renew", {"account_id": grant.account_id})


def page_grants(
    session: Session,
    *,
    account_id: int | None,
    role: str | None,
    after_id: int | None,
    limit: int,
) -> list[AccountGrant]:
    """Up to ``limit + 1`` live grants by id."""
    query = select(AccountGrant).where(AccountGrant.revoked_at.is_(None))
    if account_id is not None:
        query = query.where(AccountGrant.account_id == account_id)
    if role is not None:
        query = query.where(AccountGrant.role == role)
    if after_id is not None:
        query = query.where(AccountGrant.id > after_id)
    return list(session.scalars(query.order_by(AccountGrant.id).limit(limit + 1)))


def _live_grants_of(account_id: int) -> Select[AccountGrant]:
    return (
        select(AccountGrant)
        .where(AccountGrant.account_id == account_id, AccountGrant.revoked_at.is_(None))
        .order_by(AccountGrant.id)
    )


def describe_held(session: Session, account_id: int) -> list[dict[str, Any]]:
    """The account's live grants, oldest first."""
    return describe(session, session.scalars(_live_grants_of(account_id)).all())


def describe(session: Session, grants: Iterable[AccountGrant]) -> list[dict[str, Any]]:
    """Grants as JSON has them, with their reach as an audience and in words."""
    grants = list(grants)
    audiences = _audiences_of(session, grants)
    query = select(Account.id, Account.username).where(
        Account.id.in_({grant.account_id for grant in grants})
    )
    usernames = dict(session.execute(query).all())
    return [
        _describe(grant, usernames[grant.account_id], audiences.get(grant.id)) for grant in grants
    ]


def _describe(grant: AccountGrant, username: str, audience: Audience | None) -> dict[str, Any]:
    words = [ROLE_NAMES[grant.role]]
    if audience is not None:
        words.append(audience.text)
    return {
        "id": grant.id,
        "account": {"id": grant.account_id, "username": username},
        "role": grant.role,
        "unit_id": grant.unit_id,
        "audience": audience.as_dict() if audience and grant.role == "issuer" else None,
        "text": " · ".join(words),
        "granted_at": grant.granted_at,
        "revoked_at": grant.revoked_at,
    }


def _audiences_of(session: Session, grants: list[AccountGrant]) -> dict[int, Audience]:
    """The reach of each grant over a unit, as a value of today's tree."""
    over_units = [(grant, grant.unit_id) for grant in grants if grant.unit_id is not None]
    if not over_units:
        return {}
    query = select(Unit).where(Unit.id.in_({unit_id for _, unit_id in over_units}))
    units = {unit.id: unit for unit in session.scalars(query)}
    lines = dict(session.execute(select(Line.code, Line.name)).all())
    found = {}
    for grant, unit_id in over_units:
        unit = units[unit_id]
        all_levels = levels_mask(level for level in LEVELS if level >= unit.level)
        found[grant.id] = Audience(
            unit.id,
            unit.name,
            unit.path,
            grant.levels or all_levels,
            grant.line,
            lines.get(grant.line) if grant.line else None,
            grant.duty,
        )
    return found
