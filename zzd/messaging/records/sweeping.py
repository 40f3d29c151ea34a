"""Carrying the rules of keeping out, a small batch at a time.

A pass looks at every message once, by id, which follows time: when a whole window of them is
too young for any rule, all after it are. How far a pass has come is committed with what it removed,
so a process that dies leaves a batch done or not begun, and any number of workers may do it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import reading, transaction, try_lock_name
from zzd.messaging.models import Conversation, Message
from zzd.messaging.records import holds, retention
from zzd.messaging.records.models import RetentionSweep
from zzd.messaging.records.removal import remove_words
from zzd.messaging.records.retention import Rule

BATCH = 200
WINDOW = 2000
# Windows in which nothing is due that are looked at before others have their turn.
WINDOWS = 5
STEPS = 20
PASS_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the pass was and is; what is due between; whether the pass is over."""

    pass_no: int
    start: int
    end: int
    due: Sequence[int]
    over: bool


def sweep() -> int:
    """Remove what is due, so much at a time; how many messages that were."""
    removed = 0
    for _ in range(STEPS):
        found = _look()
        if found is None:
            break
        removed += _carry_out(found)
        if found.over:
            break
        time.sleep(0)
    return removed


def _look() -> Found | None:
    """What is to be done next, outside of any lock; None until the next pass."""
    now = clock.now()
    with reading() as session:
        at = session.get_one(RetentionSweep, 1)
        if at.next_at > now:
            return None
        rules = retention.rules_in_force(session)
        days = retention.shortest(rules)
        if days is None:
            return Found(at.pass_no, at.message_id, at.message_id, (), over=True)
        youngest = now - timedelta(days=days)
        position = at.message_id
        for _ in range(WINDOWS):
            end, oldest = _window(session, position)
            if end is None or oldest is None or oldest > youngest:
                return Found(at.pass_no, at.message_id, position, (), over=True)
            within = and_(Message.id > position, Message.id <= end)
            due = session.scalars(
                _due(session, rules, now).with_only_columns(Message.id).where(within).limit(BATCH)
            ).all()
            if due:
                position = due[-1] if len(due) == BATCH else end
                return Found(at.pass_no, at.message_id, position, due, over=False)
            position = end
        return Found(at.pass_no, at.message_id, position, (), over=False)


def _window(session: Session, after: int) -> tuple[int | None, datetime | None]:
    """The last id of the next so many messages, and when the oldest of them was said."""
    following = (
        select(Message.id, Message.created_at)
        .where(Message.id > after)
        .order_by(Message.id)
        .limit(WINDOW)
        .subquery()
    )
    row = session.execute(select(func.max(following.c.id), func.min(following.c.created_at))).one()
    return row[0], row[1]


def _due(session: Session, rules: Sequence[Rule], now: datetime) -> Select[Message]:
    return (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.removed_at.is_(None),
            retention.is_due(rules, now),
            ~holds.is_held(session),
        )
        .order_by(Message.id)
    )


def _carry_out(found: Found) -> int:
    """One batch, all of it or nothing: the words, the event, the record, how far we are."""
    now = clock.now()
    with transaction() as session:
        if not try_lock_name(session, holds.LOCK):
            return 0
        at = session.get_one(RetentionSweep, 1, with_for_update=True)
        if (at.pass_no, at.message_id) != (found.pass_no, found.start):
            # Another worker did it, or the rules changed meanwhile.
            return 0
        at.message_id = found.end
        if found.over:
            at.message_id, at.pass_no, at.next_at = 0, at.pass_no + 1, now + PASS_EVERY
        if not found.due:
            return 0
        return _remove(session, found.due, now)


def _remove(session: Session, ids: Sequence[int], now: datetime) -> int:
    # As whoever edits, recalls or sends does it: the conversation first, then its messages.
    places = select(Message.conversation_id).where(Message.id.in_(ids))
    session.execute(
        select(Conversation.id)
        .where(Conversation.id.in_(places))
        .order_by(Conversation.id)
        .with_for_update()
    )
    # Looked at again: what is held since, or said differently by a rule, stays.
    rules = retention.rules_in_force(session)
    query = _due(session, rules, now).where(Message.id.in_(ids))
    messages = session.scalars(query.with_for_update(of=Message)).all()
    if not messages:
        return 0
    removed = remove_words(session, messages, now)
    audit.append(
        session,
        "retention.remove",
        by=None,
        object_kind="message",
        messages=removed.messages,
        files=removed.files,
        conversations=removed.conversations,
    )
    return removed.messages
