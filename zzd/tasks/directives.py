"""Directives: issued to audiences, received by units, listed for both."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, joinedload

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid, NotPermitted, deny
from zzd.identity.policy import may_issue_to
from zzd.orgtree.audiences import Audience, narrow, resolve, units_in
from zzd.orgtree.models import Unit
from zzd.orgtree.revisions import hold_still
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks import policy
from zzd.tasks.addressing import address, assign_units
from zzd.tasks.drafts import company as companies
from zzd.tasks.events import announce_copies, announce_directive
from zzd.tasks.holding import hold_event
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Assignment, Directive, Event, snapshot
from zzd.tasks.policy import acting_post
from zzd.tasks.reach import known

URGENCIES = ("normal", "urgent", "critical")
LONGEST_TERM = timedelta(days=732)
# To all levels at once, or level by level.
WAYS = ALL_AT_ONCE, STEPWISE = ("all", "stepwise")
# Parts of a directive that came after the first directives were issued.
LATER = ("report_interval_minutes", "escalation")


def issue_directive(
    session: Session,
    *,
    by: Principal,
    event_id: int,
    audiences: Sequence[dict[str, Any]],
    ack_deadline: datetime,
    report_deadline: datetime | None,
    client_id: str | None,
    way: str = ALL_AT_ONCE,
    before: Directive | None = None,
    **content: Any,
) -> tuple[Directive, bool]:
    """Order something of every unit in the audiences; whether it is new: a repeat gives the first.

    Level by level (``way``), of the audiences only the units directly below the issuer's have it,
    and each passes it on. ``before`` is the version that it takes the place of, which the caller
    holds (zzd.tasks.lifecycle.versions).

    ``content`` is number, title, text, urgency, figures, report_interval_minutes and escalation,
    and what goes with a directive (``zzd.tasks.drafts.company``). One assignment for each unit is
    written in one statement, each unit once. Raises NotPermitted, Invalid, IdempotencyConflict.
    """
    action = "directive.issue"
    policy.require_issuer(by, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    deadlines = {"ack_deadline": ack_deadline, "report_deadline": report_deadline}
    company = companies.split(content)
    # What was not asked for is left out, so that a key from before it could be is still known.
    asked = {name: value for name, value in content.items() if value or name not in LATER}
    asked |= {"way": way} if way != ALL_AT_ONCE else {}
    asked |= {"supersedes_id": before.id} if before else {}
    body = fingerprint(
        {"event_id": event_id, "audiences": audiences, **deadlines, **asked, **company.asked}
    )
    if repeated := find_repeat(
        session, Directive, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return session.get_one(Directive, repeated.id, options=[joinedload(Directive.event)]), False
    if before is not None:
        endings.require_open(before)
    check_terms(ack_deadline, report_deadline)
    event = open_event(session, by, event_id)
    rev = hold_still(session)
    resolved = companies.gather(
        session, company, by, _resolve(session, by, audiences, action), action
    )
    if way == STEPWISE:
        resolved = first_level(session, by, resolved)
    directive = Directive(
        event_id=event.id,
        way=way,
        version=before.version + 1 if before else 1,
        supersedes_id=before.id if before else None,
        **content,
        **deadlines,
        unit_id=acting_post(by).unit_id,
        rev=rev,
        issued_at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(directive)
    session.flush()
    kept = address(session, directive, [(audience, audience.unit_path) for audience in resolved])
    directive.units = assign_units(
        session,
        directive,
        or_(*(units_in(audience) for audience in resolved)),
        path=Unit.path,  # type: ignore[arg-type]
        **deadlines,  # type: ignore[arg-type]
    )
    if directive.units == 0:
        raise Invalid.at("/audiences", "There is no unit in these audiences")
    copied = companies.keep(session, company, by, directive)
    announce_directive(session, directive, kept)
    announce_copies(session, directive, copied)
    audit.append(
        session,
        action,
        by=by,
        object_kind="directive",
        object_id=directive.id,
        mode=event.mode,
        units=directive.units,
        supersedes=before.id if before else None,
    )
    return directive, True


def first_level(session: Session, by: Principal, audiences: Sequence[Audience]) -> list[Audience]:
    """Of audiences, the units directly below the caller's: level by level begins with these.

    Raises Invalid where an audience has none of them.
    """
    own = acting_post(by)
    found: dict[Audience, None] = {}
    for audience in audiences:
        level = own.level + 1
        starts = audience.unit_id == own.unit_id or (
            audience.unit_path.startswith(own.unit_path)
            and len(audience.unit_path) == len(own.unit_path) + PATH_SEGMENT
        )
        if not starts or not audience.levels & 1 << level:
            raise Invalid.at("/way", "Level by level begins with the units directly below yours")
        unit = session.get_one(Unit, audience.unit_id)
        first = narrow(session, unit, levels=[level], line=audience.line, role=audience.role)
        found[first] = None
    return list(found)


def check_terms(ack_deadline: datetime, report_deadline: datetime | None) -> None:
    """Deadlines lie ahead by the server's clock, and one reports after acknowledging."""
    now = clock.now()
    for name, deadline in (("ack_deadline", ack_deadline), ("report_deadline", report_deadline)):
        if deadline is not None and not now < deadline <= now + LONGEST_TERM:
            raise Invalid.at(f"/{name}", "Must be in the future, and within two years")
    check_order(ack_deadline, report_deadline)


