"""Plans of units: written by their issuers, each change a new version, old ones kept."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid, NotFound
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.models import Line, Unit
from zzd.principal import Principal
from zzd.tasks.models import Event, snapshot
from zzd.tasks.plans import content as contents
from zzd.tasks.plans import policy
from zzd.tasks.plans.models import Plan, PlanVersion
from zzd.tasks.plans.problems import PlanChanged
from zzd.tasks.policy import acting_post, in_part_of

Kept = tuple[Plan, PlanVersion]


def create_plan(
    session: Session,
    *,
    by: Principal,
    kind: str,
    content: dict[str, Any],
    note: str,
    client_id: str | None,
) -> tuple[Kept, bool]:
    """A plan of the caller's unit, and whether it is new: a repeat gives the first.

    Raises NotPermitted, Invalid, IdempotencyConflict.
    """
    action = "plan.create"
    policy.require_author(by, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    kept = contents.keep(content)
    body = fingerprint({"kind": kind, "content": kept, "note": note})
    if repeated := find_repeat(
        session, PlanVersion, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return (session.get_one(Plan, repeated.plan_id), repeated), False
    _require_lines(session, kept)
    unit_id = acting_post(by).unit_id
    plan = Plan(unit_id=unit_id, kind=kind, no=1, created_at=clock.now())
    session.add(plan)
    session.flush()
    version = _version(session, plan, kept, note, by=by, key=key, body=body)
    audit.append(session, action, by=by, object_kind="plan", object_id=plan.id, kind=kind)
    return (plan, version), True


def change_plan(
    session: Session,
    *,
    by: Principal,
    plan_id: int,
    no: int,
    content: dict[str, Any],
    note: str,
    retired: bool,
    client_id: str | None,
) -> tuple[Kept, bool]:
    """Another version, by somebody who has read version ``no``; whether it is new.

    Raises NotFound, NotPermitted, PlanChanged, Invalid, IdempotencyConflict.
    """
    action = "plan.change"
    plan = policy.access_to_write(session, by, plan_id, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    kept = contents.keep(content)
    said = {"plan_id": plan_id, "no": no, "content": kept, "note": note, "retired": retired}
    body = fingerprint(said)
    if repeated := find_repeat(
        session, PlanVersion, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return (plan, repeated), False
    if plan.no != no:
        raise PlanChanged(no=plan.no)
    _require_lines(session, kept)
    plan.no, plan.retired = no + 1, retired
    version = _version(session, plan, kept, note, by=by, key=key, body=body)
    audit.append(session, action, by=by, object_kind="plan", object_id=plan_id, no=plan.no)
    return (plan, version), True


def list_plans(
    session: Session, *, by: Principal, kind: str | None, before_id: int | None, limit: int
) -> list[Kept]:
    """Up to ``limit + 1`` plans of the caller's part of the organisation, each as it is now."""
    query = (
        _current()
        .join(Unit, Unit.id == Plan.unit_id)
        .where(in_part_of(acting_post(by), Plan.unit_id.expression))
        .order_by(Plan.id.desc())
        .limit(limit + 1)
    )
    if kind is not None:
        query = query.where(Plan.kind == kind)
    if before_id is not None:
        query = query.where(Plan.id < before_id)
    return [(row[0], row[1]) for row in session.execute(query)]


def access_plan(session: Session, by: Principal, plan_id: int, action: str) -> Kept:
    """A plan that the caller may see, as it is now. Raises NotFound."""
    plan = policy.access_plan(session, by, plan_id, action)
    return plan, version_of(session, plan.id, plan.no)


def version_of(session: Session, plan_id: int, no: int) -> PlanVersion:
    """What a plan said in this version. Raises NotFound."""
    if (version := session.get(PlanVersion, (plan_id, no))) is None:
        raise NotFound
    return version


def list_versions(
    session: Session, plan_id: int, *, before_no: int | None, limit: int
) -> list[PlanVersion]:
    """Up to ``limit + 1`` of them, the latest first."""
    query = select(PlanVersion).where(PlanVersion.plan_id == plan_id)
    if before_no is not None:
        query = query.where(PlanVersion.no < before_no)
    return list(session.scalars(query.order_by(PlanVersion.no.desc()).limit(limit + 1)))


def plan_for(session: Session, by: Principal, event: Event) -> Kept | None:
    """The plan that the caller's unit goes by in an event of this kind: its own, the latest; else
    that of the nearest unit above it."""
    return plans_for_kinds(session, by, {event.kind}).get(event.kind)


def plans_for_kinds(session: Session, by: Principal, kinds: set[str]) -> dict[str, Kept]:
    """The same for several kinds in one statement."""
    above = ancestor_ids(acting_post(by).unit_path)
    query = _current().where(Plan.unit_id.in_(above), Plan.kind.in_(kinds), Plan.retired.is_(False))
    found = [(row[0], row[1]) for row in session.execute(query)]
    found.sort(key=lambda kept: (above.index(kept[0].unit_id), kept[0].id))
    return {plan.kind: (plan, version) for plan, version in found}


def _current() -> Any:
    current = and_(PlanVersion.plan_id == Plan.id, PlanVersion.no == Plan.no)
    return select(Plan, PlanVersion).join(PlanVersion, current)


def _version(
    session: Session,
    plan: Plan,
    content: dict[str, Any],
    note: str,
    *,
    by: Principal,
    key: str,
    body: str,
) -> PlanVersion:
    version = PlanVersion(
        plan_id=plan.id,
        no=plan.no,
        content=content,
        note=note,
        at=clock.now(),
        sender_id=by.official_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(version)
    session.flush()
    return version


def _require_lines(session: Session, content: dict[str, Any]) -> None:
    """Raises Invalid, naming where, for a line that there is not."""
    known = set(session.scalars(select(Line.code)))
    for i, level in enumerate(content["levels"]):
        for j, order in enumerate(level["orders"]):
            for name in ("audiences", "copies"):
                for k, audience in enumerate(order[name]):
                    if audience["line"] and audience["line"] not in known:
                        pointer = f"/content/levels/{i}/orders/{j}/{name}/{k}/line"
                        raise Invalid.at(pointer, "There is no such line")
