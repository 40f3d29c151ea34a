"""An account's second factor as it is kept. Whoever decides upon it holds the account's row, so
that of two who bring one code, in whichever processes, the later finds it taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.identity.models import Account
from zzd.identity.second_factor import rules
from zzd.identity.second_factor.models import RecoveryCode, SecondFactor
from zzd.identity.tokens import digest
from zzd.sealing import seal, unseal

PURPOSE = "zzd second factors 1"
# An offer whose code nobody brings is forgotten: who saw it on a screen keeps nothing by it.
OFFERED_FOR = timedelta(minutes=30)


def find(session: Session, account_id: int) -> SecondFactor | None:
    """The account's second factor, if one is in force."""
    found = session.get(SecondFactor, account_id)
    return found if found is not None and found.secret is not None else None


def was_taken(session: Session, account_id: int) -> bool:
    """Whether somebody else took it off and its holder has turned on none since."""
    found = session.get(SecondFactor, account_id)
    return found is not None and found.taken_at is not None


def offer(session: Session, account: Account) -> str:
    """A secret that is in force once a code of it is brought; one offered before is forgotten."""
    secret = rules.make_secret()
    factor = session.get(SecondFactor, account.id)
    if factor is None:
        factor = SecondFactor(account_id=account.id)
        session.add(factor)
    factor.offered, factor.offered_at = _seal(secret, account.id), clock.now()
    session.flush()
    return secret


def find_offer(session: Session, account_id: int) -> SecondFactor | None:
    factor = session.get(SecondFactor, account_id)
    if factor is None or factor.offered is None or factor.offered_at is None:
        return None
    return factor if factor.offered_at > clock.now() - OFFERED_FOR else None


def put_in_force(factor: SecondFactor, code: str) -> bool:
    """Put what was offered in force, if this is a code of it, which is thereby taken."""
    step = _step(factor.offered, code, factor.account_id, after=None)
    if step is None:
        return False
    factor.secret, factor.since, factor.last_step = factor.offered, clock.now(), step
    factor.offered = factor.offered_at = factor.taken_at = None
    return True


def take_code(session: Session, account: Account, factor: SecondFactor, typed: str) -> bool:
    """Whether this is a code of the factor in force, or one of its recovery codes; it is taken
    thereby, and is none any more."""
    code = rules.read_code(typed)
    if rules.is_of_app(code):
        step = _step(factor.secret, code, account.id, after=factor.last_step)
        if step is None:
            return False
        factor.last_step = step
        return True
    return _take_recovery_code(session, account, code)


def _take_recovery_code(session: Session, account: Account, code: str) -> bool:
    taken = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    )
    if taken is None:
        return False
    audit.append(
        session,
        "account.use_recovery_code",
        by=None,
        object_kind="account",
        object_id=account.id,
        username=account.username,
        left=count_recovery_codes(session, account.id),
    )
    return True


def renew_recovery_codes(session: Session, account_id: int) -> list[str]:
    """Ten others; this is the only moment at which they are known."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = rules.make_recovery_codes()
    session.add_all(
        RecoveryCode(account_id=account_id, digest=digest(rules.read_code(code))) for code in codes
    )
    return codes


def count_recovery_codes(session: Session, account_id: int) -> int:
    left = select(func.count()).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(left) or 0


def turn_off(session: Session, factor: SecondFactor, *, taken_at: datetime | None = None) -> None:
    """``taken_at``: when it was somebody else who took it off."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == factor.account_id))
    factor.secret = factor.since = factor.last_step = None
    factor.offered = factor.offered_at = None
    factor.taken_at = taken_at


def describe(session: Session, account_id: int) -> dict[str, Any]:
    """What its holder is told: whether it is on, since when, and for how many losses."""
    left = (
        select(func.count())
        .where(RecoveryCode.account_id == SecondFactor.account_id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
    )
    query = select(SecondFactor.since, left).where(SecondFactor.account_id == account_id)
    since, codes = session.execute(query).one_or_none() or (None, 0)
    return {"on": since is not None, "since": since, "recovery_codes_left": codes}


def _step(sealed: str | None, code: str, account_id: int, *, after: int | None) -> int | None:
    if sealed is None:
        return None
    secret = unseal(sealed, purpose=PURPOSE, of=str(account_id), key=_key())
    if secret is None:
        # Sealed under another key than the server has now: only recovery codes help.
        return None
    return rules.matching_step(secret.decode(), code, now=clock.now(), after=after)


def _seal(secret: str, account_id: int) -> str:
    return seal(secret.encode(), purpose=PURPOSE, of=str(account_id), key=_key())


def _key() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key
