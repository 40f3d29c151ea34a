"""Drafts (拟稿 → 会签 → 签发): saved, changed, countersigned, and issued once or discarded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, joinedload

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.messaging.files.carriers import let_go, take_files
from zzd.principal import Principal
from zzd.tasks import directives
from zzd.tasks.drafts import content as contents
from zzd.tasks.drafts import policy
from zzd.tasks.drafts.events import announce_draft
from zzd.tasks.drafts.models import Draft, DraftFile
from zzd.tasks.drafts.problems import (
    DraftChanged,
    DraftSettled,
    NoCountersignature,
    NotCountersigned,
)
from zzd.tasks.holding import hold_event
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Directive, Event, snapshot
from zzd.tasks.plans.ending import end_directives, supersede, take_over
from zzd.tasks.policy import acting_post

STATES = ("open", "issued", "discarded")


def save_draft(
    session: Session,
    *,
    by: Principal,
    event_id: int,
    content: dict[str, Any],
    countersign: bool,
    client_id: str | None,
    plan: Mapping[str, Any] | None = None,
    updates: Directive | None = None,
    reason: str | None = None,
) -> tuple[Draft, bool]:
    """Begin a draft of the caller's unit, and whether it is new: a repeat gives the first.

    ``plan``: the order of a plan that it is; where that asks for a countersignature, nobody
    takes it back. ``updates``: the directive whose next version it is to be, and ``reason`` why.
    Raises NotPermitted, Invalid, IdempotencyConflict.
    """
    action = "draft.save"
    policy.require_writer(by, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    kept = contents.keep(content)
    said = {"event_id": event_id, "content": kept, "countersign": countersign}
    if updates is not None:
        said |= {"updates_id": updates.id, "reason": reason}
    body = fingerprint(said)
    if repeated := find_repeat(
        session, Draft, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    if updates is not None:
        endings.require_open(updates)
    event = directives.open_event(session, by, event_id)
    now = clock.now()
    draft = Draft(
        event_id=event.id,
        unit_id=acting_post(by).unit_id,
        content=kept,
        plan=dict(plan) if plan else None,
        updates_id=updates.id if updates else None,
        update_reason=reason,
        countersign=countersign or bool(plan and plan["countersign"]),
        writers=[by.official_id],
        created_at=now,
        changed_at=now,
        changed_by=by.official_name,
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(draft)
    session.flush()
    _attach(session, draft, by)
    announce_draft(session, draft)
    return draft, True


def change_draft(
    session: Session,
    *,
    by: Principal,
    draft_id: int,
    revision: int,
    content: dict[str, Any],
    countersign: bool,
) -> Draft:
    """Write another text; a countersignature of the one before is void.

    The same text again changes nothing. Raises NotFound, NotPermitted, DraftSettled,
    DraftChanged, Invalid.
    """
    draft = _access_open(session, by, draft_id, "draft.change")
    kept = contents.keep(content)
    asked = countersign or bool(draft.plan and draft.plan["countersign"])
    # Only what was countersigned is updated by a draft.
    asked |= draft.updates_id is not None
    if (kept, asked) == (draft.content, draft.countersign):
        return draft
    _require_revision(draft, revision)
    draft.content, draft.countersign, draft.countersigned = kept, asked, None
    draft.revision += 1
    draft.writers = [*dict.fromkeys([*draft.writers, by.official_id])]
    draft.changed_at, draft.changed_by = clock.now(), by.official_name
    _attach(session, draft, by)
    announce_draft(session, draft)
    return draft


def countersign_draft(session: Session, *, by: Principal, draft_id: int, revision: int) -> Draft:
    """A second official has read this very revision and agrees to it (会签).

    Again changes nothing. Raises NotFound, SameOfficial, DraftSettled, DraftChanged,
    NoCountersignature, DraftIncomplete.
    """
    action = "draft.countersign"
    draft = policy.access_draft(session, by, draft_id, action, lock=True)
    policy.require_second(by, draft, action)
    if draft.state != "open":
        raise DraftSettled
    if not draft.countersign:
        raise NoCountersignature
    _require_revision(draft, revision)
    if draft.countersigned is not None:
        return draft
    now = clock.now()
    contents.complete(draft.content, draft.event_id, now)
    who = snapshot(by)
    draft.countersigned = {
        "id": by.official_id,
        "name": who["official_name"],
        "post_title": who["post_title"],
        "unit_name": who["unit_name"],
        "at": now.isoformat(),
        "revision": revision,
    }
    announce_draft(session, draft)
    audit.append(session, action, by=by, object_kind="draft", object_id=draft_id, revision=revision)
    return draft


def issue_draft(
    session: Session, *, by: Principal, draft_id: int, revision: int
) -> tuple[Directive, bool]:
    """Issue what the draft says, and whether that is new: it is issued once.

    Deadlines in minutes count from now. Raises NotFound, NotPermitted, SameOfficial,
    DraftSettled, DraftChanged, NotCountersigned, DraftIncomplete, RescuesOpen, and what issuing
    raises.
    """
    action = "draft.issue"
    # Its event first: see zzd.tasks.holding.
    hold_event(session, policy.access_draft(session, by, draft_id, action).event_id)
    draft = policy.access_to_write(session, by, draft_id, action)
    if draft.directive_id is not None:
        load = [joinedload(Directive.event)]
        return session.get_one(Directive, draft.directive_id, options=load), False
    if draft.state != "open":
        raise DraftSettled
    _require_revision(draft, revision)
    policy.require_first(by, draft, action)
    if draft.countersign and draft.countersigned is None:
        raise NotCountersigned
    body = contents.complete(draft.content, draft.event_id, clock.now())
    signed = draft.countersigned
    replaced = draft.plan.get("replaces", ()) if draft.plan else ()
    # What it takes the place of is in force until now.
    before = (
        take_over(session, by=by, directive_ids=replaced)
        if draft.updates_id is None
        else endings.access_to_end(session, by, draft.updates_id, "directive.update")
    )
    directive, _ = directives.issue_directive(
        session,
        by=by,
        **{**body, "client_id": f"draft {draft_id}"},
        before=before,
        plan=plan_reference(draft.plan),
        countersigned=signed and {k: v for k, v in signed.items() if k != "revision"},
    )
    reason = draft.update_reason or f"由《{directive.title}》替代"
    supersede(session, before, by=by, reason=reason)
    # Others besides it, where people are still being rescued, are given an all-clear of their own.
    end_directives(session, by=by, directive_ids=replaced, reason=reason, override_reason=None)
    draft.directive_id, draft.state = directive.id, "issued"
    _detach(session, draft)
    announce_draft(session, draft)
    return directive, True


def discard_draft(session: Session, *, by: Principal, draft_id: int) -> None:
    """Throw a draft away; again changes nothing. Raises NotFound, NotPermitted, DraftSettled."""
    draft = policy.access_to_write(session, by, draft_id, "draft.discard")
    if draft.state == "issued":
        raise DraftSettled
    if draft.state == "open":
        draft.state = "discarded"
        _detach(session, draft)
        announce_draft(session, draft)


def list_drafts(
    session: Session,
    *,
    by: Principal,
    state: str,
    mode: str | None,
    before_id: int | None,
    limit: int,
) -> list[Draft]:
    """Up to ``limit + 1`` drafts of the caller's unit, the latest first. Raises NotPermitted."""
    policy.require_sight(by, "draft.list")
    query = (
        select(Draft)
        .where(Draft.unit_id == acting_post(by).unit_id, Draft.state == state)
        .order_by(Draft.id.desc())
        .limit(limit + 1)
        .options(joinedload(Draft.event))
    )
    if mode is not None:
        query = query.where(exists().where(Event.id == Draft.event_id, Event.mode == mode))
    if before_id is not None:
        query = query.where(Draft.id < before_id)
    return list(session.scalars(query))


