"""Messages kept in view for everybody in a conversation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.messaging.events import rooms_of
from zzd.messaging.marks import events
from zzd.messaging.marks.loading import add_marks
from zzd.messaging.marks.models import Pin
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message
from zzd.messaging.policy import Place, access_conversation, may_pin, refuse
from zzd.messaging.problems import MessageRecalled, MessageRemoved, TooManyPins
from zzd.messaging.rules import MOST_PINS
from zzd.messaging.views import describe_message, select_messages
from zzd.principal import Principal


def list_pins(session: Session, principal: Principal, conversation_id: int) -> dict[str, Any]:
    """The pinned messages that the reader may see, the newest pin first. Raises NotFound."""
    place = access_conversation(session, principal, conversation_id)
    query = (
        select_messages()
        .add_columns(Pin)
        .join(Pin, (Pin.conversation_id == Message.conversation_id) & (Pin.seq == Message.seq))
        .where(Pin.conversation_id == conversation_id, Pin.seq >= place.first_seq)
        .order_by(Pin.pinned_at.desc(), Pin.seq.desc())
    )
    rows = session.execute(query).all()
    messages = [describe_message(row[0], row[1], principal) for row in rows]
    add_marks(session, principal, conversation_id, messages)
    items = [
        {
            "message": message,
            "pinned_by": {"id": row[2].pinned_by_id, "name": row[2].pinned_by_name},
            "pinned_at": row[2].pinned_at,
        }
        for message, row in zip(messages, rows, strict=True)
    ]
    return {"items": items, "next": None}


def pin_message(session: Session, by: Principal, conversation_id: int, seq: int) -> None:
    """A repeat changes nothing. Raises NotFound, NotPermitted, MessageRecalled,
    MessageRemoved, TooManyPins."""
    place, message = _to_pin(session, by, conversation_id, seq, action="message.pin")
    if message.recalled_at is not None:
        raise MessageRecalled
    if message.removed_at is not None:
        raise MessageRemoved
    pinned = _seqs(session, conversation_id)
    if seq in pinned:
        return
    if len(pinned) >= MOST_PINS:
        raise TooManyPins
    session.execute(
        insert(Pin).values(
            conversation_id=conversation_id,
            seq=seq,
            pinned_by_id=by.official_id,
            pinned_by_name=by.official_name,
            pinned_at=clock.now(),
        )
    )
    _changed(session, place, message)


def unpin_message(session: Session, by: Principal, conversation_id: int, seq: int) -> None:
    """A repeat changes nothing. Raises NotFound, NotPermitted."""
    place, message = _to_pin(session, by, conversation_id, seq, action="message.unpin")
    gone = session.scalar(
        delete(Pin).filter_by(conversation_id=conversation_id, seq=seq).returning(Pin.seq),
        execution_options={"synchronize_session": False},
    )
    if gone is not None:
        _changed(session, place, message)


def _to_pin(
    session: Session, by: Principal, conversation_id: int, seq: int, *, action: str
) -> tuple[Place, Message]:
    """Pins of one conversation wait for each other, so that there are never too many."""
    place = access_conversation(session, by, conversation_id, action=action, lock=True)
    message, _quoted = find_message(session, place, seq)
    if not may_pin(by, place):
        raise refuse(action, place, "Only who manages a conversation pins messages in it")
    return place, message


def _seqs(session: Session, conversation_id: int) -> list[int]:
    query = select(Pin.seq).where(Pin.conversation_id == conversation_id)
    return list(session.scalars(query.order_by(Pin.pinned_at.desc(), Pin.seq.desc())))


def _changed(session: Session, place: Place, message: Message) -> None:
    conversation = place.conversation
    message.changed_at = now = clock.now()
    events.pins_updated(
        session,
        conversation.id,
        seqs=_seqs(session, conversation.id),
        changed_at=now,
        to=rooms_of(conversation.id, conversation.audience_id),
    )
