"""Conversations: made and listed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import Invalid, NotPermitted, deny
from zzd.messaging import events
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.people import check_active
from zzd.messaging.policy import (
    access_conversation,
    may_address,
    reached_by,
)
from zzd.messaging.rules import MOST_MEMBERS, NAMED, direct_key
from zzd.messaging.views import (
    ConversationRow,
    Conversations,
    describe_conversation,
    describe_conversations,
    select_conversations,
    select_named,
)
from zzd.orgtree import audiences
from zzd.orgtree.in_use import put_in_use
from zzd.principal import Principal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def start_conversation(
    session: Session, by: Principal, body: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Make a conversation; returns it and whether it is a fresh one.

    ``body`` is what ConversationRequestSchema lets in. There is one direct conversation for a
    pair, whoever begins it and however often. Org groups and announcements are for those who
    may address the whole audience.
    Raises Invalid, NotPermitted, IdempotencyConflict.
    """
    client_id = body.pop("client_id") or uuid.uuid4().hex
    body_fingerprint = fingerprint(body)
    found = find_repeat(
        session,
        Conversation,
        sender_id=by.official_id or 0,
        client_id=client_id,
        body_fingerprint=body_fingerprint,
    )
    if found is None and body["kind"] == "direct":
        found = _direct_with(session, by, body["official_ids"][0])
    if found is not None:
        access_conversation(session, by, found.id)
        return describe_conversation(session, by, found.id), False
    now = clock.now()
    conversation = Conversation(
        kind=body["kind"],
        name=body["name"],
        sender_id=by.official_id,
        client_id=client_id,
        fingerprint=body_fingerprint,
        activity_at=now,
        changed_at=now,
        created_at=now,
    )
    if body["kind"] in NAMED:
        _with_people(session, by, conversation, body["official_ids"])
    else:
        _with_audience(session, by, conversation, body["audience"])
    return describe_conversation(session, by, conversation.id), True


def _direct_with(session: Session, by: Principal, other_id: int) -> Conversation | None:
    if other_id == by.official_id:
        raise Invalid.at("/official_ids/0", "A direct conversation is with somebody else")
    key = direct_key(by.official_id or 0, other_id)
    # Both may begin at the same moment.
    lock_name(session, f"direct:{key}")
    return session.scalar(select(Conversation).where(Conversation.direct_key == key))


def _with_people(
    session: Session, by: Principal, conversation: Conversation, official_ids: list[int]
) -> None:
    me = by.official_id or 0
    people = check_active(session, official_ids) | {me}
    if len(people) > MOST_MEMBERS:
        raise Invalid.at("/official_ids", f"A group has at most {MOST_MEMBERS} members")
    direct = conversation.kind == "direct"
    if direct:
        conversation.direct_key = direct_key(*people)
    conversation.members = len(people)
    session.add(conversation)
    session.flush()

    def role(official_id: int) -> str | None:
        if direct:
            return None
        return "owner" if official_id == me else "member"

    session.execute(
        insert(Participation),
        [
            {
                "conversation_id": conversation.id,
                "official_id": official_id,
                "role": role(official_id),
                "changed_at": conversation.changed_at,
            }
            for official_id in sorted(people)
        ],
    )
    events.people_entered(session, conversation.id, people)
    events.conversation_updated(session, conversation.id, to=events.rooms_of(conversation.id, None))


def _with_audience(
    session: Session, by: Principal, conversation: Conversation, described: dict[str, Any]
) -> None:
    audience = audiences.resolve(session, **described, pointer="/audience")
    if not may_address(by, audience):
        raise deny(
            NotPermitted("No grant of yours covers this audience"),
            "conversation.start",
            "unit",
            audience.unit_id,
        )
    conversation.audience_id = put_in_use(session, audience)
    session.add(conversation)
    session.flush()
    session.add(
        Participation(
            conversation_id=conversation.id,
            official_id=by.official_id,
            role="owner",
            changed_at=conversation.changed_at,
        )
    )
    # Its maker may well be outside the audience: the province addresses the townships.
    events.people_entered(session, conversation.id, [by.official_id or 0])
    events.conversation_updated(
        session,
        conversation.id,
        to=events.rooms_of(conversation.id, conversation.audience_id),
    )


def list_conversations(
    session: Session,
    principal: Principal,
    *,
    cursor: str | None,
    limit: int,
    pinned: bool = False,
) -> dict[str, Any]:
    """Mine, the newest activity first, in a constant number of statements; or those ``pinned``
    to the top of one's list."""
    narrower = Participation.pinned_at.is_not(None) if pinned else None
    rows = page_rows(
        session,
        principal,
        reached_by(session, principal),
        before=position_of(cursor),
        limit=limit,
        named=narrower,
        narrower=narrower,
    )
    items = describe_conversations(session, principal, rows[:limit])
    following = None
    if len(rows) > limit:
        following = encode_cursor(position_after(rows[limit - 1]))
    return {"items": items, "next": following}


def page_rows(
    session: Session,
    principal: Principal,
    reached: ColumnElement[bool],
    *,
    before: tuple[datetime, int] | None,
    limit: int,
    named: ColumnElement[bool] | None = None,
    narrower: ColumnElement[bool] | None = None,
) -> list[ConversationRow]:
    """Up to ``limit + 1`` of one's conversations, newest activity first: those one is named in
    and those that reach one by an audience.

    ``named`` and ``narrower`` narrow the two. A statement for each, since each has its index, and
    only together they would be looked up once to find them and once more to read them.
    """
    rows = _page(session, select_named(principal), named, before, limit)
    found = select_conversations(principal).where(reached)
    rows += _page(session, found, narrower, before, limit)
    rows.sort(key=lambda row: (row[0].activity_at, row[0].id), reverse=True)
    return rows[: limit + 1]


def _page(
    session: Session,
    found: Conversations,
    narrower: ColumnElement[bool] | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[ConversationRow]:
    if narrower is not None:
        found = found.where(narrower)
    if before is not None:
        moment, last_id = before
        found = found.where(
            or_(
                Conversation.activity_at < moment,
                and_(Conversation.activity_at == moment, Conversation.id < last_id),
            )
        )
    query = found.order_by(Conversation.activity_at.desc(), Conversation.id.desc())
    return list(session.execute(query.limit(limit + 1)))


def position_after(row: ConversationRow) -> tuple[int, int]:
    """Where a page ended: microseconds of the activity, and the id."""
    return (row[0].activity_at - EPOCH) // timedelta(microseconds=1), row[0].id


def position_of(cursor: str | None) -> tuple[datetime, int] | None:
    parts = decode_cursor(cursor, int, int)
    return None if parts is None else (moment_of(parts[0]), parts[1])


def moment_of(microseconds: int) -> datetime:
    """Raises Invalid for a number that no cursor of ours holds."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise Invalid.at("/query/cursor", "Not a cursor of this list") from error
