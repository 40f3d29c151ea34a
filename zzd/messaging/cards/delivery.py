"""Telling apps of pressed buttons.

A press is claimed, told outside of any transaction, and what came of it is recorded. A claim ends
by itself, so what a dying worker had is told again, under the same ``webhook-id``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from flask import current_app
from marshmallow import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading, transaction
from zzd.errors import Invalid
from zzd.messaging.cards import rules
from zzd.messaging.cards.actions import tell
from zzd.messaging.cards.cards import change_card
from zzd.messaging.cards.models import Card, CardAction
from zzd.messaging.cards.schemas import CallbackAnswerSchema
from zzd.messaging.cards.senders import Callback, senders_here
from zzd.messaging.models import Conversation
from zzd.outgoing import AddressRefused, OutgoingError, Unreachable, client_here
from zzd.outgoing.signing import sign

log = structlog.get_logger()

ANSWER = CallbackAnswerSchema()


@dataclass(frozen=True, slots=True)
class Told:
    """A press that is being told."""

    id: int
    app_id: int
    attempt: int
    callback: Callback
    body: bytes

    @property
    def webhook_id(self) -> str:
        return f"card-action-{self.id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``state`` is done, failed (for good) or retry."""

    state: str
    reason: str | None = None
    toast: str | None = None
    card: dict[str, Any] | None = None


def deliver_due() -> None:
    """Tell what is due, until nothing is left."""
    while _is_due() and _deliver_next():
        pass


def _is_due() -> bool:
    """Asked before the database is locked for writing, which it mostly need not be."""
    with reading() as session:
        query = select(CardAction.id).where(CardAction.due_at <= clock.now()).limit(1)
        return session.scalar(query) is not None


def _deliver_next() -> bool:
    """Whether there was a press that nobody else had."""
    with transaction() as session:
        action = _claim(session)
        if action is None:
            return False
        callback = senders_here().callback_of(session, action.app_id)
        if callback is None:
            _settle(session, action, Outcome("failed", rules.APP_GONE))
            return True
        told = Told(action.id, action.app_id, action.attempts, callback, _envelope(action))
    outcome = _tell(told)
    with transaction() as session:
        _record(session, told, outcome)
    return True


def _claim(session: Session) -> CardAction | None:
    now = clock.now()
    busy = (
        select(CardAction.app_id)
        .where(CardAction.claimed_until > now)
        .group_by(CardAction.app_id)
        .having(func.count() >= rules.MOST_AT_ONCE)
    )
    action = session.scalars(
        select(CardAction)
        .where(CardAction.due_at <= now, CardAction.app_id.not_in(busy))
        .order_by(CardAction.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if action is not None:
        action.attempts += 1
        action.due_at = action.claimed_until = now + rules.CLAIMED_FOR
    return action


def _envelope(action: CardAction) -> bytes:
    """A CloudEvent (1.0, structured JSON). docs/cards.md has it."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"card-action-{action.id}",
            "source": current_app.extensions["zzd.settings"].public_url,
            "type": "card.action",
            "time": action.created_at.isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "conversation_id": str(action.conversation_id),
                "seq": action.seq,
                "key": action.key,
                "version": action.version,
                "button": action.button,
                "official": action.presser,
            },
        }
    )


def _tell(told: Told) -> Outcome:
    headers = sign(told.callback.secrets, told.webhook_id, clock.now(), told.body)
    try:
        answer = client_here().post(told.callback.url, told.body, headers)
    except AddressRefused as error:
        return _note(told, Outcome("failed", rules.REFUSED), error)
    except Unreachable as error:
        return _note(told, Outcome("retry", rules.UNREACHABLE), error)
    except OutgoingError as error:
        return _note(told, Outcome("failed", rules.BAD_ANSWER), error)
    if 200 <= answer.status < 300:
        try:
            return _understand(answer.body)
        except (ValueError, ValidationError) as error:
            return _note(told, Outcome("failed", rules.BAD_ANSWER), error)
    state = "retry" if rules.is_worth_a_retry(answer.status) else "failed"
    reason = rules.UNREACHABLE if state == "retry" else rules.REFUSED
    return _note(told, Outcome(state, reason), f"answered {answer.status}")


def _understand(body: bytes) -> Outcome:
    """Raises ValueError, ValidationError."""
    said = ANSWER.load(orjson.loads(body)) if body.strip() else {}
    return Outcome("done", toast=said.get("toast"), card=said.get("card"))


def _note(told: Told, outcome: Outcome, why: object) -> Outcome:
    log.warning(
        "a button was not told",
        app=told.app_id,
        id=told.webhook_id,
        attempt=told.attempt,
        state=outcome.state,
        why=str(why) or repr(why),
    )
    return outcome


def _record(session: Session, told: Told, outcome: Outcome) -> None:
    """Whatever came first counts: a press that is settled stays so, and one whose message was
    removed meanwhile is nothing any more."""
    conversation = None
    if outcome.card is not None:
        # Before the press: it is the order in which everybody locks.
        conversation = session.scalars(
            select(Conversation)
            .join(CardAction, CardAction.conversation_id == Conversation.id)
            .where(CardAction.id == told.id)
            .with_for_update(of=Conversation)
        ).one_or_none()
    action = session.get(CardAction, told.id, with_for_update=True)
    if action is None or action.state != "waiting":
        return
    if outcome.state == "retry":
        if action.attempts != told.attempt:
            return
        again = rules.retry_at(told.attempt, clock.now())
        if again is not None:
            action.due_at, action.claimed_until = again, None
            return
        outcome = Outcome("failed", outcome.reason)
    if conversation is not None and outcome.card is not None:
        which = {"conversation_id": action.conversation_id, "seq": action.seq}
        card = session.get_one(Card, which)
        try:
            change_card(session, conversation, card, outcome.card, by=None)
        except Invalid as error:
            # A file that the card did not show before: what is new is sent by the app's own call.
            outcome = _note(told, Outcome("failed", rules.BAD_ANSWER), error)
    _settle(session, action, outcome)


def _settle(session: Session, action: CardAction, outcome: Outcome) -> None:
    settled_at: datetime = clock.now()
    action.state, action.reason, action.toast = outcome.state, outcome.reason, outcome.toast
    action.due_at = action.claimed_until = None
    action.settled_at = settled_at
    session.flush()
    tell(session, action)
