"""Passing on what was said: each message by itself, or several as one record.

A record is what the messages said when they were forwarded: it outlives a recall of theirs, and
shows those who see it nothing but that. Only what one may see oneself is forwarded.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import orjson
from marshmallow import fields, validate
from sqlalchemy import BigInteger, FromClause, insert, literal, select, union_all
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import Id, StrictSchema, Text, client_id_field
from zzd.bulk import table_of
from zzd.db import fingerprint
from zzd.errors import Conflict, Invalid, NotFound, Problem
from zzd.messaging import kinds, messages
from zzd.messaging.files.carrying import carry
from zzd.messaging.models import ForwardRecord, Message, MessageRecord
from zzd.messaging.parts import SenderSchema
from zzd.messaging.policy import Place, access_conversation, access_messages, check_may_quote
from zzd.messaging.rules import (
    DEEPEST_RECORD,
    LARGEST_RECORD,
    LONGEST_NAME,
    MOST_FORWARDED,
    MOST_FORWARDED_SINGLY,
)
from zzd.messaging.views import describe_sender
from zzd.messaging.written import Along
from zzd.principal import Principal

FORWARD = "forward"
PREVIEWED, LONGEST_PREVIEW = 4, 100


def _seqs(most: int) -> fields.List[int]:
    return fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 2**63 - 1)),
        required=True,
        validate=validate.Length(1, most),
        metadata={"example": [41, 42]},
    )


class RecordRequestSchema(StrictSchema):
    """The ``content`` with which a client sends a record: which messages it is of."""

    conversation_id = Id(required=True)
    seqs = _seqs(MOST_FORWARDED)
    title = Text(LONGEST_NAME, load_default=None)


class ForwardRequestSchema(StrictSchema):
    conversation_id = Id(required=True, metadata={"description": "Where they were said"})
    seqs = _seqs(MOST_FORWARDED_SINGLY)
    client_id = client_id_field()


def make_record(
    session: Session, by: Principal, _conversation_id: int, asked: dict[str, Any]
) -> dict[str, Any]:
    """Keep the messages asked for as a record; returns the content of the message that carries
    it: the title, how many, the first words, and the record's id.

    Raises NotFound for a conversation that is not the sender's, Invalid.
    """
    check_may_quote(by, asked["conversation_id"])
    place, found = _find(
        session, by, asked["conversation_id"], asked["seqs"], pointer="/content/seqs"
    )
    items = [_snapshot(message) for message in found]
    nested = [item["content"] for item in items if item["kind"] == FORWARD]
    depth = 1 + max((content["depth"] for content in nested), default=0)
    if depth > DEEPEST_RECORD:
        raise Invalid.at("/content/seqs", f"Records nest at most {DEEPEST_RECORD} deep")
    if len(orjson.dumps(items)) > LARGEST_RECORD:
        raise Invalid.at("/content/seqs", "These messages are too long for one record")
    title = asked["title"] or place.conversation.name or _names(items)
    record = ForwardRecord(
        title=title,
        items=items,
        includes=_includes(session, [int(content["record_id"]) for content in nested]),
        created_at=clock.now(),
    )
    session.add(record)
    session.flush()
    # Held until the message is written, which asks for it again (``keep_record``).
    session.info[f"record:{record.id}"] = record
    return {
        "title": title,
        "count": len(items),
        "depth": depth,
        "record_id": str(record.id),
        "preview": [
            {
                "sender_name": item["sender"]["name"],
                "kind": item["kind"],
                "text": item["text"][:LONGEST_PREVIEW],
            }
            for item in items[:PREVIEWED]
        ],
    }


def _find(
    session: Session, by: Principal, from_id: int, seqs: Sequence[int], *, pointer: str
) -> tuple[Place, list[Message]]:
    """Where they were said, and the messages, ascending. Raises NotFound, and Invalid where one is
    not there for the reader, was recalled, or is nobody's words."""
    place, said = access_messages(session, by, from_id, seqs, action="message.forward")
    found = [message for message in said if kinds.may_be_passed_on(message.kind)]
    known = {message.seq for message in found}
    for index, seq in enumerate(seqs):
        if seq not in known:
            raise Invalid.at(f"{pointer}/{index}", "There is no such message to forward")
    return place, found


