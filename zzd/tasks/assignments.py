"""What officials do with their unit's assignments: receive, acknowledge, complete, return.

What they report is in zzd.tasks.reporting.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import PATH_END
from zzd.orgtree.past import unit_as_of, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.lifecycle.rescues import open_rescues
from zzd.tasks.models import Assignment
from zzd.tasks.moves import make_move, settled
from zzd.tasks.problems import RescuesOpen, UnitsBelowOpen
from zzd.tasks.states import Move, State

RECEIPTS = {"delivered": Move.DELIVER, "read": Move.READ}
NAMED_OPEN_UNITS = 20


def note_receipts(
    session: Session, *, by: Principal, assignment_ids: Sequence[int], kind: str
) -> list[Assignment]:
    """Note that assignments were delivered to, or read by, the caller; all of them or none.

    Raises NotFound, NotPermitted.
    """
    found = policy.access_assignments(
        session, by, assignment_ids, f"assignment.{kind}", to_act=True
    )
    make_move(session, found, RECEIPTS[kind], by=by)
    return found


def acknowledge(
    session: Session, *, by: Principal, assignment_id: int, proxy_reason: str | None = None
) -> tuple[Assignment, bool]:
    """Acknowledge (签收) for the unit, and whether that is new: once is enough.

    With ``proxy_reason`` for people of the unit who cannot do it themselves.
    Raises NotFound, NotPermitted, and what says that the unit does not have it any more.
    """
    return _move(session, by, assignment_id, Move.ACKNOWLEDGE, proxy_reason)


def start(
    session: Session, *, by: Principal, assignment_id: int, proxy_reason: str | None = None
) -> tuple[Assignment, bool]:
    """Say that the unit is at it (办理中), and whether that is new.

    Raises NotFound, NotPermitted, NotAcknowledged, and what says that the unit does not have it.
    """
    return _move(session, by, assignment_id, Move.START, proxy_reason)


def stand_down(
    session: Session, *, by: Principal, assignment_id: int, proxy_reason: str | None = None
) -> tuple[Assignment, bool]:
    """Acknowledge that the directive was cancelled, and whether that is new.

    Only what was delivered has to be: of what was not, nobody has begun anything.
    Raises NotFound, NotPermitted, NotCancelled.
    """
    action = "assignment.stand_down"
    assignment = _access(session, by, assignment_id, action, proxy_reason)
    settled(assignment, Move.STAND_DOWN)
    if assignment.delivered_at is None or assignment.stood_down_at is not None:
        return assignment, False
    make_move(session, [assignment], Move.STAND_DOWN, by=by, proxy_reason=proxy_reason)
    return assignment, True


def give_back(
    session: Session, *, by: Principal, assignment_id: int, reason: str
) -> tuple[Assignment, bool]:
    """Return (退回) a directive that is not for the unit, with a reason, and whether that is new.

    The unit it came from sees it and may hand it over to another (zzd.tasks.lifecycle.transfers).
    Raises NotFound, NotPermitted, AssignmentReported, and what says that it is over.
    """
    assignment = policy.access_assignment(
        session, by, assignment_id, "assignment.return", to_act=True
    )
    moved = make_move(session, [assignment], Move.RETURN, by=by, detail={"reason": reason})
    return assignment, bool(moved)


def _move(
    session: Session, by: Principal, assignment_id: int, move: Move, proxy_reason: str | None
) -> tuple[Assignment, bool]:
    assignment = _access(session, by, assignment_id, f"assignment.{move}", proxy_reason)
    moved = make_move(session, [assignment], move, by=by, proxy_reason=proxy_reason)
    return assignment, bool(moved)


def _access(
    session: Session, by: Principal, assignment_id: int, action: str, proxy_reason: str | None
) -> Assignment:
    return policy.access_assignment(
        session, by, assignment_id, action, to_act=True, as_proxy=proxy_reason is not None
    )


def complete(
    session: Session,
    *,
    by: Principal,
    assignment_id: int,
    reason: str | None,
    proxy_reason: str | None = None,
) -> tuple[Assignment, bool]:
    """Complete (办结) for the unit, and whether that is new.

    While units below are not done, or the unit said last, to whatever version, that people are
    still to be rescued, it takes a reason, which is kept. Raises NotFound, NotPermitted, NotAcknowledged,
    NotReported, RescuesOpen, UnitsBelowOpen.
    """
    assignment = _access(session, by, assignment_id, "assignment.complete", proxy_reason)
    if settled(assignment, Move.COMPLETE):
        return assignment, False
    if reason is None:
        _require_own_rescues_over(session, assignment)
        _require_all_below_done(session, assignment)
    detail = {} if reason is None else {"reason": reason}
    make_move(session, [assignment], Move.COMPLETE, by=by, proxy_reason=proxy_reason, detail=detail)
    return assignment, True


def _require_own_rescues_over(session: Session, assignment: Assignment) -> None:
    directive = assignment.directive
    if assignment.latest_report_id is not None or directive.supersedes_id is not None:
        place = unit_as_of(session, assignment.unit_id, directive.rev)
        found = open_rescues(session, directive.event_id, [directive.id], place)
        if any(each["id"] == str(assignment.unit_id) for each in found):
            raise RescuesOpen("You said last that people are still being rescued")


def _require_all_below_done(session: Session, assignment: Assignment) -> None:
    open_below: list[ColumnElement[bool]] = [
        Assignment.directive_id == assignment.directive_id,
        Assignment.path > assignment.path,
        Assignment.path < assignment.path + PATH_END,
        Assignment.completed_at.is_(None),
        # All clear there: nothing is to be done any more.
        Assignment.cleared_at.is_(None),
        Assignment.state != State.TRANSFERRED.value,
    ]
    count = session.scalar(select(func.count()).select_from(Assignment).where(*open_below)) or 0
    if not count:
        return
    first = session.execute(
        select(Assignment.unit_id, Assignment.state)
        .where(*open_below)
        .order_by(Assignment.path)
        .limit(NAMED_OPEN_UNITS)
    ).all()
    rev = assignment.directive.rev
    places = units_as_of(session, [(unit_id, rev) for unit_id, _ in first])
    raise UnitsBelowOpen(
        f"{count} units below are not done",
        count=count,
        units=[
            {"id": str(unit_id), "name": places[unit_id, rev].name, "state": state}
            for unit_id, state in first
        ],
    )
