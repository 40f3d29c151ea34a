"""Messages lose all that they say; their numbers, senders and times stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, tuple_, update
from sqlalchemy.orm import Session

from zzd.messaging.cards.models import Card, CardAction
from zzd.messaging.comments.models import Comment, CommentCount
from zzd.messaging.events import rooms_of
from zzd.messaging.files import forget_message_files
from zzd.messaging.marks.models import Pin, Reaction, ReactionCount
from zzd.messaging.models import (
    Conversation,
    ForwardRecord,
    Mention,
    Message,
    MessageRecord,
    MessageVersion,
)
from zzd.messaging.records import events
from zzd.messaging.scheduled import forget_words
from zzd.messaging.search import index

DIRECTLY = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Removed:
    messages: int
    files: int
    conversations: int


def remove_words(session: Session, messages: Sequence[Message], now: datetime) -> Removed:
    """In as many statements for two hundred messages as for one, and an event for each of their
    conversations, whose rows the caller has locked."""
    ids = [message.id for message in messages]
    places = [(message.conversation_id, message.seq) for message in messages]
    session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(text="", content=None, mentions=None, removed_at=now, changed_at=now),
        execution_options=DIRECTLY,
    )
    session.execute(
        delete(MessageVersion).where(MessageVersion.message_id.in_(ids)), execution_options=DIRECTLY
    )
    for added in (
        *(Mention, Reaction, ReactionCount, Pin, Card, CardAction),
        *(Comment, CommentCount),
    ):
        session.execute(
            delete(added).where(tuple_(added.conversation_id, added.seq).in_(places)),
            execution_options=DIRECTLY,
        )
    _forget_records(session, places)
    files = forget_message_files(session, places)
    forget_words(session, messages)
    index.remove(session, ids)
    return Removed(len(ids), files, _tell(session, messages, now))


def _forget_records(session: Session, places: Sequence[tuple[int, int]]) -> None:
    """What was passed on together goes with the last message that passes it on."""
    here = tuple_(MessageRecord.conversation_id, MessageRecord.seq).in_(places)
    # Held: who passes one of them on at this moment is seen, or sees that it is gone.
    held = session.scalars(
        select(ForwardRecord.id)
        .where(ForwardRecord.id.in_(select(MessageRecord.record_id).where(here)))
        .order_by(ForwardRecord.id)
        .with_for_update()
    ).all()
    session.execute(delete(MessageRecord).where(here), execution_options=DIRECTLY)
    carried = exists(
        select(MessageRecord.record_id).where(MessageRecord.record_id == ForwardRecord.id)
    )
    session.execute(
        delete(ForwardRecord).where(ForwardRecord.id.in_(held), ~carried),
        execution_options=DIRECTLY,
    )


def _tell(session: Session, messages: Sequence[Message], now: datetime) -> int:
    seqs = defaultdict(list)
    for message in messages:
        seqs[message.conversation_id].append(message.seq)
    rows = session.execute(
        update(Conversation)
        .where(Conversation.id.in_(list(seqs)))
        .values(changed_at=now)
        .returning(Conversation.id, Conversation.audience_id),
        execution_options=DIRECTLY,
    )
    for conversation_id, audience_id in rows.all():
        events.messages_removed(
            session,
            conversation_id,
            seqs=sorted(seqs[conversation_id]),
            removed_at=now,
            to=rooms_of(conversation_id, audience_id),
        )
    return len(seqs)
