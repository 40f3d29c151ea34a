"""Passing a directive on to one's own sub-units (逐级转办), with a note and tighter deadlines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint
from zzd.errors import Conflict, Invalid
from zzd.orgtree.audiences import LEVELS, PATH_END, Audience, levels_mask, levels_of, resolve
from zzd.orgtree.models import Unit
from zzd.orgtree.revisions import hold_still
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.addressing import address, assign_units, meant_for
from zzd.tasks.directives import LONGEST_TERM, STEPWISE, check_order
from zzd.tasks.events import announce_directive, announce_rollup
from zzd.tasks.holding import hold_directive
from zzd.tasks.ledger.lines import hold, put_in
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Assignment, Cascade, Directive, snapshot
from zzd.tasks.moves import make_move, settled
from zzd.tasks.problems import DirectiveClosed
from zzd.tasks.states import UNANSWERED, Move, State

# Each picked unit is an audience of its own: its officials are told, nobody else.
MOST_PICKED = 200
LEVEL_BY_LEVEL = "This directive goes level by level: only units directly below yours"


def selects(cascade: Cascade, *, unit_id: int, level: int) -> bool:
    """Whether the cascade was meant for this unit, one of those below its own."""
    if cascade.unit_ids is not None:
        return unit_id in cascade.unit_ids
    return bool(cascade.levels & 1 << level)


def narrowed(
    meant_for: Sequence[tuple[str | None, str | None]], line: str | None, role: str | None
) -> list[tuple[str | None, str | None]]:
    """The lines and roles that are in what came and in what is asked for; None means any."""
    found = [
        (line or its_line, role or its_role)
        for its_line, its_role in meant_for
        if line in (None, its_line) or its_line is None
        if role in (None, its_role) or its_role is None
    ]
    return list(dict.fromkeys(found))


def pass_on(
    session: Session,
    *,
    by: Principal,
    assignment_id: int,
    levels: Sequence[int] | None,
    unit_ids: Sequence[int] | None,
    note: str,
    ack_deadline: datetime,
    report_deadline: datetime | None,
    client_id: str | None,
    line: str | None = None,
    role: str | None = None,
) -> tuple[Cascade, bool]:
    """Pass an acknowledged directive on to sub-units: all direct children if none are chosen.

    ``line`` and ``role`` narrow whom it is for there. Of a directive that goes level by level only
    units directly below are chosen. Units that had it not get an assignment, but where all clear was
    said; units that had it get the earlier of their old and the given deadlines, and all see the
    note. No deadline is later than the unit's own.
    Returns whether it is new: a repeat gives the first. Raises NotFound, NotPermitted, Invalid,
    NotAcknowledged, AssignmentCompleted, DirectiveClosed, IdempotencyConflict.
    """
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    terms = {"ack_deadline": ack_deadline, "report_deadline": report_deadline}
    chosen = {"levels": levels, "unit_ids": unit_ids}
    narrower = {name: value for name, value in (("line", line), ("role", role)) if value}
    said = {"note": note, **terms, **chosen, **narrower}
    body = fingerprint({"assignment_id": assignment_id, **said})
    assignment = _access_in_turn(session, by, assignment_id)
    if repeated := find_repeat(
        session, Cascade, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    settled(assignment, Move.CASCADE)
    if assignment.directive.status != "open" or assignment.cleared_at is not None:
        raise DirectiveClosed
    _check_terms(assignment, ack_deadline, report_deadline)
    hold_still(session)
    cascade = Cascade(
        directive_id=assignment.directive_id,
        assignment_id=assignment_id,
        unit_id=assignment.unit_id,
        path=assignment.path,
        levels=levels_mask(_levels(assignment, levels) if unit_ids is None else ()),
        unit_ids=None if unit_ids is None else sorted(set(unit_ids)),
        **narrower,
        note=note,
        at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **terms,
        **snapshot(by),
    )
    session.add(cascade)
    session.flush()
    _spread(session, assignment, cascade)
    make_move(
        session,
        [assignment],
        Move.CASCADE,
        by=by,
        detail={"units": cascade.units, "noted": cascade.noted, "note": note},
    )
    return cascade, True


def _access_in_turn(session: Session, by: Principal, assignment_id: int) -> Assignment:
    """The assignment, locked; cascades of one directive go one after the other.

    So a unit that two levels pass a directive on to at once gets one assignment with the
    earlier deadline, and no two cascades wait for each other.
    """
    action = "assignment.cascade"
    directive_id = policy.access_assignment(session, by, assignment_id, action).directive_id
    hold_directive(session, directive_id)
    return policy.access_assignment(session, by, assignment_id, action, to_act=True)


def _check_terms(
    assignment: Assignment, ack_deadline: datetime, report_deadline: datetime | None
) -> None:
    """In the future and no later than the unit's own; one that has passed may be passed on."""
    now = clock.now()
    for name, deadline, own in (
        ("ack_deadline", ack_deadline, assignment.ack_deadline),
        ("report_deadline", report_deadline, assignment.report_deadline),
    ):
        if deadline is None:
            continue
        if own is not None and deadline > own:
            raise Invalid.at(f"/{name}", "Must not be later than your own unit's")
        if deadline != own and not now < deadline <= now + LONGEST_TERM:
            raise Invalid.at(f"/{name}", "Must be in the future, and within two years")
    check_order(ack_deadline, report_deadline or assignment.report_deadline)


