"""Asking to be confirmed, and confirming."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into
from zzd.messaging.confirmations import events
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.confirmations.problems import ConfirmationNotAsked
from zzd.messaging.messages import find_message
from zzd.messaging.policy import access_conversation, may_confirm, refuse
from zzd.messaging.problems import MessageRecalled, MessageRemoved
from zzd.principal import Principal


def confirm_message(
    session: Session, by: Principal, conversation_id: int, seq: int
) -> dict[str, datetime]:
    """One tap; a repeat changes nothing, on whatever device.

    Raises NotFound, NotPermitted for its author, ConfirmationNotAsked, MessageRecalled,
    MessageRemoved.
    """
    place = access_conversation(session, by, conversation_id, action="message.confirm")
    message, _quoted = find_message(session, place, seq)
    if message.recalled_at:
        raise MessageRecalled
    if message.removed_at:
        raise MessageRemoved
    request = find_request(session, conversation_id, seq)
    if not may_confirm(by, message):
        raise refuse("message.confirm", place, "One does not confirm one's own announcement")
    return {"confirmed_at": _confirm(session, by, request)}


def _confirm(session: Session, by: Principal, request: ConfirmationRequest) -> datetime:
    official_id, now = by.official_id or 0, clock.now()
    key = {"request_id": request.id, "official_id": official_id}
    written = session.scalar(
        insert_into(session, Confirmation)
        .values(
            **key,
            at=now,
            post_title=by.post.title if by.post else "",
            unit_name=by.post.unit_name if by.post else "",
        )
        .on_conflict_do_nothing(index_elements=list(key))
        .returning(Confirmation.at)
    )
    if written is None:
        return session.scalars(select(Confirmation.at).filter_by(**key)).one()
    mark_progress(session, [request.id])
    events.confirmation_updated(session, request, official_id=official_id, at=now)
    return now


def find_request(session: Session, conversation_id: int, seq: int) -> ConfirmationRequest:
    """Raises ConfirmationNotAsked."""
    query = select(ConfirmationRequest).filter_by(conversation_id=conversation_id, seq=seq)
    found = session.scalar(query)
    if found is None:
        raise ConfirmationNotAsked
    return found


def mark_progress(session: Session, ids: Collection[int]) -> None:
    """Have the authors told before long. The mark is set once for many, so that they do not wait
    for each other's change of one row."""
    session.execute(
        update(ConfirmationRequest)
        .where(ConfirmationRequest.id.in_(ids), ConfirmationRequest.progress_due_at.is_(None))
        .values(progress_due_at=clock.now())
        .execution_options(synchronize_session=False)
    )
