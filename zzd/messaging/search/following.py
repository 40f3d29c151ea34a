"""How the index follows the messages: beside sending, by itself, leaving nothing out.

A message's id is allocated before its commit, so a lower id may appear after a higher one. What
is visible is indexed at once; but how far the index is *complete* moves only over ids that
nobody can still bring: those up to the highest one seen in a snapshot, once every transaction
that had begun by then is over (PostgreSQL's horizon; SQLite has one writer, whose ids follow its
commits). Until then the same few messages are looked through again for what is not there yet.
Whatever writes a message has written before it asks for the message's id (the conversation's
``last_seq``), so its transaction is one that the horizon waits for.

Changes are followed by ``changed_at`` in the same way, with an allowance for servers' clocks.
Any number of workers may do it: one at a time does, and to do a thing twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import BigInteger, ColumnElement, and_, func, literal_column, or_, select, text
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import is_postgresql, reading, transaction, try_lock_name
from zzd.messaging import kinds
from zzd.messaging.models import Message
from zzd.messaging.search import index
from zzd.messaging.search.models import SearchEntry, SearchProgress

log = structlog.get_logger()

FOLLOW_EVERY = 0.5
BATCH = 200
# By how much the clocks of two servers may differ.
CLOCKS_APART = timedelta(seconds=30)
# Beyond this the operator is told that the index lags.
TOLERATED_LAG = timedelta(seconds=2)


def follow() -> int:
    """Index what was said and changed since the last time; returns how many messages that were."""
    with reading() as session:
        if not _anything(session, session.get_one(SearchProgress, 1)):
            return 0
    started, done = clock.now(), 0
    batch: Batch | None = None
    while (batch := _follow_one(batch)) is not None:
        done += batch.count
        if batch.is_last:
            break
        # Others write between two batches, where only one may at a time.
        time.sleep(0)
    if (took := clock.now() - started) > TOLERATED_LAG:
        log.warning("search lagged behind", messages=done, seconds=took.total_seconds())
    return done


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step did. ``goal``: up to which message and change all was visible when the first
    step began, if nobody was under way any more; only then is everything up to there indexed
    when the last step ends."""

    count: int
    last_id: int
    is_last: bool
    goal: tuple[int, datetime] | None


def _follow_one(before: Batch | None) -> Batch | None:
    """One batch in one short transaction; None while another worker is at it."""
    with transaction() as session:
        if not try_lock_name(session, "search index"):
            return None
        progress = session.get_one(SearchProgress, 1)
        if before is not None:
            goal, last_id = before.goal, before.last_id
        else:
            # The statements after this one see all that the horizon has left behind.
            complete = progress.next_horizon <= _horizon(session)
            goal = (progress.next_message_id, progress.next_changed_at) if complete else None
            last_id = progress.message_id
        fresh = _missing(session, last_id)
        changed = _out_of_date(session, progress)
        put([*fresh, *changed], session)
        last_id = fresh[-1].id if fresh else last_id
        is_last = len(fresh) < BATCH and len(changed) < BATCH
        if goal is not None:
            # Half way, too: whoever begins again begins there.
            reached = goal[0] if is_last else min(goal[0], last_id)
            progress.message_id = max(progress.message_id, reached)
            if is_last:
                progress.changed_at = max(progress.changed_at, goal[1])
                _mark(session, progress)
        return Batch(len(fresh) + len(changed), last_id, is_last, goal)


def _mark(session: Session, progress: SearchProgress) -> None:
    """Note how far things have come, to be complete once everybody now under way is done."""
    now = clock.now()
    if is_postgresql(session):
        xmax = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger)
    else:
        xmax = literal_column("0", BigInteger)
    highest, horizon = session.execute(select(func.max(Message.id), xmax)).one()
    progress.next_message_id = max(highest or 0, progress.message_id)
    progress.next_changed_at = now - CLOCKS_APART
    progress.next_horizon = horizon


def _horizon(session: Session) -> int:
    """Transactions numbered below this are over, and what they wrote is visible."""
    if not is_postgresql(session):
        return 1
    query = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(session.scalar(query) or 0)


def _anything(session: Session, progress: SearchProgress) -> bool:
    """Whether there may be something to do: nothing is written while nothing is said."""
    said = select(Message.id).where(Message.id > progress.message_id).limit(1)
    if session.scalar(said) is not None:
        return True
    if progress.next_message_id > progress.message_id:
        return True
    return bool(_out_of_date(session, progress, limit=1))


def _missing(session: Session, after_id: int) -> list[Message]:
    query = (
        select(Message)
        .outerjoin(SearchEntry, SearchEntry.message_id == Message.id)
        .where(Message.id > after_id, SearchEntry.message_id.is_(None))
        .order_by(Message.id)
        .limit(BATCH)
    )
    return list(session.scalars(query))


def _out_of_date(
    session: Session, progress: SearchProgress, *, limit: int = BATCH
) -> list[Message]:
    """Messages whose entries tell of an earlier state."""
    query = (
        select(Message)
        .join(SearchEntry, SearchEntry.message_id == Message.id)
        .where(Message.changed_at > progress.changed_at, _differs())
        .limit(limit)
    )
    return list(session.scalars(query))


def _differs() -> ColumnElement[bool]:
    return or_(
        SearchEntry.changed_at.is_(None),
        and_(SearchEntry.changed_at.is_not(None), SearchEntry.changed_at != Message.changed_at),
    )


def put(messages: Sequence[Message], session: Session) -> None:
    """Write the entries of these messages. A recalled or removed one is kept without a word."""
    if not messages:
        return
    entries = [
        {
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "seq": message.seq,
            "sender_id": message.sender_id,
            "kind": message.kind,
            "created_at": message.created_at,
            "changed_at": message.changed_at,
        }
        for message in messages
    ]
    index.write(session, entries, [text_of(message) for message in messages])


def text_of(message: Message) -> str:
    """All that a message is found by, its parts apart from each other."""
    if message.recalled_at is not None or message.removed_at is not None:
        return ""
    return "\n".join([message.text, *kinds.words_of(message.kind, message.content)])


@dataclass(frozen=True, slots=True)
class State:
    """``messages``: how many there are; ``waiting``: of these not yet in the index; ``lag``: for
    how long the oldest of them has waited."""

    messages: int
    waiting: int
    lag: timedelta


def state() -> State:
    """For the operator; it counts, so it is not for every second."""
    with reading() as session:
        progress = session.get_one(SearchProgress, 1)
        missing = (
            select(func.count(), func.min(Message.created_at))
            .outerjoin(SearchEntry, SearchEntry.message_id == Message.id)
            .where(Message.id > progress.message_id, SearchEntry.message_id.is_(None))
        )
        waiting, oldest = session.execute(missing).one()
        messages = session.scalar(select(func.count()).select_from(Message)) or 0
    return State(messages, waiting, clock.now() - oldest if oldest else timedelta())
