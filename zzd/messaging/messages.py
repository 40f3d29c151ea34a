"""What is said: sending and listing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.db import fingerprint
from zzd.errors import IdempotencyConflict, Invalid, NotFound, Problem
from zzd.messaging import events, kinds, numbers
from zzd.messaging.confirmations.asking import ask_for_it
from zzd.messaging.marks.loading import add_marks
from zzd.messaging.mentions import write_mentions
from zzd.messaging.models import Message
from zzd.messaging.numbers import Taken
from zzd.messaging.policy import (
    Place,
    access_conversation,
    check_may_quote,
)
from zzd.messaging.schemas import MessageSchema
from zzd.messaging.views import describe_message, select_messages
from zzd.messaging.written import Along, insert_with
from zzd.principal import Principal

NO_END = 2**63 - 1
NOTHING_TO_REPLY_TO = "There is no such message to reply to"
# Made once: making it takes longer than using it.
MESSAGE = MessageSchema()


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
    mentions: dict[str, Any] | None = None,
    confirm: bool = False,
    passed_on: str | None = None,
    along: Sequence[Along] = (),
) -> tuple[dict[str, Any], bool]:
    """Say something; returns the message and whether it is a fresh one.

    ``content`` is as ``kinds.load_content`` returned it, ``mentions`` as MentionsRequestSchema
    does. ``confirm`` asks the readers of an announcement to confirm it. ``passed_on`` is the
    fingerprint of a request to forward messages singly: the content is one that is kept already.
    ``along`` is written with it.
    Three statements on PostgreSQL, four on SQLite, whatever the size of the group and for replies
    too: the number with the sender's read cursor, the message, the event; mentions, a request to
    confirm and other kinds than texts need more
    (tests/messaging/test_costs.py counts them all). A repeat of a
    ``client_id`` undoes its number and returns the first result; of two at the same moment one
    waits for the other.
    Raises NotFound, NotPermitted, Invalid, IdempotencyConflict.
    """
    now = clock.now()
    client_id = client_id or uuid.uuid4().hex
    said: list[Any] = [conversation_id, text, reply_to_seq]
    if content is not None or mentions is not None:
        said += [kind, content, mentions]
    said += ["confirm"] * confirm
    body_fingerprint = passed_on or fingerprint(said)
    calling = mentions is not None and any(mentions.values())
    placing = calling or kind != kinds.TEXT
    place = numbers.take_next(session, by, conversation_id, now, placing=placing)
    _check_reply(by, place, reply_to_seq)
    values = row_of(by, place.id, place.last_seq, client_id, text, now)
    values |= {"fingerprint": body_fingerprint, "kind": kind, "reply_to_seq": reply_to_seq}
    try:
        if not passed_on:
            content = kinds.prepare_content(session, by, place.id, kind, content)
        values["content"] = content
        keep = kinds.keep_content(session, kind, content)
        if calling and place.place is not None:
            values["mentions"] = write_mentions(session, by, place.place, place.last_seq, mentions)
    except Problem:
        # What it names may have gone since the first of two equal requests.
        session.rollback()
        if (earlier := sent_before(session, by, client_id, body_fingerprint)) is not None:
            return earlier, False
        raise
    asking = [ask_for_it(by, place, now)] if confirm else []
    written = insert_with(session, values, [*keep, *asking, *along])
    if written is None:
        session.rollback()
        earlier = sent_before(session, by, client_id, body_fingerprint)
        if earlier is None:
            raise RuntimeError("a message that was in the way is gone")
        return earlier, False
    quoted = None if reply_to_seq is None else _quoted(reply_to_seq, written)
    message = describe_sent(written.id, values, quoted, by)
    message["confirm"] = {"confirmed_at": None} if confirm else None
    tell(session, place, [message])
    return message, True


def row_of(
    by: Principal, conversation_id: int, seq: int, client_id: str, text: str, now: datetime
) -> dict[str, Any]:
    """The row of a plain text, said now in the post acted in."""
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "sender_id": by.official_id,
        "client_id": client_id,
        "fingerprint": fingerprint([conversation_id, text, None]),
        "sender_name": by.official_name,
        "sender_title": by.post.title if by.post else "",
        "sender_unit": by.post.unit_name if by.post else "",
        "kind": kinds.TEXT,
        "text": text,
        "content": None,
        "reply_to_seq": None,
        "mentions": None,
        "created_at": now,
    }


def describe_sent(
    id_: int, row: dict[str, Any], quoted: Message | None, by: Principal
) -> dict[str, Any]:
    return describe_message(Message(id=id_, **row), quoted, by)


def tell(session: Session, place: Taken, said: Sequence[dict[str, Any]]) -> None:
    """Have everybody in the conversation hear these messages, the last of which took ``place``."""
    events.message_created(
        session,
        MESSAGE.dump(said, many=True),
        conversation={"id": str(place.id), "kind": place.kind, "name": place.name},
        to=events.rooms_of(place.id, place.audience_id),
    )


def _check_reply(by: Principal, place: Taken, seq: int | None) -> None:
    if seq is None:
        return
    check_may_quote(by, place.id)
    if not place.first_seq <= seq < place.last_seq:
        raise Invalid.at("/reply_to_seq", NOTHING_TO_REPLY_TO)


def _quoted(seq: int, written: Row[Any]) -> Message:
    """What a reply that was written replies to, as far as it is shown. Numbers have no gaps, so it
    is there."""
    if written.sender_name is None:
        raise Invalid.at("/reply_to_seq", NOTHING_TO_REPLY_TO)
    shown = ("sender_name", "kind", "text", "recalled_at", "removed_at")
    return Message(seq=seq, **{name: getattr(written, name) for name in shown})


def sent_before(
    session: Session, by: Principal, client_id: str, body_fingerprint: str
) -> dict[str, Any] | None:
    """What an earlier request with this ``client_id`` sent. Raises IdempotencyConflict."""
    found = session.execute(
        select_messages().where(Message.sender_id == by.official_id, Message.client_id == client_id)
    ).one_or_none()
    if found is None:
        return None
    if found[0].fingerprint != body_fingerprint:
        raise IdempotencyConflict
    message = describe_message(found[0], found[1], by)
    add_marks(session, by, message["conversation_id"], [message])
    return message


def list_messages(
    session: Session,
    principal: Principal,
    conversation_id: int,
    *,
    after_seq: int | None,
    before_seq: int | None,
    cursor: str | None,
    limit: int,
    around_seq: int | None = None,
) -> dict[str, Any]:
    """``{items, next}``, ascending. After a ``seq``: the ones that follow it, and so on to the
    newest; otherwise the last ones before ``before_seq`` (or of all), and so on to the oldest.
    Around a ``seq``: the last ones of a page that has it in its middle."""
    place = access_conversation(session, principal, conversation_id)
    if around_seq is not None and cursor is None:
        highest = max(place.first_seq, min(around_seq, place.conversation.last_seq))
        before_seq = max(highest + (limit + 1) // 2, place.first_seq + limit)
        before_seq = min(before_seq, place.conversation.last_seq + 1)
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
    add_marks(session, principal, conversation_id, items)
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
