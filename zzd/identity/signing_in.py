"""Sign-in: who knows the password, and how often it may be guessed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import lock_name, reading, transaction
from zzd.errors import Problem
from zzd.identity.models import Account, SignInFailure
from zzd.identity.passwords import verify_password
from zzd.identity.sessions import SignIn, open_session
from zzd.identity.tokens import digest
from zzd.settings import Settings

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


def sign_in(username: str, password: str, *, kind: str, device: str, settings: Settings) -> SignIn:
    """Open a session for whoever knows the password.

    Five failures within 15 minutes lock the user name for 15, whether it is anybody's or not.
    While it is locked no password is looked at, the right one included.
    Raises BadCredentials, AccountLocked.
    """
    account = check_password(username, password)
    with transaction() as session:
        held = session.get_one(Account, account.id, with_for_update=True)
        # Disabled, or given another password, while this one was being verified.
        if held.status != "active" or held.password_hash != account.password_hash:
            raise BadCredentials
        return open_session(session, held, kind=kind, device=device, settings=settings)


def check_password(username: str, password: str) -> Account:
    """The active account of this name and password; a failure counts towards the lock-out.

    Raises BadCredentials, AccountLocked.
    """
    with reading() as session:
        account = session.scalar(select(Account).where(Account.username == username))
        _refuse_locked(session.get(SignInFailure, digest(username)))
    # Outside any transaction: argon2 takes its time on purpose.
    right = verify_password(account.password_hash if account else None, password)
    with transaction() as session:
        # Guesses sent at once queue here, and those after the fifth are not answered.
        lock_name(session, f"sign-in:{digest(username)}")
        failure = session.get(SignInFailure, digest(username))
        _refuse_locked(failure)
        if right and account is not None and account.status == "active":
            if failure is not None:
                session.delete(failure)
            return account
        _count(session, failure, username, account)
    raise BadCredentials


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
