"""What came of requests to webhooks: accepted, tried again, or given up; and what comes next.

A webhook's row is locked while its deliveries change, here as where events are spread to it: of
one subject one is due at a time, and nobody overlooks what somebody else is just writing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.db import is_one_of
from zzd.miniapps.hooks.models import Attempt, Delivery, Webhook
from zzd.miniapps.hooks.rules import (
    GONE,
    HEADERS_KEPT,
    LONGEST_BODY_KEPT,
    DeliveryState,
    HookState,
    is_accepted,
)
from zzd.outgoing import Answer
from zzd.outgoing.retries import asked_to_wait, long_retry_at
from zzd.realtime import kept

log = structlog.get_logger()

DELIVERIES = table_of(Delivery)


@dataclass(frozen=True, slots=True)
class Result:
    """One request that has ended: with an answer, or an error."""

    delivery_id: int
    webhook_id: int
    miniapp_id: int
    attempt: int
    url: str
    at: datetime
    took_ms: int
    headers: dict[str, str]
    answer: Answer | None
    error: str | None


def record(session: Session, results: Sequence[Result]) -> None:
    """Write what came of these. Whoever took one over meanwhile goes by their own result."""
    if not results:
        return
    _lock_hooks(session, {result.webhook_id for result in results})
    session.connection().execute(insert(table_of(Attempt)), [_attempt(each) for each in results])
    ids = [result.delivery_id for result in results]
    current = {
        row.id: row
        for row in session.execute(
            select(Delivery.id, Delivery.attempts, Delivery.subject, Delivery.state).where(
                is_one_of(session, Delivery.id, ids)
            )
        )
    }
    now, changes, settled, gone = clock.now(), [], set(), set()
    for result in results:
        row = current.get(result.delivery_id)
        if row is None or row.state != DeliveryState.WAITING or row.attempts != result.attempt:
            continue
        status = result.answer.status if result.answer else None
        if status is not None and is_accepted(status):
            changes.append(_settled(row.id, DeliveryState.DONE, now))
            settled.add((result.webhook_id, row.subject))
            continue
        if status == 410:
            gone.add(result.webhook_id)
        again = long_retry_at(
            result.attempt,
            now,
            chance=secrets.randbelow(1000) / 1000,
            wanted=_wait(result.answer, now),
        )
        if again is None:
            changes.append(_settled(row.id, DeliveryState.DEAD, now))
            settled.add((result.webhook_id, row.subject))
            log.warning("a webhook was not told", webhook=result.webhook_id, delivery=row.id)
        else:
            changes.append(
                {"which": row.id, "s": DeliveryState.WAITING, "due": again, "settled": None}
            )
    _change(session, changes)
    promote(session, settled)
    if gone:
        _disable(session, gone)


def _wait(answer: Answer | None, now: datetime) -> timedelta | None:
    return asked_to_wait(answer.headers.get("retry-after"), now) if answer else None


def _lock_hooks(session: Session, ids: Collection[int]) -> None:
    """In the order in which everybody locks them."""
    query = select(Webhook.id).where(Webhook.id.in_(ids)).order_by(Webhook.id)
    session.execute(query.with_for_update())


def _settled(id_: int, state: DeliveryState, now: datetime) -> dict[str, Any]:
    return {"which": id_, "s": state, "due": None, "settled": now}


def _change(session: Session, changes: Sequence[dict[str, Any]]) -> None:
    if changes:
        statement = (
            update(DELIVERIES)
            .where(DELIVERIES.c.id == bindparam("which"))
            .values(state=bindparam("s"), due_at=bindparam("due"), settled_at=bindparam("settled"))
        )
        session.connection().execute(statement, list(changes))


def promote(session: Session, places: Iterable[tuple[int, str]]) -> None:
    """Of each of these webhooks and subjects the first that waits is due now, unless one of them
    is already."""
    wanted = set(places)
    if not wanted:
        return
    hooks, subjects = {hook for hook, _ in wanted}, {subject for _, subject in wanted}
    firsts = session.execute(
        select(
            Delivery.webhook_id,
            Delivery.subject,
            func.min(Delivery.id).label("first"),
            func.max(Delivery.due_at).label("due"),
        )
        .where(
            is_one_of(session, Delivery.webhook_id, hooks),
            Delivery.subject.in_(subjects),
            Delivery.state == DeliveryState.WAITING,
        )
        .group_by(Delivery.webhook_id, Delivery.subject)
    )
    ids = [
        row.first for row in firsts if row.due is None and (row.webhook_id, row.subject) in wanted
    ]
    if ids:
        session.execute(
            update(Delivery)
            .where(is_one_of(session, Delivery.id, ids))
            .values(due_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def withdraw(session: Session, deliveries: Sequence[Delivery]) -> None:
    """What their apps may not see any more, or what is not kept: they are given up, in the log."""
    if not deliveries:
        return
    _lock_hooks(session, {delivery.webhook_id for delivery in deliveries})
    now = clock.now()
    _change(session, [_settled(each.id, DeliveryState.DEAD, now) for each in deliveries])
    promote(session, {(each.webhook_id, each.subject) for each in deliveries})


def _disable(session: Session, hook_ids: Collection[int]) -> None:
    """Their receivers said 410. What waits, waits until they are verified again."""
    session.execute(
        update(Webhook)
        .where(Webhook.id.in_(hook_ids), Webhook.state == HookState.LIVE)
        .values(state=HookState.DISABLED, reason=GONE)
        .execution_options(synchronize_session=False)
    )
    kept.wanted_changed(session)


def _attempt(result: Result) -> dict[str, Any]:
    answer = result.answer
    return {
        "delivery_id": result.delivery_id,
        "at": result.at,
        "took_ms": result.took_ms,
        "url": result.url,
        "request_headers": result.headers,
        "status": answer.status if answer else None,
        "response_headers": _kept_headers(answer) if answer else None,
        "response_body": _text(answer.body) if answer else None,
        "error": result.error[:200] if result.error else None,
    }


def _kept_headers(answer: Answer) -> dict[str, str]:
    return {name: answer.headers[name][:200] for name in HEADERS_KEPT if name in answer.headers}


def _text(body: bytes) -> str:
    return (
        body[: LONGEST_BODY_KEPT * 4]
        .decode(errors="replace")
        .replace("\x00", "\ufffd")[:LONGEST_BODY_KEPT]
    )
