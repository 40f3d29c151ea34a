"""Events kept for those outside: one row each, written with the outbox row, whoever wants them.

Who wants what, and who may see it, is for packages above to say. Here an event costs its
transaction one more row if anybody wants its kind, and nothing if nobody does. Everything that
grows with the number of those who want it is done afterwards, by whoever reads the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from zzd.bulk import table_of
from zzd.db import after_commit, is_one_of, reading, transaction, try_lock_name
from zzd.realtime.models import KeptEvent

Kept = KeptEvent
# Which kinds somebody wants now.
FindWanted = Callable[[Session], set[str]]

INSERT = insert(table_of(KeptEvent))
PLACED_AT_ONCE = 1000
WANTED = "zzd.wanted_events"


class Wanted:
    """What is wanted, as far as this process knows; asked anew every second where it serves."""

    def __init__(self) -> None:
        self.find: list[FindWanted] = []
        self.types: frozenset[str] | None = None

    def read(self, session: Session) -> frozenset[str]:
        found: set[str] = set()
        for find in self.find:
            found |= find(session)
        self.types = frozenset(found)
        return self.types


def register(app: Flask) -> None:
    app.extensions[WANTED] = Wanted()


def add_wanted(app: Flask, find: FindWanted) -> None:
    """Let a package above say which kinds of events are to be kept."""
    app.extensions[WANTED].find.append(find)


def look() -> None:
    """Ask what is wanted now."""
    with reading(plainly=True) as session:
        current_app.extensions[WANTED].read(session)


def wanted_changed(session: Session) -> None:
    """This process looks again after the commit; the others do within a second."""
    after_commit(session, look)


def keep(session: Session, type_: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keep these events, of one kind, if anybody wants them."""
    wanted: Wanted = current_app.extensions[WANTED]
    types = wanted.types
    if types is None:
        types = wanted.read(session)
    if type_ not in types or not rows:
        return
    kept = [{**row, "subject": subject_of(type_, row["data"])} for row in rows]
    session.connection().execute(INSERT, kept if len(kept) > 1 else kept[0])


# What an event is about, by the first of these that its data has.
SUBJECTS = (
    ("todo_id", "todos"),
    ("command_id", "commands"),
    ("conversation_id", "conversations"),
    ("assignment_id", "assignments"),
    ("directive_id", "directives"),
    ("unit_id", "units"),
    ("official_id", "officials"),
)


def subject_of(type_: str, data: dict[str, Any]) -> str:
    """``conversations/17``: what the order of events holds for."""
    for name, kind in SUBJECTS:
        if isinstance(found := data.get(name), str):
            return f"{kind}/{found}"
    return type_


def place() -> int:
    """Give positions to what has been committed; returns to how many events.

    One process does it at a time. What is seen now was committed, and everything of the same
    subject that came before it too.
    """
    placed = 0
    while True:
        with transaction() as session:
            if not try_lock_name(session, "kept events"):
                return placed
            ids = session.scalars(
                select(KeptEvent.id)
                .where(KeptEvent.position.is_(None))
                .order_by(KeptEvent.id)
                .limit(PLACED_AT_ONCE)
            ).all()
            if ids:
                first = last_position(session) + 1
                table = table_of(KeptEvent)
                session.connection().execute(
                    update(table)
                    .where(table.c.id == bindparam("which"))
                    .values(position=bindparam("place")),
                    [{"which": id_, "place": first + n} for n, id_ in enumerate(ids)],
                )
        placed += len(ids)
        if len(ids) < PLACED_AT_ONCE:
            return placed


def has_unplaced(session: Session) -> bool:
    query = select(KeptEvent.id).where(KeptEvent.position.is_(None)).limit(1)
    return session.scalar(query) is not None


def last_position(session: Session) -> int:
    return session.scalar(select(func.max(KeptEvent.position))) or 0


def first_position(session: Session, *, since: datetime) -> int:
    """Of what happened since then, or else of the last one; 0 if nothing is kept. What came before
    may have been forgotten in part."""
    query = select(func.min(KeptEvent.position)).where(KeptEvent.occurred_at >= since)
    return session.scalar(query) or last_position(session)


def after(session: Session, position: int, *, limit: int) -> Sequence[KeptEvent]:
    """What follows a position, in order."""
    query = select(KeptEvent).where(KeptEvent.position > position)
    return session.scalars(query.order_by(KeptEvent.position).limit(limit)).all()


def at(session: Session, positions: Collection[int]) -> dict[int, KeptEvent]:
    """Those at these positions, by position."""
    query = select(KeptEvent).where(is_one_of(session, KeptEvent.position, positions))
    return {event.position: event for event in session.scalars(query) if event.position}


def forget(session: Session, *, before: datetime, at_once: int, needed: Select[int]) -> int:
    """Delete what is older, except at the positions that are needed still; never the last one,
    from which positions go on."""
    old = (
        select(KeptEvent.id)
        .where(
            KeptEvent.occurred_at < before,
            KeptEvent.position < last_position(session),
            KeptEvent.position.not_in(needed),
        )
        .order_by(KeptEvent.occurred_at)
        .limit(at_once)
    )
    result: Any = session.execute(delete(KeptEvent).where(KeptEvent.id.in_(old)))
    return int(result.rowcount)
