"""Messages and calls to the telephones of those who have not confirmed.

First a step's calls are written, some recipients at a time: a row for each, once. Then they are
claimed in batches, handed to the channel outside of any transaction, and what came of it is
recorded. A claim ends by itself, so a batch whose worker died is tried again; the channel
recognises by its id what it has sent already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into, reading, transaction
from zzd.messaging.dings import rules
from zzd.messaging.dings.channels import Call, Channel, Outcome, channels_here
from zzd.messaging.dings.dings import mark_progress
from zzd.messaging.dings.models import Ding, DingCall, DingReceipt, DingStep
from zzd.messaging.dings.recipients import Recipient, page_recipients
from zzd.messaging.dings.views import state_of
from zzd.orgtree.models import Official

log = structlog.get_logger()

SPREAD_BATCH = 500
CALL_BATCH = 100
# Longer than any channel takes to answer or give up.
CLAIMED_FOR = timedelta(seconds=60)

Key = tuple[int, int, int]


def spread_due() -> None:
    """Write the calls of steps that went out, until none is left to write."""
    while _is_due(DingStep.spread_at) and _spread_next():
        pass


def call_due(channel: str) -> None:
    """Make the calls of a channel that are due, until none is left."""
    while _is_due(DingCall.due_at, DingCall.channel == channel) and _call_next(channel):
        pass


def _is_due(column: Any, *conditions: Any) -> bool:
    """Asked before the database is locked for writing, which it mostly need not be."""
    with reading() as session:
        query = select(column).where(column <= clock.now(), *conditions).limit(1)
        return session.scalar(query) is not None


def _spread_next() -> bool:
    """The next recipients of one step; whether there was one that nobody else had."""
    now = clock.now()
    with transaction() as session:
        found = session.execute(
            select(DingStep, Ding)
            .join(Ding, Ding.id == DingStep.ding_id)
            .where(DingStep.spread_at <= now)
            .order_by(DingStep.spread_at)
            .limit(1)
            .with_for_update(of=DingStep, skip_locked=True)
        ).one_or_none()
        if found is None:
            return False
        step, ding = found
        if state_of(ding) != "open":
            step.spread_at = None
            return True
        after = (step.spread_path, step.spread_post) if step.spread_post else None
        people = page_recipients(
            session, ding, state="unconfirmed", after=after, limit=SPREAD_BATCH
        )
        chosen = people[:SPREAD_BATCH]
        _write_calls(session, ding, step, chosen)
        if len(people) > SPREAD_BATCH:
            step.spread_path, step.spread_post = chosen[-1].position
        else:
            step.spread_at = None
        return True


def _write_calls(session: Session, ding: Ding, step: DingStep, people: Sequence[Recipient]) -> None:
    now = clock.now()
    rows = [
        {
            "ding_id": ding.id,
            "step": step.step,
            "official_id": person.official.id,
            "channel": channel,
            "state": "waiting" if person.official.phone else "unreached",
            "due_at": now if person.official.phone else None,
            "settled_at": None if person.official.phone else now,
            "attempts": 0,
        }
        for person in people
        for channel in ding.channels
        if channel != rules.IN_APP
    ]
    if rows:
        session.execute(insert_into(session, DingCall).on_conflict_do_nothing(), rows)
        mark_progress(session, [ding.id])


def _call_next(channel: str) -> bool:
    """Whether there were calls that nobody else had."""
    claimed = _claim(channel)
    if claimed is None:
        return False
    if claimed:
        calls = [call for _, call in claimed]
        outcomes = _send(channels_here()[channel], channel, calls)
        _record(channel, claimed, outcomes)
    return True


def _claim(channel: str) -> list[tuple[Key, Call]] | None:
    """Calls to make now; None when there are none at all. Whoever has confirmed is dropped,
    and everybody once the DING is over."""
    now = clock.now()
    with transaction() as session:
        query = (
            select(DingCall, Ding, Official.phone, DingReceipt.confirmed_at)
            .join(Ding, Ding.id == DingCall.ding_id)
            .join(Official, Official.id == DingCall.official_id)
            .outerjoin(
                DingReceipt,
                and_(
                    DingReceipt.ding_id == DingCall.ding_id,
                    DingReceipt.official_id == DingCall.official_id,
                ),
            )
            .where(DingCall.channel == channel, DingCall.due_at <= now)
            .order_by(DingCall.due_at)
            .limit(CALL_BATCH)
            .with_for_update(of=DingCall, skip_locked=True)
        )
        rows = session.execute(query).all()
        claimed: list[tuple[Key, Call]] = []
        for call, ding, phone, confirmed_at in rows:
            if confirmed_at is not None or state_of(ding) != "open":
                call.state, call.due_at, call.settled_at = "dropped", None, now
            elif not phone:
                call.state, call.due_at, call.settled_at = "unreached", None, now
            else:
                call.attempts += 1
                call.due_at = now + CLAIMED_FOR
                key = (call.ding_id, call.official_id, call.step)
                claimed.append((key, _call(call, ding, phone)))
        return claimed if rows else None


def _call(call: DingCall, ding: Ding, phone: str) -> Call:
    return Call(
        id=f"{call.ding_id}.{call.step}.{call.official_id}.{call.channel}",
        phone=phone,
        text=f"【DING】{ding.sender_unit} {ding.sender_name}：{ding.text}",
        attempt=call.attempts,
    )


def _send(channel: Channel, name: str, calls: Sequence[Call]) -> Mapping[str, Outcome]:
    try:
        return channel.send(calls)
    except Exception as error:
        log.warning("a channel failed", channel=name, calls=len(calls), error=repr(error))
        return {call.id: Outcome("retry", "the gateway could not be reached") for call in calls}


def _record(
    channel: str, claimed: Sequence[tuple[Key, Call]], outcomes: Mapping[str, Outcome]
) -> None:
    now = clock.now()
    table = DingCall.__table__
    statement = (
        update(table)  # type: ignore[arg-type]
        .where(
            table.c.ding_id == bindparam("of_ding"),
            table.c.official_id == bindparam("to_official"),
            table.c.step == bindparam("in_step"),
            table.c.channel == channel,
            table.c.state == "waiting",
        )
        .values(
            state=bindparam("new_state"),
            reason=bindparam("new_reason"),
            due_at=bindparam("new_due_at", type_=table.c.due_at.type),
            settled_at=bindparam("new_settled_at", type_=table.c.settled_at.type),
        )
    )
    rows = []
    for (ding_id, official_id, step), call in claimed:
        outcome = outcomes.get(call.id) or Outcome("retry", "the gateway did not answer for it")
        state, due_at = outcome.state, None
        if state == "retry":
            due_at = rules.retry_at(call.attempt, now)
            state = "failed" if due_at is None else "waiting"
        rows.append(
            {
                "of_ding": ding_id,
                "to_official": official_id,
                "in_step": step,
                "new_state": state,
                "new_reason": outcome.reason,
                "new_due_at": due_at,
                "new_settled_at": now if due_at is None else None,
            }
        )
    with transaction() as session:
        session.connection().execute(statement, rows)
        mark_progress(session, {ding_id for (ding_id, _, _), _ in claimed})
