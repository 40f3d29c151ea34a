"""DINGs as those see them who may."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.errors import NotFound
from zzd.messaging.dings import policy, recipients, rules
from zzd.messaging.dings.models import Ding, DingCall, DingPerson, DingReceipt, DingStep
from zzd.messaging.dings.recipients import Recipient
from zzd.orgtree.matching import select_ids_matching
from zzd.orgtree.models import Unit
from zzd.orgtree.officials import describe_officials
from zzd.principal import Principal


def state_of(ding: Ding) -> str:
    return rules.state_of(
        created_at=ding.created_at,
        cancelled_at=ding.cancelled_at,
        completed_at=ding.completed_at,
        now=clock.now(),
    )


def progress_of(ding: Ding) -> dict[str, Any] | None:
    if ding.addressed is None:
        return None
    return rules.shares(
        addressed=ding.addressed,
        delivered=ding.delivered,
        read=ding.read,
        confirmed=ding.confirmed,
    )


def describe_state(ding: Ding) -> dict[str, Any]:
    """Where it stands by itself, without anybody's answer."""
    return {
        "state": state_of(ding),
        "completed_at": ding.completed_at,
        "next_repeat_at": ding.next_at,
    }


def describe_ding(ding: Ding) -> dict[str, Any]:
    """As everybody sees it who may; without a statement."""
    repeat, message = None, None
    if ding.every_minutes is not None:
        repeat = {"every_minutes": ding.every_minutes, "times": ding.times}
    if ding.conversation_id is not None:
        message = {"conversation_id": ding.conversation_id, "seq": ding.message_seq}
    return {
        "id": ding.id,
        "sender": {
            "id": ding.sender_id,
            "name": ding.sender_name,
            "post_title": ding.sender_title,
            "unit_name": ding.sender_unit,
        },
        "text": ding.text,
        "message": message,
        "audience": ding.audience,
        "officials": ding.officials,
        "channels": ding.channels,
        "repeat": repeat,
        "step": ding.step,
        "created_at": ding.created_at,
        "cancelled_at": ding.cancelled_at,
        **describe_state(ding),
        "my": None,
        "sent": None,
    }


def describe_mine(ding: Ding, receipt: DingReceipt | None) -> dict[str, Any]:
    delivered_at, read_at, confirmed_at = recipients.times_of(receipt)
    return {
        "delivered_at": delivered_at,
        "read_at": read_at,
        "confirmed_at": confirmed_at,
        "late": rules.is_late(confirmed_at, ding.cancelled_at),
    }


def describe_for(principal: Principal, ding: Ding, receipt: DingReceipt | None) -> dict[str, Any]:
    if ding.sender_id == principal.official_id:
        sent = {"progress": progress_of(ding), "client_id": ding.client_id}
        return {**describe_ding(ding), "sent": sent}
    return {**describe_ding(ding), "my": describe_mine(ding, receipt)}


def show_ding(session: Session, principal: Principal, ding_id: int) -> dict[str, Any]:
    """One; to its sender with its steps and calls. Raises NotFound."""
    seen = policy.access_ding(session, principal, ding_id, "ding.read")
    shown = describe_for(principal, seen.ding, seen.receipt)
    if seen.is_sender:
        shown["sent"]["calls"] = _count_calls(session, seen.ding)
        steps = select(DingStep).where(DingStep.ding_id == ding_id).order_by(DingStep.step)
        shown["sent"]["steps"] = list(session.scalars(steps))
    return shown


def _count_calls(session: Session, ding: Ding) -> dict[str, dict[str, int]]:
    counts = {
        channel: dict.fromkeys(rules.CALL_STATES, 0)
        for channel in ding.channels
        if channel != rules.IN_APP
    }
    if counts:
        query = (
            select(DingCall.channel, DingCall.state, func.count())
            .where(DingCall.ding_id == ding.id)
            .group_by(DingCall.channel, DingCall.state)
        )
        for channel, state, count in session.execute(query):
            counts[channel][state] = count
    return counts


