"""The delivery log of a webhook, and what is told once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import is_one_of, transaction
from zzd.errors import NotFound
from zzd.miniapps.hooks import recording, sight
from zzd.miniapps.hooks.models import Attempt, Delivery, EventCursor, Webhook
from zzd.miniapps.hooks.problems import WebhookNotLive
from zzd.miniapps.hooks.rules import (
    DEAD_KEPT_FOR,
    DONE_KEPT_FOR,
    EVENTS_KEPT_FOR,
    DeliveryState,
    HookState,
)
from zzd.principal import Principal
from zzd.realtime import kept

REPLAYED_AT_ONCE = 10_000
FORGOTTEN_AT_ONCE = 5_000


def list_deliveries(
    session: Session,
    webhook: Webhook,
    *,
    state: str | None,
    type_: str | None,
    before_id: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Up to ``limit + 1``, the newest first, each with its last attempt."""
    query = select(Delivery).where(Delivery.webhook_id == webhook.id)
    if state is not None:
        query = query.where(Delivery.state == state)
    if type_ is not None:
        query = query.where(Delivery.type == type_)
    if before_id is not None:
        query = query.where(Delivery.id < before_id)
    found = session.scalars(query.order_by(Delivery.id.desc()).limit(limit + 1)).all()
    lasts = _last_attempts(session, [delivery.id for delivery in found])
    return [describe(delivery, lasts.get(delivery.id)) for delivery in found]


def _last_attempts(session: Session, ids: Sequence[int]) -> dict[int, Attempt]:
    newest = (
        select(func.max(Attempt.id))
        .where(is_one_of(session, Attempt.delivery_id, ids))
        .group_by(Attempt.delivery_id)
    )
    query = select(Attempt).where(Attempt.id.in_(newest))
    return {attempt.delivery_id: attempt for attempt in session.scalars(query)}


def describe(delivery: Delivery, last: Attempt | None) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "type": delivery.type,
        "subject": delivery.subject,
        "occurred_at": delivery.occurred_at,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "settled_at": delivery.settled_at,
        "last_attempt": last,
    }


def read_delivery(session: Session, webhook: Webhook, delivery_id: int) -> dict[str, Any]:
    """One with all its attempts, the newest first, and the event. Raises NotFound."""
    delivery = _access(session, webhook, delivery_id)
    attempts = session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.id.desc())
    ).all()
    event = kept.at(session, [delivery.position]).get(delivery.position)
    return {
        **describe(delivery, attempts[0] if attempts else None),
        "requests": attempts,
        "data": _as_told(session, webhook, event) if event else None,
    }


def _as_told(session: Session, webhook: Webhook, event: kept.Kept) -> dict[str, Any] | None:
    """The event as the app may see it now; None where it may not any more."""
    seers = sight.find_seers(session, [webhook.miniapp_id]).get(webhook.miniapp_id, ())
    seen = sight.show(event, seers, sight.look_at(session, [event]))
    return seen.data if seen else None


def _access(session: Session, webhook: Webhook, delivery_id: int) -> Delivery:
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise NotFound
    return delivery


def replay_one(
    session: Session, webhook: Webhook, delivery_id: int, *, by: Principal
) -> dict[str, Any]:
    """Tell one again, whatever came of it, under the same ``webhook-id``. ``webhook`` is locked.

    Raises NotFound, WebhookNotLive.
    """
    delivery = _access(session, webhook, delivery_id)
    _replay(session, webhook, [delivery], by=by)
    session.refresh(delivery)
    return describe(delivery, None)


def replay_range(
    session: Session,
    webhook: Webhook,
    *,
    since: datetime,
    until: datetime,
    states: Sequence[str],
    by: Principal,
) -> tuple[int, bool]:
    """Tell those again that happened in a time and ended in one of ``states``, in their order;
    how many, and whether there are more than are taken at once. ``webhook`` is locked.

    Raises WebhookNotLive.
    """
    found = session.scalars(
        select(Delivery)
        .where(
            Delivery.webhook_id == webhook.id,
            Delivery.occurred_at >= since,
            Delivery.occurred_at < until,
            Delivery.state.in_(states),
        )
        .order_by(Delivery.occurred_at, Delivery.id)
        .limit(REPLAYED_AT_ONCE + 1)
    ).all()
    _replay(session, webhook, found[:REPLAYED_AT_ONCE], by=by)
    return min(len(found), REPLAYED_AT_ONCE), len(found) > REPLAYED_AT_ONCE


def _replay(
    session: Session, webhook: Webhook, chosen: Sequence[Delivery], *, by: Principal
) -> None:
    if webhook.state not in (HookState.LIVE, HookState.PAUSED):
        raise WebhookNotLive
    settled = [each for each in chosen if each.state != DeliveryState.WAITING]
    if settled:
        session.execute(
            update(Delivery)
            .where(is_one_of(session, Delivery.id, [each.id for each in settled]))
            .values(state=DeliveryState.WAITING, attempts=0, due_at=None, settled_at=None)
            .execution_options(synchronize_session=False)
        )
        recording.promote(session, {(webhook.id, each.subject) for each in settled})
    audit.append(
        session,
        "webhook.replay",
        by=by,
        object_kind="miniapp",
        object_id=webhook.miniapp_id,
        webhook_id=webhook.id,
        count=len(settled),
    )


def forget_old() -> None:
    """Delete what has been kept long enough, and what waits for webhooks that were removed."""
    while _forget_some():
        pass


def _forget_some() -> bool:
    now = clock.now()
    with transaction() as session:
        removed = select(Webhook.id).where(Webhook.state == HookState.REMOVED)
        old = [
            (DeliveryState.DONE, now - DONE_KEPT_FOR),
            (DeliveryState.DEAD, now - DEAD_KEPT_FOR),
        ]
        batches = [
            select(Delivery.id).where(Delivery.state == state, Delivery.settled_at < before)
            for state, before in old
        ]
        batches.append(select(Delivery.id).where(Delivery.webhook_id.in_(removed)))
        ids: list[int] = []
        for batch in batches:
            ids += session.scalars(batch.limit(FORGOTTEN_AT_ONCE)).all()
        session.execute(delete(Attempt).where(is_one_of(session, Attempt.delivery_id, ids)))
        session.execute(delete(Delivery).where(is_one_of(session, Delivery.id, ids)))
        before = now - EVENTS_KEPT_FOR
        events = kept.forget(
            session, before=before, at_once=FORGOTTEN_AT_ONCE, needed=_referred_to(before)
        )
        session.execute(delete(EventCursor).where(EventCursor.used_at < before))
    return len(ids) >= FORGOTTEN_AT_ONCE or events >= FORGOTTEN_AT_ONCE


def _referred_to(before: datetime) -> Select[int]:
    """Positions of events that a delivery has still to tell, or that may be replayed: those older
    than that alone, by a look into each webhook's index."""
    return (
        select(Delivery.position)
        .join(Webhook, Webhook.id == Delivery.webhook_id)
        .where(Delivery.occurred_at < before)
    )
