"""What warnings push, and who hears it: whoever may see it, in the unit, below and above."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.orgtree.audiences import ancestor_ids, narrow
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Unit
from zzd.realtime import outbox, rooms
from zzd.tasks.cap.models import ReceivedWarning, WarningEvent

WARNING_RECEIVED = "warning.received"
WARNING_UPDATED = "warning.updated"


def announce_warning(session: Session, warning: ReceivedWarning) -> None:
    """A warning was taken in: enough of it for a line in a list."""
    outbox.publish(
        session,
        WARNING_RECEIVED,
        {
            "warning_id": str(warning.id),
            "unit_id": str(warning.unit_id),
            "msg_type": warning.msg_type,
            "name": warning.name,
            "kind": warning.kind,
            "mode": warning.mode,
            "level": warning.level,
        },
        rooms=_around(session, warning.unit_id),
    )


def announce_replaced(session: Session, warning: ReceivedWarning, by: ReceivedWarning) -> None:
    """An Update or a Cancel took a warning's place."""
    _announce(
        session,
        warning.id,
        unit_id=warning.unit_id,
        replaced_by={"id": str(by.id), "msg_type": by.msg_type},
        raised=None,
    )


def announce_raised(session: Session, link: WarningEvent) -> None:
    """A unit raised an event from a warning, or set the level of the one it had."""
    raised = {"unit_id": str(link.unit_id), "event_id": str(link.event_id)}
    _announce(session, link.warning_id, unit_id=link.unit_id, replaced_by=None, raised=raised)


def _announce(
    session: Session,
    warning_id: int,
    *,
    unit_id: int,
    replaced_by: dict[str, Any] | None,
    raised: dict[str, Any] | None,
) -> None:
    """What is null here stays as it was."""
    outbox.publish(
        session,
        WARNING_UPDATED,
        {"warning_id": str(warning_id), "replaced_by": replaced_by, "raised": raised},
        rooms=_around(session, unit_id),
    )


def _around(session: Session, unit_id: int) -> list[str]:
    unit = session.get_one(Unit, unit_id)
    above = [rooms.unit(id_) for id_ in ancestor_ids(unit.path)[:-1]]
    return [rooms.audience(put_in_use(session, narrow(session, unit))), *above]