def plan_reference(plan: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a directive keeps of the order it was issued from."""
    return {name: plan[name] for name in ("id", "no", "name", "level", "key")} if plan else None


def _access_open(session: Session, by: Principal, draft_id: int, action: str) -> Draft:
    draft = policy.access_to_write(session, by, draft_id, action)
    if draft.state != "open":
        raise DraftSettled
    return draft


def _require_revision(draft: Draft, revision: int) -> None:
    if draft.revision != revision:
        raise DraftChanged(revision=draft.revision)


def _attach(session: Session, draft: Draft, by: Principal) -> None:
    """The draft carries the files it names, and no others any more."""
    wanted = {int(each) for each in draft.content["file_ids"]}
    known = set(session.scalars(select(DraftFile.file_id).where(DraftFile.draft_id == draft.id)))
    take_files(session, by, sorted(wanted - known), pointer="/content/file_ids")
    session.add_all(DraftFile(draft_id=draft.id, file_id=each) for each in wanted - known)
    session.flush()
    _give_back(session, draft, known - wanted)


def _detach(session: Session, draft: Draft) -> None:
    known = set(session.scalars(select(DraftFile.file_id).where(DraftFile.draft_id == draft.id)))
    _give_back(session, draft, known)


def _give_back(session: Session, draft: Draft, file_ids: set[int]) -> None:
    if file_ids:
        session.execute(
            delete(DraftFile)
            .where(DraftFile.draft_id == draft.id, DraftFile.file_id.in_(file_ids))
            .execution_options(synchronize_session=False)
        )
        let_go(session, file_ids)
