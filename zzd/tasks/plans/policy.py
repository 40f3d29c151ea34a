"""Who may see and write a unit's plans."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.orgtree.audiences import PATH_END, ancestor_ids
from zzd.orgtree.models import Unit
from zzd.principal import PostRef, Principal
from zzd.tasks import policy as tasks
from zzd.tasks.plans.models import Plan
from zzd.tasks.policy import acting_post


def plans_seen_by(post: PostRef) -> ColumnElement[bool]:
    """The condition on Plan joined with Unit: of the post's unit, or of one above or below it."""
    return or_(
        Plan.unit_id.in_(ancestor_ids(post.unit_path)),
        and_(Unit.path >= post.unit_path, Unit.path < post.unit_path + PATH_END),
    )


def access_plan(
    session: Session, principal: Principal, plan_id: int, action: str, *, lock: bool = False
) -> Plan:
    """A plan of the caller's part of the organisation. Raises NotFound."""
    plan = session.get(Plan, plan_id, with_for_update=True if lock else None)
    if plan is None:
        raise NotFound
    seen = select(Plan.id).join(Unit, Unit.id == Plan.unit_id).where(Plan.id == plan_id)
    if session.scalar(seen.where(plans_seen_by(acting_post(principal)))) is None:
        raise deny(NotFound(), action, "plan", plan_id)
    return plan


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
