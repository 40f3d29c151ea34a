"""What drafts push: to the unit they are of, which fetches what its officials may see."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms
from zzd.tasks.drafts.models import Draft

DRAFT_UPDATED = "directive_draft.updated"


def announce_draft(session: Session, draft: Draft) -> None:
    outbox.publish(
        session,
        DRAFT_UPDATED,
        {
            "draft_id": str(draft.id),
            "unit_id": str(draft.unit_id),
            "state": draft.state,
            "revision": draft.revision,
            "countersigned": draft.countersigned is not None,
            "mode": draft.event.mode,
            "directive_id": None if draft.directive_id is None else str(draft.directive_id),
        },
        rooms=[rooms.unit(draft.unit_id)],
    )
