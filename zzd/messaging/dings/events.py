"""What DINGs push to clients.

``ding.created`` and ``ding.repeated`` go to everybody addressed and to the sender's own devices:
the DING as they all see it, without anybody's answer. A client shows them whatever is muted,
unless it knows that it has confirmed, or is the sender. ``ding.cancelled`` ends that, and
``ding.completed`` says that everybody has confirmed.
``ding.receipt`` tells one's other devices what one did on this one. ``ding.progress`` tells the
sender, at most every two seconds, how many are in which state.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.messaging.dings.models import Ding, DingPerson
from zzd.messaging.dings.schemas import DingSchema, MineSchema, ProgressSchema
from zzd.realtime import outbox, rooms


def rooms_of(session: Session, ding: Ding) -> list[str]:
    """One for the audience, one for each person named, and the sender's own."""
    found = [rooms.official(ding.sender_id)]
    if ding.audience_id is not None:
        found.append(rooms.audience(ding.audience_id))
    if ding.officials:
        named = select(DingPerson.official_id).where(DingPerson.ding_id == ding.id)
        found += map(rooms.official, session.scalars(named))
    return found


def ding_created(session: Session, ding: Ding, shown: dict[str, Any], to: list[str]) -> None:
    outbox.publish(session, "ding.created", DingSchema().dump(shown), rooms=to)


def ding_repeated(session: Session, ding: Ding, shown: dict[str, Any]) -> None:
    data = DingSchema().dump(shown)
    outbox.publish(session, "ding.repeated", data, rooms=rooms_of(session, ding))


def ding_cancelled(session: Session, ding: Ding) -> None:
    at = ding.cancelled_at.isoformat() if ding.cancelled_at else None
    data = {"ding_id": str(ding.id), "cancelled_at": at}
    outbox.publish(session, "ding.cancelled", data, rooms=rooms_of(session, ding))


def ding_completed(session: Session, ding: Ding) -> None:
    at = ding.completed_at.isoformat() if ding.completed_at else None
    data = {"ding_id": str(ding.id), "completed_at": at}
    outbox.publish(session, "ding.completed", data, rooms=rooms_of(session, ding))


def ding_receipt(session: Session, ding_id: int, official_id: int, mine: dict[str, Any]) -> None:
    data = {"ding_id": str(ding_id), "my": MineSchema().dump(mine)}
    outbox.publish(session, "ding.receipt", data, rooms=[rooms.official(official_id)])


def ding_progress(session: Session, ding: Ding, progress: dict[str, Any]) -> None:
    data = ProgressSchema().dump({"ding_id": ding.id, **progress})
    outbox.publish(session, "ding.progress", data, rooms=[rooms.official(ding.sender_id)])
