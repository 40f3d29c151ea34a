"""Going to a response level by a plan: one official checks, edits and issues all of it at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.orgtree.models import Post
from zzd.principal import Principal
from zzd.tasks import policy as tasks
from zzd.tasks import responses
from zzd.tasks.lifecycle.rescues import require_rescues_over
from zzd.tasks.models import Event, snapshot
from zzd.tasks.plans.carrying_out import OUTCOMES, SKIP, Change, carry_out
from zzd.tasks.plans.models import PlanResponse
from zzd.tasks.plans.problems import NothingToDo, ProposalChanged
from zzd.tasks.plans.proposals import Proposal, propose_for
from zzd.tasks.plans.rules import Action
from zzd.tasks.policy import acting_post
from zzd.tasks.problems import EventClosed


def respond(
    session: Session,
    *,
    by: Principal,
    event_id: int,
    level: int,
    reason: str,
    plan_id: int,
    plan_no: int,
    items: Sequence[Mapping[str, Any]],
    override_reason: str | None,
    client_id: str | None,
) -> tuple[PlanResponse, bool]:
    """Set the level and carry out every step of the proposal that was looked at: all or nothing.

    ``items`` says of each step by its key what to ``do``: its action, with the content as it was
    edited, or skip. Orders that a second official is to countersign become drafts. Orders under
    which people are still being rescued end only with an ``override_reason``. Whether it is new:
    a repeat gives the first. Raises NotFound, NotPermitted, EventClosed, ProposalChanged,
    NothingToDo, RescuesOpen, DraftIncomplete, Invalid, IdempotencyConflict.
    """
    action = "plan.respond"
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    said = {"event_id": event_id, "level": level, "reason": reason, "items": list(items)}
    said |= {"override_reason": override_reason} if override_reason else {}
    body = fingerprint({**said, "plan_id": plan_id, "plan_no": plan_no})
    event = tasks.access_event(session, by, event_id, action, lock=True)
    tasks.require_declarer(by, action)
    if repeated := find_repeat(
        session, PlanResponse, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    if event.status != "open":
        raise EventClosed
    proposal = propose_for(session, by, event, level, plan_id)
    chosen = _agreed(proposal, plan_no, items)
    ended = [
        id_
        for step in proposal.steps
        if chosen.get(step.key, {}).get("do") != SKIP
        for id_ in step.ended_ids
    ]
    require_rescues_over(session, event_id, ended, override_reason)
    before = event.level
    if before != level:
        responses.change_level(
            session, by=by, event_id=event_id, level=level, reason=reason, client_id=None
        )
    elif all(step.action is Action.KEEP and not step.discards for step in proposal.steps):
        raise NothingToDo
    response = PlanResponse(
        event_id=event_id,
        plan_id=plan_id,
        no=plan_no,
        level_before=before,
        level=level,
        reason=reason,
        outcome={name: [] for name in OUTCOMES},
        at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(response)
    session.flush()
    outcome: dict[str, list[Any]] = {name: [] for name in OUTCOMES}
    change = Change(by, response, proposal, override_reason)
    places = {item["key"]: place for place, item in enumerate(items)}
    for step in proposal.steps:
        pointer = f"/items/{places.get(step.key, 0)}"
        what, done = carry_out(session, change, step, chosen.get(step.key, {}), pointer=pointer)
        outcome[what].append(done)
    response.outcome = outcome
    session.flush()
    audit.append(
        session,
        action,
        by=by,
        object_kind="event",
        object_id=event_id,
        level=level,
        mode=event.mode,
        plan_id=str(plan_id),
        no=plan_no,
        done={name: len(found) for name, found in outcome.items()},
    )
    return response, True


def list_responses(
    session: Session, *, by: Principal, event_id: int, before_id: int | None, limit: int
) -> list[PlanResponse]:
    """Up to ``limit + 1`` changes that the own unit made by plans in an event, the latest first.

    Raises NotFound.
    """
    event: Event = tasks.access_event(session, by, event_id, "plan.responses")
    # What a unit did by its plan is its own, as its drafts and directives are.
    own = select(Post.id).where(Post.unit_id == acting_post(by).unit_id)
    query = select(PlanResponse).where(
        PlanResponse.event_id == event.id, PlanResponse.post_id.in_(own)
    )
    if before_id is not None:
        query = query.where(PlanResponse.id < before_id)
    return list(session.scalars(query.order_by(PlanResponse.id.desc()).limit(limit + 1)))


def _agreed(
    proposal: Proposal, plan_no: int, items: Sequence[Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """What to do of each step, by key. Raises ProposalChanged where that is not what was seen."""
    chosen = {item["key"]: item for item in items}
    steps = {step.key: step.action.value for step in proposal.steps}
    agreed = (
        proposal.version.no == plan_no
        and len(chosen) == len(items)
        and chosen.keys() <= steps.keys()
        and all(key in chosen or action == Action.KEEP.value for key, action in steps.items())
        and all(item["do"] in (SKIP, steps[key]) for key, item in chosen.items())
    )
    if not agreed:
        now = [{"key": key, "action": action} for key, action in steps.items()]
        raise ProposalChanged(items=now, no=proposal.version.no)
    return chosen
