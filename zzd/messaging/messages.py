"""What is said: sending, listing, recalling."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.bulk import table_of
from zzd.db import fingerprint
from zzd.errors import IdempotencyConflict, Invalid, NotFound
from zzd.messaging import events, kinds, numbers
from zzd.messaging.models import Message
from zzd.messaging.policy import (
    Place,
    access_conversation,
    refuse,
)
from zzd.messaging.problems import RecallWindowPassed
from zzd.messaging.rules import may_still_recall
from zzd.messaging.schemas import MessageSchema
from zzd.messaging.views import describe_message, select_messages
from zzd.principal import Principal

NO_END = 2**63 - 1
# Made once: making them takes longer than using them.
MESSAGE = MessageSchema()
INSERT = {
    dialect: insert(table_of(Message))
    .on_conflict_do_nothing(index_elements=["sender_id", "client_id"])
    .returning(Message.id)
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def send_message(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    text: str,
    kind: str = kinds.TEXT,
    content: dict[str, Any] | None = None,
    client_id: str | None = None,
    reply_to_seq: int | None = None,
) -> tuple[dict[str, Any], bool]:
    """Say something; returns the message and whether it is a fresh one.

    ``content`` is as ``kinds.load_content`` returned it.
    Three statements on PostgreSQL, four on SQLite, whatever the size of the group: the number with
    the sender's read cursor, the message, the event (a reply needs one more, an org group one, an
    announcement three, other kinds than texts what they look up). A repeat of a
    ``client_id`` undoes its number and returns the first result; of two at the same moment one
    waits for the other.
    Raises NotFound, NotPermitted, Invalid, IdempotencyConflict.
    """
    now = clock.now()
    client_id = client_id or uuid.uuid4().hex
    said = [conversation_id, text, reply_to_seq]
    body_fingerprint = fingerprint(said if content is None else [*said, kind, content])
    place = numbers.take_next(session, by, conversation_id, now)
    quoted = _quoted(
        session, place.id, reply_to_seq, first_seq=place.first_seq, below=place.last_seq
    )
    values = {
        "conversation_id": place.id,
        "seq": place.last_seq,
        "sender_id": by.official_id,
        "client_id": client_id,
        "fingerprint": body_fingerprint,
        "sender_name": by.official_name,
        "sender_title": by.post.title if by.post else "",
        "sender_unit": by.post.unit_name if by.post else "",
        "kind": kind,
        "text": text,
        "content": kinds.prepare_content(session, by, place.id, kind, content),
        "reply_to_seq": reply_to_seq,
        "created_at": now,
    }
    new_id = session.connection().scalar(INSERT[session.get_bind().dialect.name], values)
    if new_id is None:
        session.rollback()
        return _sent_before(session, by, client_id, body_fingerprint), False
    message = describe_message(Message(id=new_id, **values), quoted, by)
    events.message_created(
        session,
        MESSAGE.dump(message),
        conversation={
            "id": str(place.id),
            "kind": place.kind,
            "name": place.name,
            "last_seq": place.last_seq,
        },
        to=events.rooms_of(place.id, place.audience_id),
    )
    return message, True


def _quoted(
    session: Session, conversation_id: int, seq: int | None, *, first_seq: int, below: int
) -> Message | None:
    if seq is None:
        return None
    found = None
    if first_seq <= seq < below:
        found = session.scalar(
            select(Message).where(Message.conversation_id == conversation_id, Message.seq == seq)
        )
    if found is None:
        raise Invalid.at("/reply_to_seq", "There is no such message to reply to")
    return found


def _sent_before(
    session: Session, by: Principal, client_id: str, body_fingerprint: str
) -> dict[str, Any]:
    found = session.execute(
        select_messages().where(Message.sender_id == by.official_id, Message.client_id == client_id)
    ).one()
    if found[0].fingerprint != body_fingerprint:
        raise IdempotencyConflict
    return describe_message(found[0], found[1], by)


def list_messages(
    session: Session,
    principal: Principal,
    conversation_id: int,
    *,
    after_seq: int | None,
    before_seq: int | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """``{items, next}``, ascending. After a ``seq``: the ones that follow it, and so on to the
    newest; otherwise the last ones before ``before_seq`` (or of all), and so on to the oldest."""
    place = access_conversation(session, principal, conversation_id)
    upwards, low, high = _range(after_seq, before_seq, cursor)
    query = (
        select_messages()
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > max(low, place.first_seq - 1),
            Message.seq < high,
        )
        .order_by(Message.seq if upwards else Message.seq.desc())
        .limit(limit + 1)
    )
    rows = session.execute(query).all()
    items = [describe_message(row[0], row[1], principal) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = items[-1]["seq"]
        following = encode_cursor([upwards, last, high] if upwards else [upwards, low, last])
    return {"items": items if upwards else items[::-1], "next": following}


def _range(
    after_seq: int | None, before_seq: int | None, cursor: str | None
) -> tuple[bool, int, int]:
    if (position := decode_cursor(cursor, bool, int, int)) is not None:
        return position[0], position[1], position[2]
    high = NO_END if before_seq is None else before_seq
    return after_seq is not None, after_seq or 0, high


def find_message(session: Session, place: Place, seq: int) -> tuple[Message, Message | None]:
    """A message that one may see in a place one was let into, and what it quotes.

    Raises NotFound.
    """
    row = session.execute(
        select_messages().where(
            Message.conversation_id == place.conversation.id,
            Message.seq == seq,
            Message.seq >= place.first_seq,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def recall_message(
    session: Session, by: Principal, conversation_id: int, seq: int
) -> dict[str, Any]:
    """Take back what one said, within two minutes; its place in the order stays.

    A repeat changes nothing. Raises NotFound, NotPermitted, RecallWindowPassed.
    """
    place = access_conversation(session, by, conversation_id, action="message.recall", lock=True)
    message, quoted = find_message(session, place, seq)
    if message.sender_id != by.official_id:
        raise refuse("message.recall", place, "Only its sender recalls a message")
    now = clock.now()
    if message.recalled_at is None:
        if not may_still_recall(message.created_at, now):
            raise RecallWindowPassed
        message.recalled_at = message.changed_at = place.conversation.changed_at = now
        events.message_recalled(
            session,
            conversation_id,
            seq=seq,
            recalled_at=now.isoformat(),
            to=events.rooms_of(conversation_id, place.conversation.audience_id),
        )
    return describe_message(message, quoted, by)
