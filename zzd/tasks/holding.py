"""What is held until a transaction ends, in one order for everybody: so nobody waits in a circle.

    a warning → an event → a draft → a directive → its assignments → the tree → audiences

Whoever needs several takes them in this order and leaves out what is not needed: who issues a draft
holds its event first, although only the draft says which that is. Several directives are held only
by who holds their event, and many assignments only by who holds their directive. But one: a worker
that takes steps begins with assignments. It passes over those that are held, and over directives
that somebody is ending: it waits for nobody (zzd.tasks.escalation.steps).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from zzd.db import lock_name
from zzd.orgtree.models import Unit
from zzd.tasks.models import Directive, Event


def hold_event(
    session: Session, event_id: int, *seen: ColumnElement[bool], to_change: bool = False
) -> Event | None:
    """An event as it is now and stays until the transaction ends, with many others; ``to_change``
    its level or to close it: alone. ``seen`` are conditions on it and on its unit."""
    query = (
        select(Event)
        .join(Unit, Unit.id == Event.unit_id)
        .where(Event.id == event_id, *seen)
        .with_for_update(read=not to_change, key_share=to_change, of=Event)
    )
    return session.scalar(query.execution_options(populate_existing=True))


def hold_directive(session: Session, directive_id: int, *, to_end: bool = False) -> Directive:
    """A directive as it is now, by whoever spreads it, clears a branch of it or ends it: one after
    the other. Without ``to_end`` it stays open, where it is, until the transaction ends."""
    lock_name(session, f"cascade:{directive_id}")
    return session.get_one(
        Directive,
        directive_id,
        options=[joinedload(Directive.event)],
        with_for_update={"read": not to_end, "key_share": to_end, "of": Directive},
        populate_existing=True,
    )
