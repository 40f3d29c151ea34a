"""What a plan proposes for an event at a level: the difference to what is in force."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zzd.errors import Invalid, NotFound
from zzd.orgtree.audiences import narrow, units_in
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks import policy as tasks
from zzd.tasks.drafts.models import Draft
from zzd.tasks.lifecycle.rescues import NAMED_RESCUES, open_rescues
from zzd.tasks.models import Directive, Event
from zzd.tasks.plans import plans, rules
from zzd.tasks.plans.models import Plan, PlanVersion
from zzd.tasks.plans.rules import InForce, Step
from zzd.tasks.policy import acting_post


@dataclass(frozen=True, slots=True)
class Proposal:
    """The plan, in the version meant, and its steps for ``event`` at ``level``."""

    event: Event
    level: int
    plan: Plan
    version: PlanVersion
    steps: list[Step]


def propose(
    session: Session, *, by: Principal, event_id: int, level: int, plan_id: int | None
) -> Proposal:
    """What is to be issued, replaced and ended by the caller's unit. Raises NotFound, NotPermitted;
    Invalid where there is no plan for such an event."""
    action = "plan.propose"
    event = tasks.access_event(session, by, event_id, action)
    tasks.require_declarer(by, action)
    return propose_for(session, by, event, level, plan_id)


def propose_for(
    session: Session, by: Principal, event: Event, level: int, plan_id: int | None
) -> Proposal:
    """What a plan wants at the level against what is in force by it; without ``plan_id`` the plan
    that fits the event. Raises Invalid where there is none."""
    if plan_id is None:
        kept = plans.plan_for(session, by, event)
    else:
        try:
            kept = plans.access_plan(session, by, plan_id, "plan.propose")
        except NotFound as error:
            raise Invalid.at("/plan_id", "There is no such plan") from error
    if kept is None:
        raise Invalid.at("/plan_id", f"There is no plan for events of the kind {event.kind}")
    plan, version = kept
    unit_level = acting_post(by).level
    wanted = [
        order
        for order in rules.orders_at(version.content, level)
        if rules.applies(order, unit_level)
    ]
    return Proposal(
        event, level, plan, version, rules.difference(in_force(session, by, event, plan), wanted)
    )


def in_force(session: Session, by: Principal, event: Event, plan: Plan) -> list[InForce]:
    """What the caller's unit made of any plan's orders in this event and did not end yet.

    Under the key of another plan than this one it stands for an order that this plan does not
    know, so that it is replaced or ended.
    """
    unit_id = acting_post(by).unit_id
    issued = session.scalars(
        select(Directive)
        .where(
            Directive.event_id == event.id,
            Directive.unit_id == unit_id,
            Directive.status == "open",
            Directive.plan_key.is_not(None),
        )
        .order_by(Directive.id)
    )
    waiting = session.scalars(
        select(Draft)
        .where(Draft.event_id == event.id, Draft.unit_id == unit_id, Draft.state == "open")
        .order_by(Draft.id)
    )
    directives: dict[str, list[int]] = defaultdict(list)
    drafts: dict[str, list[int]] = defaultdict(list)
    ordered: dict[str, dict[str, Any]] = {}
    drafted: dict[str, dict[str, Any]] = {}
    for directive in issued:
        reference = (directive.company or {})["plan"]
        directives[reference["key"]].append(directive.id)
        ordered[reference["key"]] = reference
    for draft in waiting:
        if draft.plan is not None:
            drafts[draft.plan["key"]].append(draft.id)
            drafted[draft.plan["key"]] = draft.plan
    return [
        InForce(
            key,
            _order_then(session, plan, ordered.get(key)),
            tuple(directives[key]),
            tuple(drafts[key]),
            _order_then(session, plan, drafted.get(key)),
        )
        for key in {**ordered, **drafted}
    ]


def _order_then(
    session: Session, plan: Plan, reference: dict[str, Any] | None
) -> rules.Order | None:
    if reference is None or reference["id"] != plan.id:
        return None
    content = plans.version_of(session, plan.id, reference["no"]).content
    return rules.order_of(content, reference["level"], reference["key"])


def describe_proposal(session: Session, by: Principal, proposal: Proposal) -> dict[str, Any]:
    """As the caller checks it: what each order would say, whom it reaches, what it ends."""
    post = acting_post(by)
    unit = session.get_one(Unit, post.unit_id)
    ids = [each for step in proposal.steps if step.in_force for each in step.in_force.directive_ids]
    titles = {
        row.id: row
        for row in session.execute(
            select(Directive.id, Directive.title, Directive.issued_at, Directive.units).where(
                Directive.id.in_(ids)
            )
        )
    }
    items = []
    for step in proposal.steps:
        order, known = step.order, step.in_force
        items.append(
            {
                "key": step.key,
                "action": step.action.value,
                "title": order["title"] if order else _title(titles, known),
                "content": order and rules.as_content(order, unit.id, unit.level),
                "countersign": bool(order and order["countersign"]),
                "reach": order and _reach(session, unit, order),
                "directives": [
                    {
                        "id": row.id,
                        "title": row.title,
                        "issued_at": row.issued_at,
                        "units": row.units,
                    }
                    for each in (known.directive_ids if known else ())
                    if (row := titles[each])
                ],
                "draft_ids": list(known.draft_ids) if known else [],
                "discard_ids": list(step.discards),
                "rescues": _rescues(session, proposal.event, step),
            }
        )
    return {
        "event": proposal.event,
        "level": proposal.level,
        "plan": {"id": proposal.plan.id, "no": proposal.version.no, **_head(proposal.version)},
        "summary": next(
            (
                each["summary"]
                for each in proposal.version.content["levels"]
                if each["level"] == proposal.level
            ),
            "",
        ),
        "items": items,
    }


def _title(titles: dict[int, Any], known: InForce | None) -> str:
    if known is None:
        return ""
    if known.said is not None:
        title: str = known.said["title"]
        return title
    return titles[known.directive_ids[-1]].title if known.directive_ids else known.key


def _rescues(session: Session, event: Event, step: Step) -> dict[str, Any]:
    """Who is rescuing people under an order that is to end."""
    found = open_rescues(session, event.id, step.ended_ids)
    return {"count": len(found), "units": found[:NAMED_RESCUES]}


def _head(version: PlanVersion) -> dict[str, Any]:
    return {name: version.content[name] for name in ("name", "source", "example")}


def _reach(session: Session, unit: Unit, order: rules.Order) -> dict[str, Any]:
    """In words, and how many units that is today."""
    audiences = [
        narrow(
            session,
            unit,
            levels=[level for level in each["levels"] if level >= unit.level],
            line=each["line"],
            role=each["role"],
        )
        for each in order["audiences"]
        if any(level >= unit.level for level in each["levels"])
    ]
    within = or_(*(units_in(audience) for audience in audiences))
    count = session.scalar(select(func.count()).select_from(Unit).where(within)) or 0
    return {"text": "；".join(audience.text for audience in audiences), "units": count}
