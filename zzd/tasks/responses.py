"""Events and the response levels they are raised to (应急响应)."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Event, EventLevel, snapshot
from zzd.tasks.policy import acting_post
from zzd.tasks.problems import EventClosed, LevelUnchanged
from zzd.tasks.reach import known

MODES = ("actual", "exercise")
LEVELS = (1, 2, 3, 4)


def declare_event(
    session: Session,
    *,
    by: Principal,
    name: str,
    kind: str,
    mode: str,
    level: int | None,
    client_id: str | None,
) -> tuple[Event, bool]:
    """An event of the issuer's own unit, and whether it is new: a repeat gives the first.

    Raises NotPermitted, IdempotencyConflict.
    """
    action = "event.declare"
    policy.require_declarer(by, action)
    post = acting_post(by)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    body = fingerprint({"name": name, "kind": kind, "mode": mode, "level": level})
    if repeated := find_repeat(
        session, Event, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    event = Event(
        unit_id=post.unit_id,
        name=name,
        kind=kind,
        mode=mode,
        created_at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
    )
    session.add(event)
    session.flush()
    if level is not None:
        _set_level(session, event, level, by=by, reason="", key=uuid.uuid4().hex, body="")
    audit.append(session, action, by=by, object_kind="event", object_id=event.id, mode=mode)
    return event, True


def change_level(
    session: Session,
    *,
    by: Principal,
    event_id: int,
    level: int,
    reason: str,
    client_id: str | None,
) -> tuple[Event, bool]:
    """Raise or lower an event's response level, for issuers over the event's unit.

    Raises NotFound, NotPermitted, EventClosed, LevelUnchanged, IdempotencyConflict.
    """
    action = "event.level"
    event = _access_to_decide(session, by, event_id, action)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    body = fingerprint({"event_id": event_id, "level": level, "reason": reason})
    if find_repeat(session, EventLevel, sender_id=sender_id, client_id=key, body_fingerprint=body):
        return event, False
    if event.status == "closed":
        raise EventClosed
    if event.level == level:
        raise LevelUnchanged
    _set_level(session, event, level, by=by, reason=reason, key=key, body=body)
    audit.append(
        session, action, by=by, object_kind="event", object_id=event_id, level=level, reason=reason
    )
    return event, True


def close_event(
    session: Session,
    *,
    by: Principal,
    event_id: int,
    reason: str = "",
    override_reason: str | None = None,
) -> Event:
    """End an event, all clear (解除), and with it its directives: nothing more is issued or passed on.

    Units may still answer what they were given, but nothing of it is overdue any more. While
    people are being rescued by the latest reports it is refused, unless ``override_reason`` is
    given. Closing again changes nothing. Raises NotFound, NotPermitted, RescuesOpen.
    """
    event = _access_to_decide(session, by, event_id, "event.close")
    if event.status == "open":
        rescues = endings.clear_event(
            session, event, by=by, reason=reason, override_reason=override_reason
        )
        event.status, event.closed_at = "closed", clock.now()
        audit.append(
            session,
            "event.close",
            by=by,
            object_kind="event",
            object_id=event_id,
            mode=event.mode,
            rescues=rescues,
            overridden=override_reason if rescues else None,
        )
    return event


def list_events(
    session: Session,
    *,
    by: Principal,
    mode: str | None,
    status: str | None,
    before_id: int | None,
    limit: int,
) -> list[Event]:
    """Up to ``limit + 1`` events of the caller's part of the organisation, the latest first."""
    query = (
        select(Event)
        .join(Unit, Unit.id == Event.unit_id)
        .where(
            policy.in_part_of(acting_post(by), Event.unit_id.expression),
            known(by.reach, Event.unit_id),
        )
        .order_by(Event.id.desc())
        .limit(limit + 1)
        .options(selectinload(Event.levels))
    )
    if mode is not None:
        query = query.where(Event.mode == mode)
    if status is not None:
        query = query.where(Event.status == status)
    if before_id is not None:
        query = query.where(Event.id < before_id)
    return list(session.scalars(query))


def _access_to_decide(session: Session, by: Principal, event_id: int, action: str) -> Event:
    """The event, locked, for an issuer over its unit. Raises NotFound, NotPermitted."""
    event = policy.access_event(session, by, event_id, action, lock=True)
    unit_path = session.get_one(Unit, event.unit_id).path
    policy.require_issuer_over(by, unit_path, action, event_id)
    return event


def _set_level(
    session: Session, event: Event, level: int, *, by: Principal, reason: str, key: str, body: str
) -> None:
    last = select(func.coalesce(func.max(EventLevel.no), 0)).where(EventLevel.event_id == event.id)
    session.add(
        EventLevel(
            event_id=event.id,
            no=session.scalars(last).one() + 1,
            level=level,
            reason=reason,
            at=clock.now(),
            sender_id=by.official_id,
            client_id=key,
            fingerprint=body,
            **snapshot(by),
        )
    )
    event.level = level
    session.flush()
    session.expire(event, ["levels"])
