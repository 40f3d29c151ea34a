"""What is pushed about bots; what they say is pushed as any message is."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from zzd.realtime import outbox


def bots_updated(session: Session, conversation_id: int, *, to: Collection[str]) -> None:
    """Added, changed, switched or removed: to be fetched again."""
    data = {"conversation_id": str(conversation_id)}
    outbox.publish(session, "bots.updated", data, rooms=to)
