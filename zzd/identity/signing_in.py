"""Sign-in: who knows the password and has the code, and how often they may be guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import lock_name, reading, transaction
from zzd.errors import Problem
from zzd.identity.models import Account, SignInFailure
from zzd.identity.passwords import verify_password
from zzd.identity.second_factor import factors
from zzd.identity.sessions import SignIn, open_session
from zzd.identity.tokens import digest
from zzd.settings import Settings

Done = TypeVar("Done")

LOCK_AFTER_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCK_FOR = timedelta(minutes=15)
# Rows this old count no more, whatever they say.
FORGET_AFTER = FAILURE_WINDOW + LOCK_FOR
FORGET_BATCH = 100


class BadCredentials(Problem):
    status, code, title = 401, "bad_credentials", "User name or password is wrong"


class AccountLocked(Problem):
    status, code, title = 423, "account_locked", "Too many failures; try again later"

    def __init__(self, until: datetime) -> None:
        seconds = max(1, round((until - clock.now()).total_seconds()))
        super().__init__(headers={"Retry-After": str(seconds)}, retry_at=until.isoformat())


class SecondFactorRequired(Problem):
    """Told only to who knows the password."""

    status, code, title = 401, "second_factor_required", "A code is needed besides the password"


class BadCode(Problem):
    status, code = 401, "bad_code"
    title = "The code is wrong, was used before, or its time is over"


def sign_in(
    username: str, password: str, *, code: str | None, kind: str, device: str, settings: Settings
) -> SignIn:
    """Open a session for whoever knows the password, and has a code where a second factor is on.

    Five failures within 15 minutes lock the user name for 15, whether it is anybody's or not.
    While it is locked no password is looked at, the right one included. A wrong code is a failure
    as a wrong password is, and the right password alone makes none of them forgotten.
    Raises BadCredentials, SecondFactorRequired, BadCode, AccountLocked.
    """

    def open_one(session: Session, account: Account) -> SignIn:
        return open_session(session, account, kind=kind, device=device, settings=settings)

    return prove(username, password, code=code, then=open_one)


def prove(
    username: str, password: str, *, code: str | None, then: Callable[[Session, Account], Done]
) -> Done:
    """Do something for the active account of this name and password, and of this code where it has
    a second factor; in the transaction that takes the code, with the account's row held.

    Raises BadCredentials, SecondFactorRequired, BadCode, AccountLocked.
    """

    def fault_of_code(session: Session, account: Account) -> Problem | None:
        return _fault_of_code(session, account, code)

    return _check(username, password, then, fault_of_code)


def check_password(username: str, password: str) -> Account:
    """The active account of this name and password, its second factor aside; a failure counts
    towards the lock-out.

    Raises BadCredentials, AccountLocked.
    """
    return _check(username, password, lambda _session, account: account, None)


def _check(
    username: str,
    password: str,
    then: Callable[[Session, Account], Done],
    fault_of_code: Callable[[Session, Account], Problem | None] | None,
) -> Done:
    with reading() as session:
        account = session.scalar(select(Account).where(Account.username == username))
        _refuse_locked(session.get(SignInFailure, digest(username)))
    # Outside any transaction: argon2 takes its time on purpose.
    right = verify_password(account.password_hash if account else None, password)
    fault: Problem | None
    with transaction() as session:
        # Guesses sent at once queue here, and those after the fifth are not answered.
        lock_name(session, f"sign-in:{digest(username)}")
        held = session.get_one(Account, account.id, with_for_update=True) if account else None
        failure = session.get(SignInFailure, digest(username))
        _refuse_locked(failure)
        if not right or account is None or held is None or not _stands(held, account):
            fault = BadCredentials()
        else:
            fault = fault_of_code(session, held) if fault_of_code else None
            if fault is None:
                # Who proved a part of it only may be guessing the rest.
                if failure is not None and fault_of_code is not None:
                    session.delete(failure)
                return then(session, held)
        if not isinstance(fault, SecondFactorRequired):
            _count(session, failure, username, held)
    raise fault


def _stands(held: Account, account: Account) -> bool:
    """Neither disabled nor given another password while this one was being verified."""
    return held.status == "active" and held.password_hash == account.password_hash


def _fault_of_code(session: Session, account: Account, code: str | None) -> Problem | None:
    factor = factors.find(session, account.id)
    if factor is None:
        return None
    if code is None:
        return SecondFactorRequired()
    return None if factors.take_code(session, account, factor, code) else BadCode()


def _refuse_locked(failure: SignInFailure | None) -> None:
    if failure and failure.locked_until and failure.locked_until > clock.now():
        raise AccountLocked(failure.locked_until)


def _count(
    session: Session, failure: SignInFailure | None, username: str, account: Account | None
) -> None:
    now = clock.now()
    if failure is None:
        _forget_old(session)
        failure = SignInFailure(name_digest=digest(username), failures=0, since=now)
        session.add(failure)
    elif failure.locked_until or failure.since < now - FAILURE_WINDOW:
        failure.since, failure.failures, failure.locked_until = now, 0, None
    failure.failures += 1
    if failure.failures == LOCK_AFTER_FAILURES:
        failure.locked_until = now + LOCK_FOR
        if account is not None:
            audit.append(
                session, "account.lock", by=None, object_kind="account", object_id=account.id
            )


def _forget_old(session: Session) -> None:
    """Names tried long ago: whoever tries a name for the first time clears a few away."""
    old = (
        select(SignInFailure.name_digest)
        .where(SignInFailure.since < clock.now() - FORGET_AFTER)
        .limit(FORGET_BATCH)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(SignInFailure).where(SignInFailure.name_digest.in_(old)))
