"""From the log of kept events to the webhooks that want them: what a request never pays for.

Each webhook has a position in the log. Those that stand at the same one, which is nearly all of
them, are served together: the events are read once, and what is to be delivered is written at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.db import is_one_of, reading, transaction, try_lock_name
from zzd.miniapps.hooks import sight
from zzd.miniapps.hooks.envelope import envelope
from zzd.miniapps.hooks.models import Delivery, Webhook
from zzd.miniapps.hooks.rules import DeliveryState, HookState, matches
from zzd.realtime import kept

EVENTS_AT_ONCE = 500


def spread_due() -> None:
    """Put what was committed in its order, and spread it, until nothing is left."""
    with reading() as session:
        idle = not kept.has_unplaced(session) and _next_stand(session) is None
    if idle:
        return
    kept.place()
    while _spread_next():
        pass


def _next_stand(session: Session) -> tuple[int, int] | None:
    """The lowest position at which webhooks stand, and up to where they go together."""
    last = kept.last_position(session)
    live = (Webhook.state == HookState.LIVE, Webhook.position < last)
    lowest = session.scalar(select(func.min(Webhook.position)).where(*live))
    if lowest is None:
        return None
    following = session.scalar(
        select(func.min(Webhook.position)).where(*live, Webhook.position > lowest)
    )
    return lowest, min(following or last, last)


def _spread_next() -> bool:
    """Whether there was something to spread that nobody else had in hand."""
    with transaction() as session:
        if not try_lock_name(session, "webhooks spread"):
            return False
        stand = _next_stand(session)
        if stand is None:
            return False
        position, upto = stand
        hooks = session.scalars(
            select(Webhook)
            .where(Webhook.state == HookState.LIVE, Webhook.position == position)
            .order_by(Webhook.id)
            .with_for_update()
        ).all()
        events = [
            event
            for event in kept.after(session, position, limit=EVENTS_AT_ONCE)
            if (event.position or 0) <= upto
        ]
        if hooks:
            if events:
                _write(session, _to_deliver(session, hooks, events))
            session.execute(
                update(Webhook)
                .where(Webhook.id.in_([hook.id for hook in hooks]))
                # Where nothing is kept up to there, it was forgotten: nothing is placed there any more.
                .values(position=events[-1].position if events else upto)
                .execution_options(synchronize_session=False)
            )
    return True


def _to_deliver(
    session: Session, hooks: Sequence[Webhook], events: Sequence[kept.Kept]
) -> list[dict[str, Any]]:
    """Rows for what each webhook asked for, passes its filter, and its app may see."""
    by_type: dict[str, list[Webhook]] = defaultdict(list)
    for hook in hooks:
        for type_ in hook.types:
            by_type[type_].append(hook)
    wanted = [event for event in events if event.type in by_type]
    if not wanted:
        return []
    seers = sight.find_seers(session, {h.miniapp_id for e in wanted for h in by_type[e.type]})
    scene = sight.look_at(session, wanted)
    source = current_app.extensions["zzd.settings"].public_url
    rows = []
    for event in wanted:
        shown: dict[int, sight.Seen | None] = {}
        for hook in by_type[event.type]:
            app = hook.miniapp_id
            if app not in shown:
                shown[app] = sight.show(event, seers.get(app, ()), scene)
            if (seen := shown[app]) is None:
                continue
            if hook.filter and not _passes(hook, event, seen, source):
                continue
            rows.append(_row(hook, event, seen))
    return rows


def _passes(hook: Webhook, event: kept.Kept, seen: sight.Seen, source: str) -> bool:
    made = envelope(
        event, source=source, position=event.position or 0, installation_id=seen.installation_id
    )
    return matches(hook.filter, {**made, "data": seen.data})


def _row(hook: Webhook, event: kept.Kept, seen: sight.Seen) -> dict[str, Any]:
    return {
        "webhook_id": hook.id,
        "position": event.position,
        "event_id": event.event_id,
        "type": event.type,
        "subject": event.subject,
        "occurred_at": event.occurred_at,
        "installation_id": seen.installation_id,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "due_at": None,
        "settled_at": None,
    }


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    """Of each webhook and subject the first is due now, unless one before it still waits."""
    if not rows:
        return
    hooks = {row["webhook_id"] for row in rows}
    subjects = {row["subject"] for row in rows}
    queued = session.execute(
        select(Delivery.webhook_id, Delivery.subject)
        .where(
            is_one_of(session, Delivery.webhook_id, hooks),
            Delivery.subject.in_(subjects),
            Delivery.state == DeliveryState.WAITING,
        )
        .distinct()
    )
    taken = {(row.webhook_id, row.subject) for row in queued}
    now = clock.now()
    for row in rows:
        if (key := (row["webhook_id"], row["subject"])) not in taken:
            row["due_at"] = now
            taken.add(key)
    session.connection().execute(insert(table_of(Delivery)), rows)