def _levels(assignment: Assignment, levels: Sequence[int] | None) -> Sequence[int]:
    if levels is None:
        levels = [assignment.level + 1]
    if not levels or any(level not in LEVELS or level <= assignment.level for level in levels):
        raise Invalid.at("/levels", "Levels below your own, at least one")
    if assignment.directive.way == STEPWISE and set(levels) != {assignment.level + 1}:
        raise Invalid.at("/levels", LEVEL_BY_LEVEL)
    return levels


def _spread(session: Session, assignment: Assignment, cascade: Cascade) -> None:
    """Tighten what is there, assign what is not, and tell all of them."""
    unit = session.get_one(Unit, assignment.unit_id)
    if unit.status != "active":
        raise Conflict("The unit is no longer active")
    here = len(unit.path)
    # In the directive's tree they stand below the unit that passed it on to them.
    path = literal(assignment.path) + func.substr(Unit.path, here + 1)
    cleared = endings.cleared_paths(session, cascade.directive_id)
    places = _picked(session, unit, cascade, stepwise=assignment.directive.way == STEPWISE)
    for place in places:
        if (assignment.path + place.path[here:]).startswith(tuple(cleared)):
            raise Invalid.at("/unit_ids", f"All clear was said for {place.name}")
    cascade.noted = _tighten(session, assignment.directive, cascade)
    cascade.units = assign_units(
        session,
        assignment.directive,
        and_(
            _chosen_today(unit, cascade),
            ~_assigned(cascade.directive_id),
            *(or_(path < branch, path >= branch + PATH_END) for branch in cleared),
        ),
        path=path,
        ack_deadline=cascade.ack_deadline,
        report_deadline=cascade.report_deadline or assignment.report_deadline,
        cascade_id=cascade.id,
    )
    if not cascade.units and not cascade.noted:
        pointer = "/levels" if cascade.unit_ids is None else "/unit_ids"
        raise Invalid.at(pointer, "There is no such unit below yours")
    audiences = [
        (audience, assignment.path + audience.unit_path[here:])
        for audience in _audiences(session, assignment, cascade, places)
    ]
    kept = address(session, assignment.directive, audiences, cascade_id=cascade.id)
    announce_directive(session, assignment.directive, kept)
    announce_rollup(session, cascade.directive_id, assignment.path)


