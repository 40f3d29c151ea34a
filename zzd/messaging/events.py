"""What messaging pushes to clients, and how sockets follow who belongs where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zzd.messaging.models import Message
from zzd.realtime import outbox, rooms


def rooms_of(conversation_id: int, audience_id: int | None) -> list[str]:
    """Where a conversation's events go. The audience's room holds those it matches, the
    conversation's the people named, or who looks after it from outside the audience."""
    own = [rooms.conversation(conversation_id)]
    return own if audience_id is None else [*own, rooms.audience(audience_id)]


def message_created(
    session: Session,
    messages: Sequence[dict[str, Any]],
    *,
    conversation: dict[str, Any],
    to: Collection[str],
) -> None:
    """An event ``message.created`` for each, in one statement.

    ``client_id`` is its sender's alone, and an event is the same for everybody: so it cannot
    say whether a message with mentions calls its reader (``mentions_me``). The sender's read
    cursor is at this message from now on; of a notice, that of all who had read what was before."""
    said = []
    for message in messages:
        where = {**conversation, "last_seq": message["seq"]}
        data = {**message, "client_id": None, "conversation": where}
        if data["mentions"] is not None:
            data["mentions_me"] = None
        said.append(data)
    outbox.publish_all(session, "message.created", said, rooms=to)


def message_recalled(
    session: Session,
    conversation_id: int,
    *,
    seq: int,
    recalled_at: datetime,
    recalled_by: dict[str, Any],
    to: Collection[str],
) -> None:
    """Its words, content, quote, mentions, reactions and pin are gone, in replies to it too."""
    data = {
        "conversation_id": str(conversation_id),
        "seq": seq,
        "recalled_at": recalled_at.isoformat(),
        "recalled_by": recalled_by,
    }
    outbox.publish(session, "message.recalled", data, rooms=to)


def message_updated(session: Session, message: Message, *, to: Collection[str]) -> None:
    """Its words changed, in replies to it too."""
    data = {
        "conversation_id": str(message.conversation_id),
        "seq": message.seq,
        "text": message.text,
        "content": message.content,
        "edited_at": message.edited_at.isoformat() if message.edited_at else None,
    }
    outbox.publish(session, "message.updated", data, rooms=to)


def receipt_updated(
    session: Session,
    conversation_id: int,
    *,
    official_id: int,
    read_seq: int,
    to: Collection[str],
) -> None:
    data = {
        "conversation_id": str(conversation_id),
        "official_id": str(official_id),
        "read_seq": read_seq,
    }
    outbox.publish(session, "receipt.updated", data, rooms=to)


def conversation_updated(session: Session, conversation_id: int, *, to: Collection[str]) -> None:
    """Made, renamed, or its people changed: to be fetched again."""
    data = {"conversation_id": str(conversation_id)}
    outbox.publish(session, "conversation.updated", data, rooms=to)


def people_entered(session: Session, conversation_id: int, official_ids: Collection[int]) -> None:
    """From now on their sockets hear the conversation."""
    room = rooms.conversation(conversation_id)
    data = {"room": room, "official_ids": sorted(official_ids)}
    outbox.tell_processes(session, "enter", data)


def people_left(session: Session, conversation_id: int, official_ids: Collection[int]) -> None:
    """From now on their sockets hear nothing of the conversation; they are told so."""
    room = rooms.conversation(conversation_id)
    data = {"room": room, "official_ids": sorted(official_ids)}
    outbox.tell_processes(session, "leave", data)
    outbox.publish(
        session,
        "conversation.removed",
        {"conversation_id": str(conversation_id)},
        rooms=[rooms.official(official_id) for official_id in sorted(official_ids)],
    )
