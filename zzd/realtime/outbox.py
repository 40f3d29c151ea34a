"""Events leave through here: written with the rows they tell of, published after the commit.

A process publishes what it just committed; the sweeper publishes what a crash or a lost Redis
left behind. So an event goes out at least once, and receivers drop repeats by its id.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.db import after_commit, reading, transaction, try_lock_name
from zzd.realtime import kept
from zzd.realtime.models import OutboxEntry

log = structlog.get_logger()

# Younger entries are still in the hands of the process that wrote them.
SWEEP_AFTER = timedelta(seconds=2)
SWEEP_BATCH = 100
SWEEP_REST = 0.1
INSERT = insert(table_of(OutboxEntry)).returning(OutboxEntry.event_id, OutboxEntry.id)
# Sent ones are deleted so many at a time.
FORGET_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Event:
    """What is pushed. ``rooms`` are names from zzd.realtime.rooms; none means a control event,
    which is for the processes and not for their clients."""

    id: str
    type: str
    occurred_at: datetime
    rooms: tuple[str, ...]
    data: dict[str, Any]

    def payload(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "occurred_at": self.occurred_at.isoformat(),
            "data": self.data,
        }


def publish(session: Session, type_: str, data: dict[str, Any], *, rooms: Iterable[str]) -> None:
    """Have an event pushed to rooms if and when the transaction commits.

    ``data`` is plain JSON, the same for everybody in the rooms.
    """
    row = _row(type_, data, rooms)
    entry = OutboxEntry(**row)
    session.add(entry)
    _pending(session).append(entry)
    kept.keep(session, type_, [row])


def publish_all(
    session: Session, type_: str, data: Sequence[dict[str, Any]], *, rooms: Iterable[str]
) -> None:
    """Have several of a kind pushed to the same rooms, in this order."""
    heard = list(rooms)
    publish_each(session, type_, [(each, heard) for each in data])


def publish_each(
    session: Session, type_: str, events: Sequence[tuple[dict[str, Any], Sequence[str]]]
) -> None:
    """Have several of a kind pushed, each to its rooms, in this order: written at once, in one
    statement and without the session's bookkeeping, which costs more than the rest of a message."""
    rows = [_row(type_, data, rooms) for data, rooms in events]
    found = session.connection().execute(INSERT, rows if len(rows) > 1 else rows[0])
    ids = {row.event_id: row.id for row in found}
    _pending(session).extend(OutboxEntry(id=ids[row["event_id"]], **row) for row in rows)
    kept.keep(session, type_, rows)


def _row(type_: str, data: dict[str, Any], rooms: Iterable[str]) -> dict[str, Any]:
    return {
        "event_id": uuid.uuid4().hex,
        "type": type_,
        "occurred_at": clock.now(),
        "rooms": list(rooms),
        "data": data,
    }


def _pending(session: Session) -> list[OutboxEntry]:
    pending: list[OutboxEntry] | None = session.info.get("outbox")
    if pending is None:
        pending = session.info["outbox"] = []
        after_commit(session, lambda: _send(pending))
    return pending


def tell_processes(session: Session, type_: str, data: dict[str, Any]) -> None:
    """Have every process act on a control event (see zzd.realtime.sockets) after the commit."""
    publish(session, f"control.{type_}", data, rooms=())


def sweep() -> int:
    """Publish what was left behind, oldest first; returns how many events that were.

    One process does it at a time, so that the order holds. Raises when the fan-out fails: what
    was not published stays for the next time.
    """
    swept = 0
    with reading() as session:
        if not try_lock_name(session, "outbox sweep"):
            return 0
        batch = _left_behind(session, after_id=0)
        while batch:
            current_app.extensions["zzd.fanout"].publish([_event(entry) for entry in batch])
            _forget([entry.id for entry in batch])
            swept += len(batch)
            if len(batch) == SWEEP_BATCH:
                # All at once would fill the backlogs of clients that read as fast as others.
                time.sleep(SWEEP_REST)
            batch = _left_behind(session, after_id=batch[-1].id)
    return swept


def _left_behind(session: Session, *, after_id: int) -> list[OutboxEntry]:
    return list(
        session.scalars(
            select(OutboxEntry)
            .where(OutboxEntry.id > after_id, OutboxEntry.occurred_at < clock.now() - SWEEP_AFTER)
            .order_by(OutboxEntry.id)
            .limit(SWEEP_BATCH)
        )
    )


def _event(entry: OutboxEntry) -> Event:
    return Event(entry.event_id, entry.type, entry.occurred_at, tuple(entry.rooms), entry.data)


def _send(entries: list[OutboxEntry]) -> None:
    """Hand over what was committed. A failure is not the caller's: the rows stay, and the
    sweeper will repeat them."""
    published: Published = current_app.extensions["zzd.published"]
    ids = [entry.id for entry in entries]

    def done(error: Exception | None) -> None:
        if error is None:
            published.add(ids)

    try:
        events = [_event(entry) for entry in entries]
        current_app.extensions["zzd.fanout"].hand_over(events, done)
    except Exception as error:
        log.warning("events wait for the sweeper", count=len(ids), error=repr(error))


def _forget(ids: list[int]) -> None:
    with transaction() as session:
        session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(ids)))


class Published:
    """Ids of entries already published, deleted together now and then.

    A process that dies before it deletes them publishes them twice, never not at all.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._changing = threading.Lock()

    def add(self, ids: list[int]) -> None:
        with self._changing:
            self._ids.extend(ids)

    def flush(self) -> None:
        with self._changing:
            ids, self._ids = self._ids, []
        for start in range(0, len(ids), FORGET_AT_ONCE):
            _forget(ids[start : start + FORGET_AT_ONCE])
