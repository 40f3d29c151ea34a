"""A directive of the database as a CAP document."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.past import units_as_of
from zzd.tasks.addressing import issuers_own
from zzd.tasks.cap.alerts import Reference
from zzd.tasks.cap.exports import Addressed, Drawn, Order, as_alert, identifier_of, in_seconds
from zzd.tasks.cap.writing import write_alert
from zzd.tasks.lifecycle.endings import end_of
from zzd.tasks.lifecycle.versions import earlier_versions
from zzd.tasks.models import Directive, DirectiveAudience


def sender_at(public_url: str) -> str:
    """Who we are to the readers of our messages: one name for each installation."""
    return f"zzd@{urlsplit(public_url).hostname or 'localhost'}"


def export_directive(session: Session, directive: Directive, *, sender: str) -> bytes:
    """The CAP document of a directive as it was issued, of a later version with references to
    those before; of a closed or cancelled one the Cancel."""
    kept = list(
        session.scalars(
            select(DirectiveAudience)
            .where(
                DirectiveAudience.directive_id == directive.id,
                issuers_own(),
            )
            .order_by(DirectiveAudience.audience_id)
        )
    )
    places = units_as_of(session, [(audience.unit_id, directive.rev) for audience in kept])
    event, end = directive.event, end_of(session, directive)
    # Directives that ended with their event before ends were kept have that moment alone.
    event_closed = event.closed_at if directive.status == "closed" else None
    order = Order(
        id=directive.id,
        number=directive.number,
        title=directive.title,
        text=directive.text,
        urgency=directive.urgency,
        unit_name=directive.unit_name,
        issued_at=directive.issued_at,
        ack_deadline=directive.ack_deadline,
        report_deadline=directive.report_deadline,
        figures=directive.figures,
        event_name=event.name,
        kind=event.kind,
        mode=event.mode,
        level=_level_then(directive),
        addressed=[
            Addressed(audience.text, places[audience.unit_id, directive.rev].code)
            for audience in kept
        ],
        drawn=_drawn(directive),
        closed_at=end.at if end else event_closed,
        cancelled=end.reason if end and directive.status == "cancelled" else None,
        replaces=[
            Reference(sender, identifier_of(earlier.id), in_seconds(earlier.issued_at))
            for earlier in earlier_versions(session, directive)
        ],
    )
    return write_alert(as_alert(order, sender))


def _drawn(directive: Directive) -> Drawn | None:
    """The line on the map that it was addressed by; kept with the longitude first."""
    area = (directive.company or {}).get("area")
    if area is None:
        return None
    points = [(latitude, longitude) for longitude, latitude in area["polygon"]]
    return Drawn(points, area["touched"])


def _level_then(directive: Directive) -> int | None:
    """The response level in force when it was issued: a message, once told, stays as it is."""
    levels = [row.level for row in directive.event.levels if row.at <= directive.issued_at]
    return levels[-1] if levels else None
