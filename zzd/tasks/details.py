"""How directives and assignments are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids, levels_of
from zzd.orgtree.past import units_as_of
from zzd.principal import Principal
from zzd.tasks import policy, states
from zzd.tasks.addressing import issuers_own
from zzd.tasks.below import count_below
from zzd.tasks.cascades import selects
from zzd.tasks.contacts import contacts_of
from zzd.tasks.drafts.company import describe_company, part_of
from zzd.tasks.escalation.views import describe_steps, next_step
from zzd.tasks.lifecycle.details import (
    assignment_in,
    describe_standing,
    describe_transfers,
    may,
    may_with_directive,
    origin_of,
    transfers_of,
)
from zzd.tasks.lifecycle.history import describe_history
from zzd.tasks.models import (
    Assignment,
    AssignmentMove,
    Cascade,
    Directive,
    DirectiveAudience,
    Event,
    Report,
)
from zzd.tasks.moves import standing
from zzd.tasks.reporting.showing import describe_reports, is_frozen
from zzd.tasks.states import Move


def describe_event(event: Event) -> dict[str, Any]:
    return {
        **describe_brief_event(event),
        **_times(event),
        "levels": [_level(row) for row in event.levels],
    }


def describe_brief_event(event: Event) -> dict[str, Any]:
    return {"id": event.id, "name": event.name, "mode": event.mode, "level": event.level}


def _times(event: Event) -> dict[str, Any]:
    return {"kind": event.kind, "status": event.status, "created_at": event.created_at}


def _level(row: Any) -> dict[str, Any]:
    return {"level": row.level, "at": row.at, "by": row.by, "reason": row.reason}


def describe_directives(
    session: Session, by: Principal, directives: Sequence[Directive]
) -> list[dict[str, Any]]:
    ids = [directive.id for directive in directives]
    audiences = defaultdict(list)
    own = (
        select(DirectiveAudience)
        .where(DirectiveAudience.directive_id.in_(ids), issuers_own())
        .order_by(DirectiveAudience.directive_id, DirectiveAudience.audience_id)
    )
    for kept in session.scalars(own):
        audiences[kept.directive_id].append(
            {
                "unit_id": kept.unit_id,
                "levels": levels_of(kept.levels),
                "line": kept.line or None,
                "role": kept.role or None,
                "text": kept.text,
            }
        )
    answering = select(Assignment.directive_id, Assignment.id).where(
        Assignment.directive_id.in_(ids), policy.answered_by(policy.acting_post(by))
    )
    mine: dict[int, int] = {row[0]: row[1] for row in session.execute(answering)}
    return [
        {
            **_brief_directive(directive, by),
            "issuer": directive.by,
            "issued_at": directive.issued_at,
            "audiences": audiences[directive.id],
            "ack_deadline": directive.ack_deadline,
            "report_deadline": directive.report_deadline,
            "report_interval_minutes": directive.report_interval_minutes,
            "escalation": directive.escalation,
            "rev": directive.rev,
            "units": directive.units,
            "my_assignment_id": mine.get(directive.id),
        }
        for directive in directives
    ]


def describe_directive(session: Session, by: Principal, directive: Directive) -> dict[str, Any]:
    """One, with its versions, how it ended, and what the caller may do with it."""
    (shown,) = describe_directives(session, by, [directive])
    return {
        **shown,
        **describe_standing(session, directive, None, to_app=by.reach is not None),
        "may": may_with_directive(by, directive),
    }


def _brief_directive(directive: Directive, by: Principal) -> dict[str, Any]:
    return {
        "id": directive.id,
        "number": directive.number,
        "event": describe_brief_event(directive.event),
        "title": directive.title,
        "text": directive.text,
        "urgency": directive.urgency,
        "issuer_unit": {"id": directive.unit_id, "name": directive.unit_name},
        "status": directive.status,
        "version": directive.version,
        "supersedes_id": directive.supersedes_id,
        "way": directive.way,
        "figures": directive.figures,
        **describe_company(directive, to_app=by.reach is not None),
    }


def describe_assignments(
    session: Session,
    by: Principal,
    rows: Sequence[Assignment],
    *,
    contacts: bool = False,
    acting: Collection[int] | None = None,
    callers: Mapping[int, Principal] | None = None,
    acknowledged: Mapping[int, dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """As the caller sees them; with ``contacts``, whom to call in each unit.

    ``acting`` are those that the caller acts on, where that is known already. ``callers`` says who
    sees which, where each sees its own; ``acknowledged`` how they were, where that was done just now.
    """
    ids = [row.id for row in rows]
    handed = transfers_of(session, ids)
    passed = [
        (unit_id, row.directive.rev)
        for row in rows
        for transfer in handed[row.id].values()
        for unit_id in (transfer.from_unit_id, transfer.to_unit_id)
    ]
    places = units_as_of(session, [*((row.unit_id, row.directive.rev) for row in rows), *passed])
    if acknowledged is None:
        acknowledged = _acknowledgements(session, [row.id for row in rows if row.acknowledged_at])
    cascades = _cascades(session, rows)
    notes = _notes(rows, cascades)
    passed_on_by = {each.id: each.unit_id for made in cascades.values() for each in made}
    reported = [row.latest_report_id for row in rows if row.latest_report_id]
    reports = describe_reports(session, by, Report.id.in_(reported)) if reported else []
    latest = {report["assignment_id"]: report for report in reports}
    below = count_below(session, rows)
    if acting is None:
        acting = policy.acting_on(session, by, ids)
    shown = []
    for row in rows:
        place = places[row.unit_id, row.directive.rev]
        sees = callers[row.id] if callers else by
        due = row.due_at if row.directive.status == "open" else None
        shown.append(
            {
                "id": row.id,
                "directive": _brief_directive(row.directive, sees),
                "unit": place,
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
                "acknowledged": acknowledged.get(row.id),
                "reported_at": row.reported_at,
                "completed_at": row.completed_at,
                "started_at": row.started_at,
                "cleared_at": row.cleared_at,
                "stood_down_at": row.stood_down_at,
                **describe_transfers(handed[row.id], places, row.directive.rev),
                "notes": notes[row.id],
                "latest_report": latest.get(row.id),
                "below": below[row.id],
                "final_at": row.final_at,
                "correction_at": row.correction_at,
                "may": {
                    **may(row, policy.acting_post(sees), passed_on_by, acts=row.id in acting),
                    "reopen": is_frozen(row) and policy.may_reopen(sees, row),
                },
            }
        )
    if contacts:
        called = contacts_of(
            session, {row.id: places[row.unit_id, row.directive.rev].name for row in rows}
        )
        for row, item in zip(rows, shown, strict=True):
            item["contacts"] = called[row.id]
    return shown


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
