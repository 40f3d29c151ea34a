"""Sending a message that asks its readers to confirm it."""

from __future__ import annotations

from datetime import datetime

from zzd.errors import Invalid
from zzd.messaging.confirmations.models import ConfirmationRequest
from zzd.messaging.numbers import Taken
from zzd.messaging.written import Along, row_along
from zzd.principal import Principal


def ask_for_it(by: Principal, place: Taken, now: datetime) -> Along:
    """What has the message that takes ``place`` ask to be confirmed. Whoever may announce may ask
    for it. Raises Invalid where nothing is announced.
    """
    if place.kind != "announcement":
        raise Invalid.at("/confirm", "Only announcements are confirmed")
    return row_along(
        ConfirmationRequest, author_id=by.official_id, created_at=now, progress_due_at=now
    )