def check_order(ack_deadline: datetime, report_deadline: datetime | None) -> None:
    if report_deadline is not None and report_deadline < ack_deadline:
        raise Invalid.at("/report_deadline", "Must not be before the deadline to acknowledge")


def open_event(session: Session, by: Principal, event_id: int) -> Event:
    """The event that one may issue under, held open until the transaction ends. Raises Invalid."""
    event = hold_event(
        session, event_id, policy.in_part_of(acting_post(by), Event.unit_id.expression)
    )
    if event is None or event.status != "open":
        raise Invalid.at("/event_id", "There is no such open event")
    return event


def _resolve(
    session: Session, by: Principal, audiences: Sequence[dict[str, Any]], action: str
) -> list[Audience]:
    """The audiences meant, each once, all of them in the caller's reach."""
    resolved: dict[Audience, None] = {}
    for index, wanted in enumerate(audiences):
        pointer = f"/audiences/{index}"
        audience = resolve(session, **wanted, pointer=pointer)
        if not may_issue_to(by, audience):
            problem = NotPermitted(
                f"You may not issue to {audience.text}",
                errors=[{"pointer": pointer, "detail": "Outside what you may issue to"}],
            )
            raise deny(problem, action, "unit", audience.unit_id)
        resolved[audience] = None
    return list(resolved)


def list_directives(
    session: Session,
    *,
    by: Principal,
    box: str,
    mode: str | None = None,
    before_id: int | None,
    limit: int,
) -> list[Directive]:
    """Up to ``limit + 1``, the latest first: received in the acting post, had as a copy, or
    issued by its unit; of one ``mode`` or of both."""
    post = acting_post(by)
    query = (
        select(Directive)
        .where(known(by.reach, Directive.unit_id))
        .order_by(Directive.id.desc())
        .limit(limit + 1)
        .options(joinedload(Directive.event))
    )
    if box == "issued":
        query = query.where(Directive.unit_id == post.unit_id)
    elif box == "copied":
        query = query.where(Directive.id.in_(policy.copied_ids(post)))
    else:
        query = query.where(
            exists().where(Assignment.directive_id == Directive.id, policy.answered_by(post))
        )
    if mode is not None:
        query = query.where(exists().where(Event.id == Directive.event_id, Event.mode == mode))
    if before_id is not None:
        query = query.where(Directive.id < before_id)
    return list(session.scalars(query))
