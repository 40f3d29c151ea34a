"""Urging a unit by hand (催办): a DING to those who answer for it, kept with the assignment.

All who are late at once are rung by zzd.tasks.picture.late.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.bulk import table_of
from zzd.db import find_repeat, fingerprint, is_one_of
from zzd.errors import Invalid, NotPermitted, deny
from zzd.messaging.dings.dings import send_ding
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.escalation.models import EscalationStep, Urge
from zzd.tasks.escalation.people import Late, Told, find_told
from zzd.tasks.escalation.steps import kind_of
from zzd.tasks.events import announce_rollups
from zzd.tasks.holding import hold_directive
from zzd.tasks.models import Assignment, Directive, snapshot
from zzd.tasks.problems import DirectiveClosed
from zzd.tasks.states import State

WORDS = {"acknowledge": "请立即签收", "report": "请立即反馈"}


def urge(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    assignment_ids: Sequence[int],
    text: str | None,
    channels: Sequence[str],
    client_id: str | None,
) -> tuple[Urge, bool]:
    """Urge these units, of which something is due; and whether that is new.

    For the issuer's unit and those above the units that are urged. Whom the directive addresses
    there gets a DING; where nobody does, whoever a reminder would reach.
    Raises NotFound, NotPermitted, Invalid, DirectiveClosed, TooManyRequests, IdempotencyConflict.
    """
    action = "directive.urge"
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    said = {"ids": sorted(set(assignment_ids)), "text": text, "channels": list(channels)}
    body = fingerprint({"directive_id": directive_id, **said})
    directive = policy.access_directive(session, by, directive_id, action)
    if repeated := find_repeat(
        session, Urge, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    if hold_directive(session, directive_id).status != "open":
        raise DirectiveClosed
    rows = _picked(session, by, directive, assignment_ids, action)
    if not rows:
        raise Invalid.at("/assignment_ids", "Nothing is due of these units")
    made = Urge(
        directive_id=directive_id,
        text=_words(directive, text, rows),
        at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(made)
    session.flush()
    late = [
        Late(directive_id, row.unit_id, row.path, row.level, directive.unit_id, "remind")
        for row in rows
    ]
    told = dict(zip((row.id for row in rows), find_told(session, late), strict=True))
    made.unreached = sum(not each.people for each in told.values())
    made.units = len(rows) - made.unreached
    made.ding_id = _ding(session, by, made, told.values(), channels)
    _keep(session, made, rows, told)
    announce_rollups(session, directive_id, [row.path for row in rows])
    audit.append(
        session, action, by=by, object_kind="directive", object_id=directive_id, units=made.units
    )
    return made, True


def _picked(
    session: Session, by: Principal, directive: Directive, ids: Sequence[int], action: str
) -> list[Assignment]:
    """Those of which something is due; the caller stands above all of them."""
    rows = policy.access_assignments(session, by, ids, action)
    own = policy.acting_post(by).unit_id
    for row in rows:
        if row.directive_id != directive.id:
            raise Invalid.at("/assignment_ids", "Of another directive")
        if own == row.unit_id != directive.unit_id:
            problem = NotPermitted("Units are urged by those above them")
            raise deny(problem, action, "assignment", row.id)
    return [row for row in rows if row.due_at is not None]


def _words(directive: Directive, text: str | None, rows: Sequence[Assignment]) -> str:
    """An exercise says so, whatever else is said."""
    mark = "【演练】" if directive.event.mode == "exercise" else ""
    if text is None:
        kinds = {kind_of(State(row.state)) for row in rows}
        wanted = WORDS[kinds.pop()] if len(kinds) == 1 else "请立即签收并反馈"
        text = f"催办：指令《{directive.title}》{wanted}。"
    return (mark + text)[:500]


def _ding(
    session: Session, by: Principal, made: Urge, told: Any, channels: Sequence[str]
) -> int | None:
    people = {person["id"] for each in told for person in each.people} - {by.official_id}
    if not people:
        return None
    ding, _ = send_ding(
        session,
        by,
        {
            "client_id": f"urge.{made.id}",
            "text": made.text,
            "audience": None,
            "official_ids": sorted(people),
            "channels": list(channels),
            "message": None,
            "repeat": None,
        },
    )
    return int(ding["id"])


def _keep(session: Session, made: Urge, rows: Sequence[Assignment], told: dict[int, Told]) -> None:
    """A line in the history of each, which those told see at the head of their list."""
    ids = [row.id for row in rows]
    # Numbered under the lock of the rows, beside the steps that come by themselves.
    held = select(Assignment.id, Assignment.steps, Assignment.state, Assignment.due_at)
    current = {
        row.id: row
        for row in session.execute(
            held.where(is_one_of(session, Assignment.id, ids))
            .order_by(Assignment.id)
            .with_for_update()
        )
    }
    session.execute(
        insert(table_of(EscalationStep)),
        [
            {
                "assignment_id": id_,
                "no": current[id_].steps + 1,
                "kind": kind_of(State(current[id_].state)),
                "deadline": current[id_].due_at or made.at,
                "step": "urge",
                "due_at": made.at,
                "fired_at": made.at,
                "told_unit_id": each.unit_id,
                "told_role": each.role,
                "told": each.people,
                "vacant": each.vacant,
                "published": True,
                "urge_id": made.id,
                "ended_at": None if current[id_].due_at else made.at,
            }
            for id_, each in told.items()
        ],
    )
    session.execute(
        update(Assignment)
        .where(is_one_of(session, Assignment.id, ids))
        .values(steps=Assignment.steps + 1)
        .execution_options(synchronize_session=False)
    )
