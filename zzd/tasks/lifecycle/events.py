"""What is pushed when a directive ends."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import ancestor_ids
from zzd.realtime import outbox, rooms
from zzd.tasks.events import announce_sums, brief
from zzd.tasks.lifecycle.models import DirectiveEnd
from zzd.tasks.models import Directive, DirectiveAudience

DIRECTIVE_ENDED = "directive.ended"


def announce_end(session: Session, directive: Directive, end: DirectiveEnd) -> None:
    """To all whom it was addressed to: a few rooms, whatever the number of units."""
    audience_ids = session.scalars(
        select(DirectiveAudience.audience_id)
        .where(DirectiveAudience.directive_id == directive.id)
        .order_by(DirectiveAudience.audience_id)
    )
    outbox.publish(
        session,
        DIRECTIVE_ENDED,
        {
            **brief(directive),
            "kind": end.kind,
            "unit_id": str(end.unit_id) if end.path else None,
            "reason": end.reason,
        },
        rooms=[
            *(rooms.audience(audience_id) for audience_id in audience_ids),
            rooms.official(directive.official_id),
        ],
    )
    branch = ancestor_ids(end.path) if end.path else [directive.unit_id]
    announce_sums(session, directive.id, branch)
