"""Who may do what, as far as it follows from the caller alone or from what is granted."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit.log import deny
from zzd.errors import Conflict, NotFound
from zzd.identity.models import SEPARATED, Account, AccountGrant, LoginSession
from zzd.orgtree.audiences import Audience
from zzd.orgtree.policy import may_administer as may_administer_unit
from zzd.principal import Grant, Principal

ADMINISTRATORS = ("unit_admin", "system_admin", "security_admin", "audit_admin")


class OwnAccount(Conflict):
    code, title = "own_account", "Somebody else must do this to your account"


class SeparatedDuties(Conflict):
    code = "separated_duties"
    title = "System, security and audit administration are kept in different hands"


def may_issue_directives(principal: Principal) -> bool:
    """An official granted it for some audience; ``may_issue_to`` says for which."""
    return principal.post is not None and principal.has("issuer")


def may_issue_to(principal: Principal, audience: Audience) -> bool:
    """Whether one grant of issuer covers the whole audience."""
    return may_issue_directives(principal) and any(
        audience.within(grant) for grant in principal.grants_of("issuer")
    )


def may_administer(principal: Principal) -> bool:
    return any(principal.has(role) for role in ADMINISTRATORS)


def must_have_second_factor(grants: Iterable[Grant], required: str) -> bool:
    """Whether an account with these grants does nothing without one; ``required`` is the setting."""
    return required == "all" or (
        required == "administrators" and any(grant.role in ADMINISTRATORS for grant in grants)
    )


def may_develop_apps(principal: Principal) -> bool:
    return principal.has("app_developer")


def may_review_apps(principal: Principal) -> bool:
    return principal.has("system_admin")


def may_post_announcements(principal: Principal) -> bool:
    """Announcements, and groups of a whole audience; ``may_address`` says to which."""
    return principal.post is not None and (principal.has("issuer") or principal.has("unit_admin"))


def may_address(principal: Principal, audience: Audience) -> bool:
    """Whether an announcement or an org group may have this audience."""
    return may_issue_to(principal, audience) or (
        principal.post is not None and may_administer_unit(principal, audience.unit_path)
    )


def what_may(principal: Principal) -> dict[str, bool]:
    """What a client offers this caller at all; every act is checked again when it is done."""
    return {
        "issue_directives": may_issue_directives(principal),
        "administer": may_administer(principal),
        "develop_apps": may_develop_apps(principal),
        "review_apps": may_review_apps(principal),
        "post_announcements": may_post_announcements(principal),
    }


def access_own_session(session: Session, principal: Principal, session_id: int) -> LoginSession:
    """A live session of the caller's own account. Raises NotFound."""
    found = session.get(LoginSession, session_id)
    if found is None or found.revoked_at is not None or found.expires_at <= clock.now():
        raise NotFound
    if found.account_id != principal.account_id:
        raise deny(NotFound(), "session.access", "session", session_id)
    return found


def access_account(session: Session, account_id: int) -> Account:
    """Any account: those who may ask at all may see all. Raises NotFound."""
    if (found := session.get(Account, account_id)) is None:
        raise NotFound
    return found


def access_account_to_reset(session: Session, by: Principal | None, account_id: int) -> Account:
    """An account of somebody else, to take from it what its holder proves who they are by: the
    password, or the second factor. Its row is held.

    Those of the separated administrators are reset on the machine itself, where ``by`` is null:
    whoever resets one could use it, or help somebody who does.
    Raises NotFound, OwnAccount, SeparatedDuties.
    """
    account = access_account_of_somebody_else(session, by, account_id)
    separated = select(AccountGrant.id).where(
        AccountGrant.account_id == account_id,
        AccountGrant.role.in_(SEPARATED),
        AccountGrant.revoked_at.is_(None),
    )
    if by is not None and session.scalar(separated) is not None:
        raise SeparatedDuties("Accounts of administrators are reset by `zzd accounts`")
    return account


def access_account_of_somebody_else(
    session: Session, by: Principal | None, account_id: int
) -> Account:
    """Its row is held. Raises NotFound, OwnAccount."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound
    if by is not None and account.id == by.account_id:
        raise OwnAccount
    return account


def access_grant(session: Session, grant_id: int) -> AccountGrant:
    """Any live grant. Raises NotFound."""
    found = session.get(AccountGrant, grant_id)
    if found is None or found.revoked_at is not None:
        raise NotFound
    return found
