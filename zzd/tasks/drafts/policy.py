"""Who may see, write, countersign and issue a unit's drafts.

They are the unit's own: neither the units above nor those below see them. Its issuers write and
issue; its leader, its deputies and its other issuers countersign.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.principal import Principal
from zzd.tasks.drafts.models import Draft
from zzd.tasks.drafts.problems import SameOfficial
from zzd.tasks.policy import acting_post

COUNTERSIGNING = ("leader", "deputy")


def may_write(principal: Principal) -> bool:
    """Whether the caller writes drafts of the acting post's unit."""
    path = acting_post(principal).unit_path
    return any(grant.covers(path) for grant in principal.grants_of("issuer"))


def may_see(principal: Principal) -> bool:
    """Whether the caller sees the drafts of the acting post's unit."""
    return may_write(principal) or acting_post(principal).role in COUNTERSIGNING


def require_sight(principal: Principal, action: str) -> None:
    """Raises NotPermitted for whoever sees no drafts at all."""
    if not may_see(principal):
        problem = NotPermitted("Only a unit's issuers, leader and deputies see its drafts")
        raise deny(problem, action, "account", principal.username)


def require_writer(principal: Principal, action: str) -> None:
    """Raises NotPermitted for whoever writes no drafts of the own unit."""
    if not may_write(principal):
        problem = NotPermitted("Only issuers of the unit write its drafts")
        raise deny(problem, action, "account", principal.username)


def access_draft(
    session: Session, principal: Principal, draft_id: int, action: str, *, lock: bool = False
) -> Draft:
    """A draft of the caller's own unit. Raises NotFound."""
    draft = session.get(
        Draft, draft_id, with_for_update=True if lock else None, populate_existing=lock
    )
    if draft is None:
        raise NotFound
    if draft.unit_id != acting_post(principal).unit_id or not may_see(principal):
        raise deny(NotFound(), action, "draft", draft_id)
    return draft


def access_to_write(session: Session, principal: Principal, draft_id: int, action: str) -> Draft:
    """The same, locked, for an issuer of the unit. Raises NotFound, NotPermitted."""
    draft = access_draft(session, principal, draft_id, action, lock=True)
    if not may_write(principal):
        problem = NotPermitted("Only issuers of the unit write its drafts")
        raise deny(problem, action, "draft", draft_id)
    return draft


def may_countersign(principal: Principal, draft: Draft) -> bool:
    """Two officials: whoever wrote any of it is not the second one."""
    return may_see(principal) and principal.official_id not in draft.writers


def require_second(principal: Principal, draft: Draft, action: str) -> None:
    """Raises SameOfficial for whoever wrote in it."""
    if not may_countersign(principal, draft):
        raise deny(SameOfficial(), action, "draft", draft.id)


def may_issue(principal: Principal, draft: Draft) -> bool:
    by = draft.countersigned
    return may_write(principal) and (by is None or by["id"] != principal.official_id)


def require_first(principal: Principal, draft: Draft, action: str) -> None:
    """Raises SameOfficial for whoever countersigned it."""
    if not may_issue(principal, draft):
        raise deny(SameOfficial(), action, "draft", draft.id)
