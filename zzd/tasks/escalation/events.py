"""What is pushed when somebody is told that a unit is late."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms
from zzd.tasks.events import brief
from zzd.tasks.models import Directive

ESCALATION_FIRED = "escalation.fired"


def announce_step(
    session: Session,
    directive: Directive,
    *,
    step: str,
    kind: str,
    official_ids: Iterable[int],
) -> None:
    """To all whom one step of a directive tells at once; each looks up which units it is about."""
    outbox.publish(
        session,
        ESCALATION_FIRED,
        {**brief(directive), "step": step, "kind": kind},
        rooms=[rooms.official(official_id) for official_id in official_ids],
    )
