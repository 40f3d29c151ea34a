"""What cards push. A card that was replaced is ``message.updated``, with its new content."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms


def card_action_updated(session: Session, action: dict[str, Any], *, official_id: int) -> None:
    """One's own devices: a button was pressed on one of them, or the app has answered. The data
    is the action as the list of one's actions has it."""
    outbox.publish(session, "card_action.updated", action, rooms=[rooms.official(official_id)])
