"""Handing a directive over to another unit (转办), inside the part of the tree it came down."""

from __future__ import annotations

from sqlalchemy import exists, literal, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.errors import Invalid
from zzd.orgtree.audiences import narrow
from zzd.orgtree.models import Unit
from zzd.orgtree.past import unit_as_of
from zzd.orgtree.revisions import hold_still
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.addressing import address, assign_units, meant_for
from zzd.tasks.events import announce_directive, announce_rollup
from zzd.tasks.holding import hold_directive
from zzd.tasks.lifecycle import policy as own_policy
from zzd.tasks.lifecycle.endings import cleared_paths
from zzd.tasks.lifecycle.models import Transfer
from zzd.tasks.models import Assignment, Cascade, snapshot
from zzd.tasks.moves import make_move, settled
from zzd.tasks.problems import AssignedAlready, AssignmentTransferred, DirectiveClosed
from zzd.tasks.states import Move


def hand_over(
    session: Session, *, by: Principal, assignment_id: int, unit_id: int, reason: str
) -> tuple[Assignment, bool]:
    """Give the directive to another unit, and whether that is new: to the same one, once is enough.

    To a unit below the one that passed it on, or that issued it, and that never had it: so it
    goes round in no circle and leaves nobody's subtree. It has the same deadlines there, and this
    assignment is closed and counts no more. Units that it was passed on to keep it.
    Raises NotFound, NotPermitted, Invalid, AssignedAlready, AssignmentReported, DirectiveClosed.
    """
    action = "assignment.transfer"
    directive_id = policy.access_assignment(session, by, assignment_id, action).directive_id
    # One after the other with those who pass it on: a unit gets it once.
    hold_directive(session, directive_id)
    assignment = own_policy.access_to_hand_over(session, by, assignment_id, action)
    if settled(assignment, Move.TRANSFER):
        made = session.scalars(select(Transfer).where(Transfer.from_id == assignment_id)).one()
        if made.to_unit_id != unit_id:
            raise AssignmentTransferred
        return assignment, False
    if assignment.directive.status != "open" or assignment.cleared_at is not None:
        raise DirectiveClosed
    hold_still(session)
    target, path = _target(session, assignment, unit_id)
    given = _assign(session, assignment, target, path)
    transfer = Transfer(
        directive_id=directive_id,
        from_id=assignment_id,
        to_id=given,
        from_unit_id=assignment.unit_id,
        to_unit_id=target.id,
        reason=reason,
        at=clock.now(),
        **snapshot(by),
    )
    session.add(transfer)
    session.flush()
    audiences = [
        (narrow(session, target, levels=[target.level], line=line, role=role), path)
        for line, role in meant_for(session, assignment)
    ]
    kept = address(session, assignment.directive, audiences, transfer_id=transfer.id)
    detail = {"unit_id": str(target.id), "unit_name": target.name, "reason": reason}
    make_move(session, [assignment], Move.TRANSFER, by=by, detail=detail)
    announce_directive(session, assignment.directive, kept)
    announce_rollup(session, directive_id, path)
    audit.append(
        session, action, by=by, object_kind="assignment", object_id=assignment_id, to_unit=target.id
    )
    return assignment, True


def _target(session: Session, assignment: Assignment, unit_id: int) -> tuple[Unit, str]:
    """The unit, and where it stands in the tree of the directive's day. Raises Invalid."""
    origin_id, origin_path = _origin(session, assignment)
    origin, target = session.get_one(Unit, origin_id), session.get(Unit, unit_id)
    if (
        target is None
        or target.status != "active"
        or target.path == origin.path
        or not target.path.startswith(origin.path)
    ):
        raise Invalid.at("/unit_id", f"There is no such unit below {origin.name}")
    found = exists().where(
        Assignment.directive_id == assignment.directive_id, Assignment.unit_id == unit_id
    )
    if session.scalar(select(found)):
        raise AssignedAlready
    path = origin_path + target.path[len(origin.path) :]
    if path.startswith(tuple(cleared_paths(session, assignment.directive_id))):
        raise Invalid.at("/unit_id", f"All clear was said for {target.name}")
    return target, path


def _origin(session: Session, assignment: Assignment) -> tuple[int, str]:
    """The unit it came from, with its path on the directive's day: who passed it on, or issued it."""
    if assignment.cascade_id is not None:
        cascade = session.get_one(Cascade, assignment.cascade_id)
        return cascade.unit_id, cascade.path
    directive = assignment.directive
    place = unit_as_of(session, directive.unit_id, directive.rev)
    assert place is not None
    return place.id, place.path


def _assign(session: Session, assignment: Assignment, target: Unit, path: str) -> int:
    """Its assignment, come by the same way as the one handed over."""
    assign_units(
        session,
        assignment.directive,
        Unit.id == target.id,
        path=literal(path),
        ack_deadline=assignment.ack_deadline,
        report_deadline=assignment.report_deadline,
        cascade_id=assignment.cascade_id,
    )
    given = select(Assignment.id).where(
        Assignment.directive_id == assignment.directive_id, Assignment.unit_id == target.id
    )
    return session.scalars(given).one()
