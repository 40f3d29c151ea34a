"""Who may see and write a unit's plans."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.errors import NotPermitted, deny
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks import policy as tasks
from zzd.tasks.plans.models import Plan


def access_plan(
    session: Session, principal: Principal, plan_id: int, action: str, *, lock: bool = False
) -> Plan:
    """A plan of the caller's part of the organisation. Raises NotFound."""
    return tasks.access_in_part(session, principal, Plan, plan_id, action, kind="plan", lock=lock)


def access_to_write(session: Session, principal: Principal, plan_id: int, action: str) -> Plan:
    """The same, locked, for an issuer over the plan's unit. Raises NotFound, NotPermitted."""
    plan = access_plan(session, principal, plan_id, action, lock=True)
    path = session.get_one(Unit, plan.unit_id).path
    if not may_write(principal, path):
        raise deny(
            NotPermitted("Only issuers for the plan's unit write it"), action, "plan", plan_id
        )
    return plan


def may_write(principal: Principal, unit_path: str) -> bool:
    return any(grant.covers(unit_path) for grant in principal.grants_of("issuer"))


def require_author(principal: Principal, action: str) -> None:
    """Raises NotPermitted for whoever may write no plan of the own unit."""
    tasks.require_declarer(principal, action)
