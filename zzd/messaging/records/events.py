"""What keeping pushes to clients."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zzd.realtime import outbox


def messages_removed(
    session: Session,
    conversation_id: int,
    *,
    seqs: Sequence[int],
    removed_at: datetime,
    to: Collection[str],
) -> None:
    """Their time of keeping is over: words, content, quote, mentions, reactions and pins are gone,
    in replies to them too. Their places in the order stay."""
    data = {
        "conversation_id": str(conversation_id),
        "seqs": list(seqs),
        "removed_at": removed_at.isoformat(),
    }
    outbox.publish(session, "messages.removed", data, rooms=to)
