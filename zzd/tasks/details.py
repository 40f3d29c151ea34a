"""How events and directives are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import levels_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.addressing import issuers_own
from zzd.tasks.drafts.company import describe_company
from zzd.tasks.lifecycle.details import (
    describe_standing,
    may_with_directive,
)
from zzd.tasks.models import (
    Assignment,
    Directive,
    DirectiveAudience,
    Event,
)


def describe_event(event: Event) -> dict[str, Any]:
    return {
        **describe_brief_event(event),
        **_times(event),
        "levels": describe_levels(event),
    }


def describe_brief_event(event: Event) -> dict[str, Any]:
    return {"id": event.id, "name": event.name, "mode": event.mode, "level": event.level}


def _times(event: Event) -> dict[str, Any]:
    return {"kind": event.kind, "status": event.status, "created_at": event.created_at}


def describe_levels(event: Event) -> list[dict[str, Any]]:
    """The response levels that it went through."""
    return [
        {"level": row.level, "at": row.at, "by": row.by, "reason": row.reason}
        for row in event.levels
    ]


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
            **brief_directive(directive, by),
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


def brief_directive(directive: Directive, by: Principal) -> dict[str, Any]:
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
