"""How assignments are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy, states
from zzd.tasks.below import count_below
from zzd.tasks.cascades import selects
from zzd.tasks.contacts import contacts_of
from zzd.tasks.details import brief_directive
from zzd.tasks.drafts.company import part_of
from zzd.tasks.escalation.views import describe_steps, next_step
from zzd.tasks.lifecycle.details import (
    assignment_in,
    describe_standing,
    describe_transfers,
    may,
    origin_of,
    transfers_of,
)
from zzd.tasks.lifecycle.history import describe_history
from zzd.tasks.models import Assignment, AssignmentMove, Cascade
from zzd.tasks.moves import standing
from zzd.tasks.reporting.models import Report
from zzd.tasks.reporting.showing import describe_reports, is_frozen
from zzd.tasks.states import Move

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """What is read for a whole page of them: by the assignment's id, places by unit and revision.

    ``passed_on_by`` is the unit that each passing on was by.
    """

    places: Mapping[tuple[int, int], Place]
    handed: Mapping[int, Mapping[str, Any]]
    acknowledged: Mapping[int, Shown]
    notes: Mapping[int, list[Shown]]
    passed_on_by: Mapping[int, int]
    reports: Mapping[int, Shown]
    below: Mapping[int, dict[str, int]]
    acting: Collection[int]


def describe_assignments(
    session: Session,
    by: Principal,
    rows: Sequence[Assignment],
    *,
    contacts: bool = False,
    acting: Collection[int] | None = None,
    callers: Mapping[int, Principal] | None = None,
    acknowledged: Mapping[int, Shown] | None = None,
) -> list[Shown]:
    """As the caller sees them; with ``contacts``, whom to call in each unit.

    ``acting`` are those that the caller acts on, where that is known already. ``callers`` says who
    sees which, where each sees its own; ``acknowledged`` how they were, where that was done just now.
    """
    around = _look_around(session, by, rows, acting, acknowledged)
    shown = [_shown(row, callers[row.id] if callers else by, around) for row in rows]
    if contacts:
        called = contacts_of(
            session, {row.id: around.places[row.unit_id, row.directive.rev].name for row in rows}
        )
        for row, item in zip(rows, shown, strict=True):
            item["contacts"] = called[row.id]
    return shown


def _look_around(
    session: Session,
    by: Principal,
    rows: Sequence[Assignment],
    acting: Collection[int] | None,
    acknowledged: Mapping[int, Shown] | None,
) -> Around:
    ids = [row.id for row in rows]
    handed = transfers_of(session, ids)
    passed = [
        (unit_id, row.directive.rev)
        for row in rows
        for transfer in handed[row.id].values()
        for unit_id in (transfer.from_unit_id, transfer.to_unit_id)
    ]
    if acknowledged is None:
        acknowledged = _acknowledgements(session, [row.id for row in rows if row.acknowledged_at])
    cascades = _cascades(session, rows)
    reported = [row.latest_report_id for row in rows if row.latest_report_id]
    reports = describe_reports(session, by, Report.id.in_(reported)) if reported else []
    return Around(
        units_as_of(session, [*((row.unit_id, row.directive.rev) for row in rows), *passed]),
        handed,
        acknowledged,
        _notes(rows, cascades),
        {each.id: each.unit_id for made in cascades.values() for each in made},
        {report["assignment_id"]: report for report in reports},
        count_below(session, rows),
        policy.acting_on(session, by, ids) if acting is None else acting,
    )


def _shown(row: Assignment, sees: Principal, around: Around) -> Shown:
    """One, as ``sees`` does."""
    due = row.due_at if row.directive.status == "open" else None
    acts = row.id in around.acting
    return {
        "id": row.id,
        "directive": brief_directive(row.directive, sees),
        "unit": around.places[row.unit_id, row.directive.rev],
        "part": part_of(row.directive, row.unit_id),
        "state": standing(row).value,
        "ack_deadline": row.ack_deadline,
        "report_deadline": row.report_deadline,
        "due_at": due,
        "overdue": states.overdue(standing(row), due, clock.now()),
        "next_step": next_step(row),
        "escalated_at": row.escalated_at,
        "delivered_at": row.delivered_at,
        "read_at": row.read_at,
        "acknowledged": around.acknowledged.get(row.id),
        "reported_at": row.reported_at,
        "completed_at": row.completed_at,
        "started_at": row.started_at,
        "cleared_at": row.cleared_at,
        "stood_down_at": row.stood_down_at,
        **describe_transfers(around.handed[row.id], around.places, row.directive.rev),
        "notes": around.notes[row.id],
        "latest_report": around.reports.get(row.id),
        "below": around.below[row.id],
        "final_at": row.final_at,
        "correction_at": row.correction_at,
        "may": {
            **may(row, policy.acting_post(sees), around.passed_on_by, acts=acts),
            "reopen": is_frozen(row) and policy.may_reopen(sees, row),
        },
    }


def describe_assignment(session: Session, by: Principal, row: Assignment) -> dict[str, Any]:
    """One, with its whole history and every report."""
    (shown,) = describe_assignments(session, by, [row])
    shown["history"] = describe_history(session, row)
    to_app = by.reach is not None
    shown |= describe_standing(session, row.directive, row.path, to_app=to_app)
    shown["origin"] = origin_of(session, row)
    shown["successor_assignment_id"] = assignment_in(session, shown["successor_id"], row.unit_id)
    shown["escalations"] = describe_steps(session, row)
    shown["reports"] = describe_reports(session, by, Report.assignment_id == row.id)
    return shown


def _acknowledgements(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    if not ids:
        return {}
    query = select(AssignmentMove).where(
        AssignmentMove.assignment_id.in_(ids), AssignmentMove.move == Move.ACKNOWLEDGE.value
    )
    return {
        move.assignment_id: {"at": move.at, "by": move.by, "proxy_reason": move.proxy_reason}
        for move in session.scalars(query.order_by(AssignmentMove.no.desc()))
    }


def _cascades(session: Session, rows: Sequence[Assignment]) -> dict[tuple[int, int], list[Cascade]]:
    """How the units above passed it on, by directive and unit."""
    above = {unit_id for row in rows for unit_id in ancestor_ids(row.path)[:-1]}
    query = (
        select(Cascade)
        .where(
            Cascade.directive_id.in_({row.directive_id for row in rows}),
            Cascade.unit_id.in_(above),
        )
        .order_by(Cascade.path, Cascade.id)
    )
    cascades: dict[tuple[int, int], list[Cascade]] = defaultdict(list)
    for cascade in session.scalars(query):
        cascades[cascade.directive_id, cascade.unit_id].append(cascade)
    return cascades


def _notes(
    rows: Sequence[Assignment], cascades: Mapping[tuple[int, int], list[Cascade]]
) -> dict[int, list[dict[str, Any]]]:
    """What the units above wrote when they passed it on, the topmost's first.

    Notes are not copied to each unit: they follow from the cascades of the units above.
    """
    return {
        row.id: [
            {
                "unit_name": cascade.unit_name,
                "by": cascade.by,
                "text": cascade.note,
                "at": cascade.at,
            }
            for unit_id in ancestor_ids(row.path)[:-1]
            for cascade in cascades.get((row.directive_id, unit_id), ())
            if selects(cascade, unit_id=row.unit_id, level=row.level)
        ]
        for row in rows
    }
