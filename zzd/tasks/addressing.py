"""From audiences to assignments: one statement, however many units there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    and_,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import Timestamp
from zzd.errors import Conflict
from zzd.orgtree.audiences import PATH_END, Audience
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Unit
from zzd.tasks import states
from zzd.tasks.escalation.following import first_step_at
from zzd.tasks.ledger import course
from zzd.tasks.ledger.lines import NEVER, Line, Lines, place_at
from zzd.tasks.models import Assignment, Directive, DirectiveAudience
from zzd.tasks.states import State


def address(
    session: Session,
    directive: Directive,
    audiences: Iterable[tuple[Audience, str]],
    *,
    cascade_id: int | None = None,
    transfer_id: int | None = None,
) -> list[int]:
    """Keep each audience, with the path of its unit on the directive's day, and put it in use.

    In one order for everybody, so that two directives never wait for each other's locks.
    """
    known = set(
        session.scalars(
            select(DirectiveAudience.audience_id).where(
                DirectiveAudience.directive_id == directive.id
            )
        )
    )
    kept = []
    for audience, path in sorted(
        audiences, key=lambda pair: (pair[0].unit_id, pair[0].levels, pair[0].text)
    ):
        audience_id = put_in_use(session, audience)
        kept.append(audience_id)
        if audience_id in known:
            continue
        known.add(audience_id)
        session.add(
            DirectiveAudience(
                directive_id=directive.id,
                audience_id=audience_id,
                cascade_id=cascade_id,
                transfer_id=transfer_id,
                unit_id=audience.unit_id,
                path=path,
                levels=audience.levels,
                line=audience.line or "",
                role=audience.role or "",
                text=audience.text,
            )
        )
    session.flush()
    return kept


def issuers_own() -> ColumnElement[bool]:
    """The condition on DirectiveAudience: addressed by the issuer, not by who passed it on."""
    return and_(DirectiveAudience.cascade_id.is_(None), DirectiveAudience.transfer_id.is_(None))


def meant_for(session: Session, assignment: Assignment) -> list[tuple[str | None, str | None]]:
    """The lines and roles that a directive addresses in a unit; None means any."""
    found = session.execute(
        select(DirectiveAudience.line, DirectiveAudience.role)
        .join(Assignment, Assignment.directive_id == DirectiveAudience.directive_id)
        .where(
            Assignment.id == assignment.id,
            Assignment.path >= DirectiveAudience.path,
            Assignment.path < DirectiveAudience.path + PATH_END,
            DirectiveAudience.levels.bitwise_and(1 << assignment.level) != 0,
        )
        .distinct()
    ).all()
    return [(line or None, role or None) for line, role in found]


def assign_units(
    session: Session,
    directive: Directive,
    units: ColumnElement[bool],
    *,
    path: ColumnElement[str],
    ack_deadline: datetime,
    report_deadline: datetime | None,
    cascade_id: int | None = None,
) -> int:
    """One assignment for each of today's ``units`` (a condition on Unit); returns how many.

    ``path`` is an expression over Unit.path: where the unit stands in the directive's tree.
    """
    due, now = states.due_at(State.ISSUED, ack_deadline, report_deadline), clock.now()
    values = {
        "directive_id": literal(directive.id, BigInteger()),
        "unit_id": Unit.id,
        "path": path,
        "level": Unit.level,
        "cascade_id": literal(cascade_id, BigInteger()) if cascade_id else null(),
        "state": literal(State.ISSUED.value, String(12)),
        "ack_deadline": literal(ack_deadline, Timestamp()),
        "report_deadline": literal(report_deadline, Timestamp()),
        "due_at": literal(due, Timestamp()),
        "issued_at": literal(now, Timestamp()),
        "moves": literal(0, Integer()),
        "next_step_at": literal(first_step_at(directive, due), Timestamp()),
    }
    booked = Lines()
    place = place_at(path, Unit.level).label("place")
    counted = session.execute(select(place, func.count()).where(units).group_by(place)).all()
    for where, number in counted:
        line = Line(directive.id, where, 0, due or NEVER, "", "")
        booked.add(line, number)
        course.book_issue(booked, directive.id, where, now, number)
    booked.write(session)
    # The order of the tree is the order of the index, and of every later range.
    chosen = select(*values.values()).where(units).order_by(Unit.path)
    statement = insert(Assignment.__table__).from_select(  # type: ignore[arg-type]
        list(values), chosen, include_defaults=False
    )
    # The ORM would not say how many; drivers do, if asked.
    written = session.connection().execute(statement, execution_options={"preserve_rowcount": True})
    if written.rowcount != sum(number for _, number in counted):
        raise Conflict("The units changed at this moment")
    return written.rowcount
