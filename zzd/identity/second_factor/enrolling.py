"""Turning the second factor on, replacing it, turning it off, and losing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from flask import current_app
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.errors import Conflict, Invalid
from zzd.identity import policy, sessions
from zzd.identity.accounts import WrongPassword
from zzd.identity.models import Account
from zzd.identity.recognised import forget_account
from zzd.identity.second_factor import factors, rules
from zzd.identity.second_factor.models import SecondFactor
from zzd.identity.signing_in import (
    BadCode,
    BadCredentials,
    SecondFactorRequired,
    prove,
)
from zzd.principal import Principal
from zzd.realtime import outbox
from zzd.settings import Settings

Done = TypeVar("Done")


class WrongCode(Invalid):
    code, title = "wrong_code", "The code is wrong, was used before, or its time is over"


class NothingOffered(Conflict):
    code = "no_second_factor_offered"
    title = "No second factor waits for a code, or it has waited too long"


class NoSecondFactor(Conflict):
    code, title = "no_second_factor", "The account has no second factor"


class SecondFactorKept(Conflict):
    code = "second_factor_kept"
    title = "This account must have a second factor; replace it instead"


class Offer(NamedTuple):
    """A secret that nobody is shown again."""

    secret: str
    uri: str


def offer(by: Principal, *, password: str, code: str | None) -> Offer:
    """Offer the caller a second factor. Nothing changes until a code of it is brought; one that is
    in force already asks for a code of its own.

    Raises WrongPassword, WrongCode, Invalid, AccountLocked.
    """
    secret = _prove(by, password, code, factors.offer)
    return Offer(secret, rules.uri_of(secret, by.username))


def confirm(session: Session, by: Principal, code: str) -> list[str]:
    """Put what was offered in force, by a code of it; the recovery codes, shown this once.

    Sessions stay as they are. Raises NothingOffered, WrongCode.
    """
    account = session.get_one(Account, by.account_id, with_for_update=True)
    factor = factors.find_offer(session, account.id)
    if factor is None:
        raise NothingOffered
    was_on = factor.secret is not None
    if not factors.put_in_force(factor, rules.read_code(code)):
        raise WrongCode.at("/code", WrongCode.title)
    codes = factors.renew_recovery_codes(session, account.id)
    act = "account.replace_second_factor" if was_on else "account.turn_on_second_factor"
    _announce(session, act, by, account)
    return codes


def renew_recovery_codes(by: Principal, *, password: str, code: str) -> list[str]:
    """Ten other recovery codes; those before them are worth nothing.

    Raises NoSecondFactor, WrongPassword, WrongCode, AccountLocked.
    """

    def renew(session: Session, account: Account) -> list[str]:
        _in_force(session, account)
        _audit(session, "account.renew_recovery_codes", by, account)
        return factors.renew_recovery_codes(session, account.id)

    return _prove(by, password, code, renew)


def turn_off(by: Principal, *, password: str, code: str) -> None:
    """Raises NoSecondFactor, SecondFactorKept, WrongPassword, WrongCode, AccountLocked."""
    settings: Settings = current_app.extensions["zzd.settings"]
    if policy.must_have_second_factor(by.grants, settings.second_factor_required):
        raise SecondFactorKept

    def off(session: Session, account: Account) -> None:
        factors.turn_off(session, _in_force(session, account))
        _announce(session, "account.turn_off_second_factor", by, account)

    _prove(by, password, code, off)


def take_off(session: Session, *, by: Principal | None, account_id: int, reason: str) -> None:
    """Take the second factor off an account whose holder has lost it; its sessions end.

    Nobody does so to an account that they could give more rights to, or that has some of the
    separated ones (see policy.access_account_to_reset). ``by`` is null on the machine itself.
    Raises NotFound, OwnAccount, SeparatedDuties, NoSecondFactor.
    """
    account = policy.access_account_to_reset(session, by, account_id)
    factor = _in_force(session, account)
    factors.turn_off(session, factor, taken_at=clock.now() if by is not None else None)
    sessions.end_sessions(session, account.id)
    _audit(session, "account.take_second_factor", by, account, reason=reason)


def _prove(
    by: Principal, password: str, code: str | None, then: Callable[[Session, Account], Done]
) -> Done:
    try:
        return prove(by.username, password, code=code, then=then)
    except BadCredentials:
        raise WrongPassword.at("/password", "The present password is wrong") from None
    except SecondFactorRequired:
        raise Invalid.at("/code", "A code of the second factor in force is needed") from None
    except BadCode:
        raise WrongCode.at("/code", WrongCode.title) from None


def _in_force(session: Session, account: Account) -> SecondFactor:
    if (found := factors.find(session, account.id)) is None:
        raise NoSecondFactor
    return found


def _announce(session: Session, action: str, by: Principal, account: Account) -> None:
    """To the audit log, and to whoever recognised the account: what it may do may depend on it."""
    _audit(session, action, by, account)
    forget_account(session, account.id)
    outbox.tell_processes(session, "renew", {"account_id": account.id})


def _audit(
    session: Session, action: str, by: Principal | None, account: Account, **detail: str
) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="account",
        object_id=account.id,
        username=account.username,
        **detail,
    )
