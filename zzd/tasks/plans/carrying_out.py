"""Carrying out one step of a change of level: what the plan wants of one of its orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks import directives
from zzd.tasks.drafts import content as drafted
from zzd.tasks.drafts import drafts
from zzd.tasks.drafts.problems import DraftIncomplete
from zzd.tasks.plans import rules
from zzd.tasks.plans.ending import end_directives, supersede, take_over
from zzd.tasks.plans.models import PlanResponse
from zzd.tasks.plans.proposals import Proposal
from zzd.tasks.plans.rules import Action, Step
from zzd.tasks.policy import acting_post

SKIP = "skip"
OUTCOMES = ("issued", "drafted", "replaced", "ended", "kept", "skipped")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level that is under way: by whom, as it is kept, as it was proposed, and why
    orders end under which people are still being rescued."""

    by: Principal
    response: PlanResponse
    proposal: Proposal
    override_reason: str | None


def carry_out(
    session: Session, change: Change, step: Step, item: Mapping[str, Any], *, pointer: str
) -> tuple[str, dict[str, Any]]:
    """Do what was agreed of a step (``item``); returns which of OUTCOMES that was, and of what.

    Faults of the content are pointed at below ``pointer``. Raises Invalid, DraftIncomplete,
    NotPermitted, RescuesOpen.
    """
    done: dict[str, Any] = {"key": step.key, "directive_ids": [], "draft_id": None}
    if item.get("do") != SKIP:
        for draft_id in step.discards:
            drafts.discard_draft(session, by=change.by, draft_id=draft_id)
    if step.action is Action.KEEP or item["do"] == SKIP:
        title = step.order["title"] if step.order else step.key
        return "kept" if step.action is Action.KEEP else "skipped", {**done, "title": title}
    known = step.in_force
    old = known.directive_ids if known else ()
    if step.order is None:
        _end(session, change, old)
        title = known.said["title"] if known and known.said else step.key
        return "ended", {**done, "title": title, "directive_ids": list(old)}
    content = item.get("content") or _template(session, change.by, step.order)
    done["title"] = content["title"]
    plan = _as_planned(change, step.key, step.order, old)
    try:
        if step.order["countersign"]:
            return "drafted", {**done, "draft_id": _draft(session, change, content, plan)}
        issued = _issue(session, change, content, plan)
    except (Invalid, DraftIncomplete) as problem:
        for error in problem.errors:
            error["pointer"] = f"{pointer}/content{error['pointer']}"
        raise
    return "replaced" if old else "issued", {**done, "directive_ids": [issued]}


def _as_planned(change: Change, key: str, order: rules.Order, old: Sequence[int]) -> dict[str, Any]:
    """Which order of which plan it is, and which directives it takes the place of."""
    proposal = change.proposal
    return {
        "id": proposal.plan.id,
        "no": proposal.version.no,
        "name": proposal.version.content["name"],
        "level": proposal.level,
        "key": key,
        "countersign": order["countersign"],
        "replaces": list(old),
    }


def _draft(session: Session, change: Change, content: dict[str, Any], plan: dict[str, Any]) -> int:
    """The draft's id. What it replaces stays in force until it is issued itself."""
    draft, _ = drafts.save_draft(
        session,
        by=change.by,
        event_id=change.response.event_id,
        content=content,
        countersign=True,
        client_id=_client_id(change, plan),
        plan=plan,
    )
    return draft.id


def _issue(session: Session, change: Change, content: dict[str, Any], plan: dict[str, Any]) -> int:
    """The directive's id; those in whose place it comes have ended."""
    response = change.response
    before = take_over(session, by=change.by, directive_ids=plan["replaces"])
    request = drafted.complete(drafted.keep(content), response.event_id, response.at)
    directive, _ = directives.issue_directive(
        session,
        by=change.by,
        **{**request, "client_id": _client_id(change, plan)},
        before=before,
        plan=drafts.plan_reference(plan),
    )
    supersede(session, before, by=change.by, reason=response.reason)
    _end(session, change, plan["replaces"])
    return directive.id


def _client_id(change: Change, plan: dict[str, Any]) -> str:
    """With spaces, which nobody's own key has."""
    return f"response {change.response.id} {plan['key']}"


def _end(session: Session, change: Change, directive_ids: Sequence[int]) -> None:
    end_directives(
        session,
        by=change.by,
        directive_ids=directive_ids,
        reason=change.response.reason,
        override_reason=change.override_reason,
    )


def _template(session: Session, by: Principal, order: rules.Order) -> dict[str, Any]:
    """The order as the plan has it, as if it had been sent unedited."""
    unit = session.get_one(Unit, acting_post(by).unit_id)
    loaded: dict[str, Any] = drafted.CONTENT.load(rules.as_content(order, unit.id, unit.level))
    return loaded
