"""Pressing a button of a card: recorded first, then told to the app by ``delivery``."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import NotFound
from zzd.messaging.cards import events
from zzd.messaging.cards.models import Card, CardAction
from zzd.messaging.cards.problems import ButtonGone, CardNotLive, PressWaiting
from zzd.messaging.cards.rules import CARD
from zzd.messaging.cards.schemas import CardActionSchema
from zzd.messaging.cards.senders import senders_here
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message
from zzd.messaging.policy import access_conversation
from zzd.messaging.problems import MessageRecalled
from zzd.principal import Principal


def press_button(
    session: Session,
    by: Principal,
    conversation_id: int,
    seq: int,
    *,
    button_id: str,
    client_id: str | None,
) -> tuple[dict[str, Any], bool]:
    """Press a button of a card that one sees; returns what becomes of it and whether that is
    fresh. While the app has not answered one's pressing, the same button is not pressed again.

    Raises NotFound, MessageRecalled, CardNotLive, ButtonGone, PressWaiting, IdempotencyConflict.
    """
    client_id = client_id or uuid.uuid4().hex
    official_id = by.official_id or 0
    body = fingerprint([conversation_id, seq, button_id])
    repeated = find_repeat(
        session, CardAction, sender_id=official_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return describe_action(repeated), False
    place = access_conversation(session, by, conversation_id, action="card.press")
    message, _quoted = find_message(session, place, seq)
    if message.kind != CARD:
        raise NotFound
    if message.recalled_at is not None:
        raise MessageRecalled
    card = session.get(Card, {"conversation_id": conversation_id, "seq": seq})
    if card is None or senders_here().callback_of(session, card.app_id) is None:
        raise CardNotLive
    button = _button(message, button_id)
    lock_name(session, f"press:{official_id}:{conversation_id}:{seq}:{button_id}")
    if _is_waiting(session, official_id, card, button_id):
        raise PressWaiting
    now = clock.now()
    action = CardAction(
        sender_id=official_id,
        client_id=client_id,
        fingerprint=body,
        conversation_id=conversation_id,
        seq=seq,
        app_id=card.app_id,
        key=card.key,
        version=card.version,
        button=button,
        presser=senders_here().describe_presser(session, card.app_id, by),
        sender_name=by.official_name,
        sender_title=by.post.title if by.post else "",
        sender_unit=by.post.unit_name if by.post else "",
        created_at=now,
        state="waiting",
        due_at=now,
    )
    session.add(action)
    session.flush()
    tell(session, action)
    return describe_action(action), True


def _button(message: Message, button_id: str) -> dict[str, Any]:
    for button in (message.content or {})["buttons"]:
        if button["id"] == button_id and "action" in button:
            return {name: button[name] for name in ("id", "text", "action")}
    raise ButtonGone


def _is_waiting(session: Session, official_id: int, card: Card, button_id: str) -> bool:
    query = select(CardAction.button).filter_by(
        conversation_id=card.conversation_id,
        seq=card.seq,
        sender_id=official_id,
        state="waiting",
    )
    return any(button["id"] == button_id for button in session.scalars(query))


def page_actions(
    session: Session,
    principal: Principal,
    conversation_id: int,
    *,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """What one pressed in a conversation, the last first. Raises NotFound."""
    access_conversation(session, principal, conversation_id)
    query = select(CardAction).filter_by(
        sender_id=principal.official_id, conversation_id=conversation_id
    )
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(CardAction.id < before[0])
    rows = session.scalars(query.order_by(CardAction.id.desc()).limit(limit + 1)).all()
    listed = page(rows, limit, lambda action: [action.id])
    return {**listed, "items": [describe_action(action) for action in listed["items"]]}


def describe_action(action: CardAction) -> dict[str, Any]:
    return {
        "id": action.id,
        "conversation_id": action.conversation_id,
        "seq": action.seq,
        "button_id": action.button["id"],
        "state": action.state,
        "reason": action.reason,
        "toast": action.toast,
        "created_at": action.created_at,
        "settled_at": action.settled_at,
    }


def tell(session: Session, action: CardAction) -> None:
    """Have the devices of who pressed know of it."""
    data = CardActionSchema().dump(describe_action(action))
    events.card_action_updated(session, data, official_id=action.sender_id)