def list_dings(
    session: Session,
    principal: Principal,
    *,
    box: str,
    state: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Mine, the newest first: sent, or received. One statement."""
    query = select(Ding, DingReceipt).outerjoin(DingReceipt, policy.own_receipt(principal))
    if box == "sent":
        query = query.where(Ding.sender_id == principal.official_id)
    else:
        query = query.where(Ding.id.in_(_received(principal)))
        query = query.where(Ding.sender_id != principal.official_id)
    for condition in _conditions(state):
        query = query.where(condition)
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(Ding.id < before[0])
    rows = session.execute(query.order_by(Ding.id.desc()).limit(limit + 1)).all()
    found = page(rows, limit, lambda row: (row[0].id,))
    return {**found, "items": [describe_for(principal, *row) for row in found["items"]]}


def _received(principal: Principal) -> Any:
    """Ids by the audiences the caller is in and by name, each by its index."""
    reached = select(Ding.id).where(Ding.audience_id.in_(select_ids_matching(principal.posts)))
    named = select(DingPerson.ding_id).where(DingPerson.official_id == principal.official_id)
    return reached.union(named)


def _conditions(state: str) -> list[Any]:
    oldest = clock.now() - rules.OPEN_FOR
    untouched = [Ding.cancelled_at.is_(None), Ding.completed_at.is_(None)]
    is_open = [*untouched, Ding.created_at > oldest]
    not_confirmed = or_(DingReceipt.ding_id.is_(None), DingReceipt.confirmed_at.is_(None))
    conditions: dict[str, list[Any]] = {
        "any": [],
        "open": is_open,
        "over": [*untouched, Ding.created_at <= oldest],
        "complete": [Ding.completed_at.is_not(None), Ding.cancelled_at.is_(None)],
        "cancelled": [Ding.cancelled_at.is_not(None)],
        "confirmed": [DingReceipt.confirmed_at.is_not(None)],
        "unconfirmed": [*is_open, not_confirmed],
    }
    return conditions[state]


def count_waiting(session: Session, principal: Principal) -> dict[str, int]:
    """What waits for the caller's confirmation: the section of ``GET /sync``. One statement."""
    query = (
        select(func.count())
        .select_from(Ding)
        .outerjoin(DingReceipt, policy.own_receipt(principal))
        .where(
            Ding.id.in_(_received(principal)),
            Ding.sender_id != principal.official_id,
            *_conditions("unconfirmed"),
        )
    )
    return {"unconfirmed": session.scalar(query) or 0}


def page_officials(
    session: Session,
    by: Principal,
    ding_id: int,
    *,
    unit_id: int | None,
    state: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Who is in a state at and below a unit, in the order of the tree, with the number to call
    where the reader may see it. Raises NotFound, NotPermitted."""
    ding = policy.access_as_sender(session, by, ding_id, "ding.officials")
    unit_path = ""
    if unit_id is not None:
        unit = session.get(Unit, unit_id)
        if unit is None:
            raise NotFound
        unit_path = unit.path
    position = decode_cursor(cursor, str, int)
    rows = recipients.page_recipients(
        session,
        ding,
        unit_path=unit_path,
        state=state,
        after=(position[0], position[1]) if position else None,
        limit=limit,
    )
    found = page(rows, limit, lambda row: row.position)
    return {**found, "items": _describe_recipients(session, by, ding, found["items"])}


def _describe_recipients(
    session: Session, by: Principal, ding: Ding, rows: list[Recipient]
) -> list[dict[str, Any]]:
    people = [row.official for row in rows]
    phones = {card.id: card.phone for card in describe_officials(session, people, reader=by)}
    calls: dict[int, list[dict[str, Any]]] = {}
    query = (
        select(DingCall)
        .where(DingCall.ding_id == ding.id, DingCall.official_id.in_(phones))
        .order_by(DingCall.step, DingCall.channel)
    )
    for call in session.scalars(query):
        calls.setdefault(call.official_id, []).append(
            {
                "channel": call.channel,
                "step": call.step,
                "state": call.state,
                "reason": call.reason,
                "at": call.settled_at,
            }
        )
    return [
        {
            "id": row.official.id,
            "name": row.official.name,
            "post_title": row.post.title,
            "unit": row.unit,
            "phone": phones[row.official.id],
            "state": rules.recipient_state(*recipients.times_of(row.receipt)),
            "delivered_at": row.receipt and row.receipt.delivered_at,
            "read_at": row.receipt and row.receipt.read_at,
            "confirmed": _confirmation(ding, row.receipt),
            "calls": calls.get(row.official.id, []),
        }
        for row in rows
    ]


def _confirmation(ding: Ding, receipt: DingReceipt | None) -> dict[str, Any] | None:
    if receipt is None or receipt.confirmed_at is None:
        return None
    return {
        "at": receipt.confirmed_at,
        "post_title": receipt.post_title,
        "unit_name": receipt.unit_name,
        "device": receipt.device or "",
        "late": rules.is_late(receipt.confirmed_at, ding.cancelled_at),
    }
