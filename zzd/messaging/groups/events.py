"""What is pushed about the life of a group."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms


def notice_updated(
    session: Session, conversation_id: int, notice: dict[str, Any] | None, *, to: Collection[str]
) -> None:
    """The notice as it is now; null once it was taken away."""
    data = {"conversation_id": str(conversation_id), "notice": notice}
    outbox.publish(session, "notice.updated", data, rooms=to)


def join_request_updated(
    session: Session,
    conversation_id: int,
    *,
    request_id: int,
    state: str,
    official_ids: Collection[int],
) -> None:
    """For who asked and who decides: to be fetched again."""
    data = {
        "conversation_id": str(conversation_id),
        "request_id": str(request_id),
        "state": state,
    }
    people = sorted(official_ids)
    outbox.publish(
        session, "join_request.updated", data, rooms=[rooms.official(each) for each in people]
    )
