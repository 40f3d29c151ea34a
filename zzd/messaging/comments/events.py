"""What comments push: ``comment.created`` and ``comment.removed``, each with how many there are now."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.messaging.models import Message
from zzd.realtime import outbox, rooms


def comment_changed(
    session: Session,
    type_: str,
    message: Message,
    comment: dict[str, Any],
    *,
    comments: int,
    by: int,
) -> None:
    """To whoever has the comments on their screen, the message's author, and one's own devices."""
    data = {
        "conversation_id": str(message.conversation_id),
        "seq": message.seq,
        "comments": comments,
        "comment": comment,
    }
    to = [
        rooms.comments(message.conversation_id, message.seq),
        rooms.official(message.sender_id),
        rooms.official(by),
    ]
    outbox.publish(session, type_, data, rooms=list(dict.fromkeys(to)))
