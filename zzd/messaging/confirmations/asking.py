"""Sending a message that asks its readers to confirm it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.messaging.confirmations.models import ConfirmationRequest
from zzd.messaging.numbers import Taken
from zzd.principal import Principal


def ask_for_it(
    session: Session, by: Principal, place: Taken, now: datetime, *, wanted: bool
) -> dict[str, None] | None:
    """Have the message that took ``place``, and was just written, ask to be confirmed if that is
    wanted: the message's ``confirm``. Whoever may announce may ask for it.

    Raises Invalid where nothing is announced.
    """
    if not wanted:
        return None
    if place.kind != "announcement":
        raise Invalid.at("/confirm", "Only announcements are confirmed")
    session.add(
        ConfirmationRequest(
            conversation_id=place.id,
            seq=place.last_seq,
            author_id=by.official_id,
            created_at=now,
            progress_due_at=now,
        )
    )
    session.flush()
    return {"confirmed_at": None}
