"""Messages looked up by themselves, outside the order they were said in."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.messaging.marks.loading import add_marks
from zzd.messaging.mentions import page_seqs
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message
from zzd.messaging.policy import access_conversation
from zzd.messaging.views import describe_message, select_messages
from zzd.principal import Principal


def list_mentions(
    session: Session, principal: Principal, conversation_id: int, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """``{items, next}`` of the messages that call the reader, the newest first."""
    access_conversation(session, principal, conversation_id)
    seqs, following = page_seqs(session, principal, conversation_id, cursor=cursor, limit=limit)
    items = _described(session, principal, conversation_id, seqs) if seqs else []
    return {"items": items, "next": following}


def get_message(
    session: Session, principal: Principal, conversation_id: int, seq: int
) -> dict[str, Any]:
    """Raises NotFound."""
    place = access_conversation(session, principal, conversation_id)
    message, quoted = find_message(session, place, seq)
    item = describe_message(message, quoted, principal)
    add_marks(session, principal, conversation_id, [item])
    return item


def _described(
    session: Session, principal: Principal, conversation_id: int, seqs: list[int]
) -> list[dict[str, Any]]:
    query = select_messages().where(
        Message.conversation_id == conversation_id, Message.seq.in_(seqs)
    )
    rows = session.execute(query.order_by(Message.seq.desc()))
    items = [describe_message(row[0], row[1], principal) for row in rows]
    add_marks(session, principal, conversation_id, items)
    return items
