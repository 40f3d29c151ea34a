"""How plans are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks.plans import policy
from zzd.tasks.plans.models import Plan, PlanResponse, PlanVersion
from zzd.tasks.plans.plans import Kept

HEAD = ("name", "source", "example")


def describe_plans(session: Session, by: Principal, kept: Sequence[Kept]) -> list[dict[str, Any]]:
    wanted = select(Unit).where(Unit.id.in_({plan.unit_id for plan, _ in kept}))
    units = {unit.id: unit for unit in session.scalars(wanted)}
    return [_describe(by, plan, version, units[plan.unit_id]) for plan, version in kept]


def describe_plan(session: Session, by: Principal, kept: Kept) -> dict[str, Any]:
    """One, with all that it says."""
    (shown,) = describe_plans(session, by, [kept])
    return {**shown, "content": kept[1].content}


def _describe(by: Principal, plan: Plan, version: PlanVersion, unit: Unit) -> dict[str, Any]:
    return {
        "id": plan.id,
        "unit": {"id": unit.id, "name": unit.name},
        "kind": plan.kind,
        "no": version.no,
        "retired": plan.retired,
        **{name: version.content[name] for name in HEAD},
        "levels": [each["level"] for each in version.content["levels"]],
        "version": describe_version(version),
        "may": {"write": policy.may_write(by, unit.path)},
    }


def describe_version(version: PlanVersion) -> dict[str, Any]:
    return {"no": version.no, "note": version.note, "at": version.at, "by": version.by}


def describe_response(response: PlanResponse) -> dict[str, Any]:
    return {
        "id": response.id,
        "plan_id": response.plan_id,
        "no": response.no,
        "level_before": response.level_before,
        "level": response.level,
        "reason": response.reason,
        "at": response.at,
        "by": response.by,
        "outcome": response.outcome,
    }
