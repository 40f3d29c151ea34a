"""Writing the whole index again, while it is in use."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from zzd.db import reading, transaction
from zzd.messaging.models import Message
from zzd.messaging.search import index
from zzd.messaging.search.following import put
from zzd.messaging.search.models import SearchEntry

BATCH = 500


def count_messages() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def rebuild() -> Iterator[int]:
    """Write every message's entry anew, the oldest first, and forget entries without a message;
    yields how many messages each step wrote. What is said meanwhile is followed as ever."""
    last_id = 0
    while True:
        with transaction() as session:
            query = select(Message).where(Message.id > last_id).order_by(Message.id).limit(BATCH)
            messages = list(session.scalars(query))
            put(messages, session)
            reached = messages[-1].id if len(messages) == BATCH else None
            gone = (
                select(SearchEntry.message_id)
                .outerjoin(Message, Message.id == SearchEntry.message_id)
                .where(SearchEntry.message_id > last_id, Message.id.is_(None))
            )
            if reached is not None:
                gone = gone.where(SearchEntry.message_id <= reached)
            if found := list(session.scalars(gone)):
                index.remove(session, found)
        yield len(messages)
        if reached is None:
            return
        last_id = reached
