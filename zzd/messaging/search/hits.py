"""What search shows of a message: where it was said, and where in it the words stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from zzd.api import decode_cursor, encode_cursor
from zzd.messaging import kinds
from zzd.messaging.conversations import EPOCH, moment_of
from zzd.messaging.models import Conversation, Message
from zzd.messaging.policy import standing_of
from zzd.messaging.search.finding import Filters, Found, find_messages
from zzd.messaging.search.following import text_of
from zzd.messaging.search.words import Query, merge
from zzd.messaging.views import (
    describe_conversations,
    describe_message,
    select_conversations,
    select_messages,
)
from zzd.principal import Principal

# Characters of a message around the first hit, and how many of them before it.
SNIPPET, BEFORE = 120, 30


def search_messages(
    session: Session,
    principal: Principal,
    query: Query,
    filters: Filters,
    *,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """``{items, next}`` of the messages that hold all terms, as far as one may see them."""
    after = position_of(cursor)
    if not query:
        return {"items": [], "next": None}
    found = find_messages(
        session,
        principal,
        standing_of(session, principal),
        query,
        filters,
        after=after,
        limit=limit + 1,
    )
    following = None
    if len(found) > limit:
        following = encode_cursor(_position(found[limit - 1]))
    return {"items": _describe(session, principal, query, found[:limit]), "next": following}


def _position(found: Found) -> tuple[int, int, int]:
    stage, created_at, message_id = found
    return stage, (created_at - EPOCH) // timedelta(microseconds=1), message_id


def position_of(cursor: str | None) -> tuple[int, datetime, int] | None:
    """Raises Invalid for what is no cursor."""
    parts = decode_cursor(cursor, int, int, int)
    return None if parts is None else (parts[0], moment_of(parts[1]), parts[2])


def _describe(
    session: Session, principal: Principal, query: Query, found: Sequence[Found]
) -> list[dict[str, Any]]:
    ids = [row[2] for row in found]
    query_for = select_messages().where(
        Message.id.in_(ids), Message.recalled_at.is_(None), Message.removed_at.is_(None)
    )
    messages = {row[0].id: (row[0], row[1]) for row in session.execute(query_for)}
    places = {message.conversation_id for message, _ in messages.values()}
    rows = session.execute(select_conversations(principal).where(Conversation.id.in_(places))).all()
    conversations = {
        described["id"]: described for described in describe_conversations(session, principal, rows)
    }
    hits = []
    for id_ in ids:
        # Recalled, or changed so that the words are gone: the index does not know it yet.
        if id_ in messages and all(query.ranges_by_term(text_of(messages[id_][0]))):
            message, quoted = messages[id_]
            hits.append(
                {
                    "conversation": conversations[message.conversation_id],
                    "message": describe_message(message, quoted, principal),
                    "snippet": snippet(message.text, ranges_in(query, message.text)),
                    "files": _files(query, message),
                }
            )
    return hits


def _files(query: Query, message: Message) -> list[dict[str, Any]]:
    return [
        {"index": index, "name": name, "ranges": ranges_in(query, name)}
        for index, name in enumerate(kinds.file_names(message.content))
    ]


def ranges_in(query: Query, text: str) -> list[tuple[int, int]]:
    """Where any of the terms stands, in code points."""
    return merge([one for ranges in query.ranges_by_term(text) for one in ranges])


def snippet(text: str, ranges: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Part of a text around the first of the ranges, and the ranges within that part."""
    start = max(0, min(ranges[0][0] - BEFORE, len(text) - SNIPPET)) if ranges else 0
    end = min(len(text), start + SNIPPET)
    within = [
        [max(first, start) - start, min(last, end) - start]
        for first, last in ranges
        if first < end and last > start
    ]
    return {
        "text": text[start:end],
        "ranges": within,
        "cut_before": start > 0,
        "cut_after": end < len(text),
    }
