"""What confirming pushes to clients.

``confirmation.updated`` tells one's own devices that one has confirmed: the message's ``confirm``.
``confirmation.progress`` tells its author, at most every two seconds, how many are in which state.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zzd.messaging.confirmations.models import ConfirmationRequest
from zzd.realtime import outbox, rooms


def confirmation_updated(
    session: Session, request: ConfirmationRequest, *, official_id: int, at: datetime
) -> None:
    data = {**_where(request), "confirm": {"confirmed_at": at.isoformat()}}
    outbox.publish(session, "confirmation.updated", data, rooms=[rooms.official(official_id)])


def confirmation_progress(
    session: Session, request: ConfirmationRequest, counts: dict[str, int]
) -> None:
    """``counts``: addressed, confirmed, read and unread."""
    data = {**_where(request), **counts}
    to = [rooms.official(request.author_id)]
    outbox.publish(session, "confirmation.progress", data, rooms=to)


def _where(request: ConfirmationRequest) -> dict[str, Any]:
    return {"conversation_id": str(request.conversation_id), "seq": request.seq}