def _picked(session: Session, unit: Unit, cascade: Cascade, *, stepwise: bool) -> list[Unit]:
    """The units picked one by one; each must be an active one below the caller's."""
    if cascade.unit_ids is None:
        return []
    found = list(session.scalars(select(Unit).where(_chosen_today(unit, cascade))))
    if stepwise and any(place.parent_id != unit.id for place in found):
        raise Invalid.at("/unit_ids", LEVEL_BY_LEVEL)
    if missing := set(cascade.unit_ids) - {place.id for place in found}:
        raise Invalid(
            "There are no such units below yours",
            errors=[
                {"pointer": "/unit_ids", "detail": f"There is no unit {unit_id} below yours"}
                for unit_id in sorted(missing)
            ],
        )
    return found


def _chosen_today(unit: Unit, cascade: Cascade) -> ColumnElement[bool]:
    """The condition on Unit: active, below the caller's unit, and chosen."""
    return and_(
        Unit.path > unit.path,
        Unit.path < unit.path + PATH_END,
        Unit.status == "active",
        Unit.level.in_(levels_of(cascade.levels))
        if cascade.unit_ids is None
        else Unit.id.in_(cascade.unit_ids),
    )


def _assigned(directive_id: int) -> ColumnElement[bool]:
    return exists().where(Assignment.directive_id == directive_id, Assignment.unit_id == Unit.id)


def _tighten(session: Session, directive: Directive, cascade: Cascade) -> int:
    """Give chosen units that have an assignment the earlier deadlines; returns how many."""
    ack = _earlier(Assignment.ack_deadline, cascade.ack_deadline)
    report = _earlier(Assignment.report_deadline, cascade.report_deadline)
    chosen = (
        Assignment.level.in_(levels_of(cascade.levels))
        if cascade.unit_ids is None
        else Assignment.unit_id.in_(cascade.unit_ids)
    )
    there = (
        Assignment.directive_id == cascade.directive_id,
        Assignment.path > cascade.path,
        Assignment.path < cascade.path + PATH_END,
        chosen,
    )
    # Those that returned it as well: one that takes it after all would be changed, and not held.
    held = hold(session, *there)
    tightened = session.execute(
        update(Assignment)
        .where(
            *there,
            Assignment.cleared_at.is_(None),
            Assignment.state.not_in((State.RETURNED, State.TRANSFERRED)),
        )
        .values(
            ack_deadline=ack,
            report_deadline=report,
            # What states.due_at says, for many rows at once.
            due_at=case(
                (Assignment.state.in_(UNANSWERED), ack),
                (
                    Assignment.state.in_((State.ACKNOWLEDGED, State.IN_PROGRESS)),
                    func.coalesce(report, Assignment.due_at),
                ),
                # A further report is due by the interval, which stays as it is.
                else_=Assignment.due_at,
            ),
            # A worker works out anew when the next step is due.
            next_step_at=clock.now() if directive.escalation else Assignment.next_step_at,
        )
        .execution_options(synchronize_session=False)
    )
    put_in(session, held, *there)
    return tightened.rowcount  # type: ignore[attr-defined,no-any-return]


def _earlier(column: Any, deadline: datetime | None) -> Any:
    if deadline is None:
        return column
    return case((column.is_(None), deadline), (column > deadline, deadline), else_=column)


def _audiences(
    session: Session, assignment: Assignment, cascade: Cascade, picked: Sequence[Unit]
) -> list[Audience]:
    """Whom the directive reaches by this cascade: the chosen units, lines and roles as it came.

    The audiences that addressed the caller's unit say for which line and role it is meant; a
    unit that passes it on may narrow that, never widen it. Raises Invalid.
    """
    as_it_came = meant_for(session, assignment)
    lines_and_roles = narrowed(as_it_came, cascade.line or None, cascade.role or None)
    if not lines_and_roles:
        raise Invalid.at(
            "/line" if cascade.line else "/role", "It was not sent to these people of your unit"
        )
    blocks = [(unit.id, [unit.level]) for unit in picked] or [
        (assignment.unit_id, levels_of(cascade.levels))
    ]
    return [
        resolve(session, unit_id=unit_id, levels=levels, line=line, role=role)
        for unit_id, levels in blocks
        for line, role in lines_and_roles
    ]
