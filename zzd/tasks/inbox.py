"""What waits for the caller's unit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, contains_eager, joinedload

from zzd import clock
from zzd.db import Timestamp
from zzd.errors import Invalid
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Directive, Event
from zzd.tasks.reach import known
from zzd.tasks.states import State

# Where nothing more is due: after everything that is.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

# A cancelled one that was delivered waits until the unit says that it stopped.
STOPPING = and_(
    Directive.status == "cancelled",
    Assignment.delivered_at.is_not(None),
    Assignment.stood_down_at.is_(None),
)
DONE = or_(
    Assignment.completed_at.is_not(None),
    Assignment.cleared_at.is_not(None),
    Assignment.state == State.RETURNED.value,
)
CLOSED = or_(
    Assignment.state == State.TRANSFERRED.value,
    and_(Directive.status == "open", DONE),
    and_(Directive.status != "open", ~STOPPING),
)
ORDER = (
    case((CLOSED, 1), else_=0),
    func.coalesce(Assignment.due_at, literal(NEVER, Timestamp())),
    # Of those due at once, the one issued last comes first.
    -Assignment.id,
)


def list_mine(
    session: Session,
    *,
    by: Principal,
    state: str,
    mode: str | None = None,
    after: list[Any] | None,
    limit: int,
) -> list[Assignment]:
    """Up to ``limit + 1`` assignments of the acting post's unit that its holder acts on.

    The open ones first, by what is due next; of one ``mode`` or of both. ``after`` is a
    ``position``.
    """
    query = (
        select(Assignment)
        .join(Directive, Directive.id == Assignment.directive_id)
        .where(policy.answered_by(policy.acting_post(by)), known(by.reach, Directive.unit_id))
        .order_by(*ORDER)
        .limit(limit + 1)
        .options(
            contains_eager(Assignment.directive), joinedload(Assignment.directive, Directive.event)
        )
    )
    if state != "any":
        query = query.where(CLOSED if state == "closed" else ~CLOSED)
    if mode is not None:
        query = query.where(of_mode(mode))
    if after is not None:
        query = query.where(tuple_(*ORDER) > tuple_(*_place_in_order(*after)))
    return list(session.scalars(query))


def position(row: Assignment) -> list[Any]:
    return [int(is_closed(row)), (row.due_at or NEVER).isoformat(), row.id]


def is_closed(row: Assignment) -> bool:
    """Whether it asks nothing more of the unit: ``CLOSED`` of one row."""
    state = State(row.state)
    if state is State.TRANSFERRED:
        return True
    if row.directive.status == "open":
        done = row.completed_at is not None or row.cleared_at is not None
        return done or state is State.RETURNED
    stopping = row.delivered_at is not None and row.stood_down_at is None
    return not (row.directive.status == "cancelled" and stopping)


def _place_in_order(closed: int, due: str, id_: int) -> list[Any]:
    try:
        if closed not in (0, 1) or id_ < 0:
            raise ValueError
        moment = datetime.fromisoformat(due).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid.at("/query/cursor", "Not a cursor of this list") from error
    return [literal(closed), literal(moment, Timestamp()), literal(-id_, BigInteger())]


def of_mode(mode: str) -> ColumnElement[bool]:
    """The condition on Directive: actual, or an exercise. Looked up by the event's key."""
    return exists().where(Event.id == Directive.event_id, Event.mode == mode)


def count_waiting(session: Session, principal: Principal) -> dict[str, Any]:
    """How many assignments are open, and how many of them overdue, in one statement.

    Those of exercises are counted apart: nobody's actual number has an exercise in it.
    """
    counted = {mode: {"open": 0, "overdue": 0} for mode in ("actual", "exercise")}
    if principal.post is not None:
        late = case((and_(Assignment.due_at < clock.now(), Directive.status == "open"), 1))
        query = (
            select(Event.mode, func.count(), func.count(late))
            .select_from(Assignment)
            .join(Directive, Directive.id == Assignment.directive_id)
            .join(Event, Event.id == Directive.event_id)
            .where(
                policy.answered_by(principal.post),
                ~CLOSED,
            )
            .group_by(Event.mode)
        )
        for mode, waiting, overdue in session.execute(query):
            counted[mode] = {"open": waiting, "overdue": overdue}
    return {**counted["actual"], "exercise": counted["exercise"]}