def _snapshot(message: Message) -> dict[str, Any]:
    return {
        "sender": SenderSchema().dump(describe_sender(message)),
        "created_at": message.created_at.isoformat(),
        "kind": message.kind,
        "text": message.text,
        "content": kinds.copy_of(message.kind, message.content),
    }


def _names(items: list[dict[str, Any]]) -> str:
    """Of a direct conversation: who speaks in it."""
    return "、".join(dict.fromkeys(item["sender"]["name"] for item in items))[:LONGEST_NAME]


def _includes(session: Session, record_ids: list[int]) -> list[int]:
    if not record_ids:
        return []
    query = select(ForwardRecord).where(ForwardRecord.id.in_(record_ids))
    below = [inner for record in session.scalars(query) for inner in record.includes]
    return sorted({*record_ids, *below})


def keep_record(session: Session, content: dict[str, Any]) -> list[Along]:
    """Whoever may see a message with a record has what the messages in it carry.

    Raises Conflict where the last message with the record lost it at this moment.
    """
    record = session.get(ForwardRecord, int(content["record_id"]))
    if record is None:
        raise Conflict("What is passed on was removed at this moment")
    nested = select(ForwardRecord).where(ForwardRecord.id.in_(record.includes))
    records = [record, *(session.scalars(nested) if record.includes else ())]
    files = {
        file_id
        for each in records
        for item in each.items
        for file_id in kinds.files_of(item["kind"], item["content"])
    }

    def give(here: FromClause) -> Any:
        rows = (select(here, literal(id_, BigInteger)) for id_ in (record.id, *record.includes))
        names = [*here.c.keys(), "record_id"]
        return insert(table_of(MessageRecord)).from_select(names, union_all(*rows))

    return [give, *carry(session, files)]


def read_record(
    session: Session, principal: Principal, conversation_id: int, seq: int, record_id: int | None
) -> dict[str, Any]:
    """The record that a message carries, or one nested in it. Raises NotFound."""
    place = access_conversation(session, principal, conversation_id)
    message, _quoted = messages.find_message(session, place, seq)
    if message.kind != FORWARD or message.recalled_at is not None or message.content is None:
        raise NotFound
    record = session.get_one(ForwardRecord, int(message.content["record_id"]))
    if record_id is not None and record_id != record.id:
        if record_id not in record.includes:
            raise NotFound
        record = session.get_one(ForwardRecord, record_id)
    return {"title": record.title, "items": record.items, "next": None}


def forward_singly(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    from_id: int,
    seqs: list[int],
    client_id: str | None,
) -> tuple[dict[str, Any], bool]:
    """Say each of these messages again, in one's own name; returns what was sent, and whether
    it is fresh. All are sent or none.

    Raises NotFound, NotPermitted, Invalid, IdempotencyConflict.
    """
    key = client_id or uuid.uuid4().hex
    body = fingerprint([conversation_id, FORWARD, from_id, seqs])
    keys = [uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {index}").hex for index in range(len(seqs))]

    def sent_before() -> list[dict[str, Any] | None]:
        return [messages.sent_before(session, by, each, body) for each in keys]

    try:
        _place, found = _find(session, by, from_id, seqs, pointer="/seqs")
    except Problem:
        # What was there for the first of two equal requests may be gone.
        if client_id is not None and (earlier := sent_before())[0] is not None:
            return _answer(earlier), False
        raise
    by_seq = {message.seq: message for message in found}
    sent = []
    for seq, each in zip(seqs, keys, strict=True):
        message, fresh = messages.send_message(
            session,
            by,
            conversation_id,
            text=by_seq[seq].text,
            kind=by_seq[seq].kind,
            content=kinds.copy_of(by_seq[seq].kind, by_seq[seq].content),
            client_id=each,
            passed_on=body,
        )
        if not fresh:
            return _answer(sent_before()), False
        sent.append(message)
    return _answer(sent), True


def _answer(items: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    return {"items": [item for item in items if item is not None], "next": None}


def words_of_record(content: dict[str, Any]) -> list[str]:
    """What one sees of a record without opening it."""
    return [content["title"], *(each["text"] for each in content["preview"] if each["text"])]


RECORD = kinds.Kind(
    FORWARD, RecordRequestSchema, prepare=make_record, keep=keep_record, words=words_of_record
)
