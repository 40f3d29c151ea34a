"""What is due by the clock, done once by any number of workers: the one way of all timers.

When something is due stands in the database. A worker claims it for the length of a transaction
(``FOR UPDATE SKIP LOCKED``; SQLite's one write lock), does it and moves its time on in that same
transaction: after a crash it is still due, and whoever comes second finds that it is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import Base, is_postgresql, reading

log = structlog.get_logger()

AT_ONCE = 200
Row = TypeVar("Row", bound=Base)


def act_on_each(
    due: Callable[[datetime], Select[int]], act: Callable[[int], object], *, what: str
) -> None:
    """Call ``act`` with each of the ids that ``due(now)`` selects, ``AT_ONCE`` at most.

    They are read before anything is locked: mostly there are none. ``act`` claims for itself.
    The others do not wait for what is wrong with one.
    """
    with reading() as session:
        ids = session.scalars(due(clock.now()).limit(AT_ONCE)).all()
    for id_ in ids:
        try:
            act(id_)
        except Exception as error:
            log.warning(f"{what}: one failed", id=id_, exc_info=error)


def claim(
    session: Session, model: type[Row], condition: ColumnElement[bool], **lock: Any
) -> Row | None:
    """The one row that meets the condition, unless somebody else has it, or had it."""
    query = select(model).where(condition).with_for_update(skip_locked=True, **lock)
    return session.scalar(query)


def act_in_batches(waiting: Callable[[], bool], act: Callable[[], int]) -> int:
    """Have ``act`` claim and do a batch until it finds nothing; returns how many there were.

    ``waiting`` is asked before each, without a lock, so that an idle worker writes nothing.
    """
    done = 0
    while waiting() and (batch := act()):
        done += batch
        # On SQLite a batch stops the whole process while it runs.
        time.sleep(0)
    return done


def moment(session: Session) -> datetime:
    """The time that decides what is due: one clock for all workers, whatever their own says.

    PostgreSQL's, unless it stands still for a test; SQLite has no clock but ours.
    """
    if clock.is_set() or not is_postgresql(session):
        return clock.now()
    found: datetime = session.scalars(select(func.clock_timestamp())).one()
    return found
