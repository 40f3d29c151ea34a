"""Messages for later: written, changed, cancelled, and sent when their time comes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid, NotFound, deny
from zzd.messaging import kinds
from zzd.messaging.conversations import EPOCH, moment_of
from zzd.messaging.mentions import check_mentions
from zzd.messaging.policy import access_conversation, may_post, refuse
from zzd.messaging.scheduled.models import ScheduledMessage
from zzd.messaging.scheduled.problems import ScheduledSettled, TooManyScheduled
from zzd.messaging.scheduled.schemas import ScheduledSchema
from zzd.principal import Principal
from zzd.realtime import outbox, rooms

MOST_WAITING = 100
FARTHEST = timedelta(days=366)

PENDING = ("waiting", "failed")


def schedule_message(
    session: Session, by: Principal, conversation_id: int, body: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Have a message sent later; returns it and whether it is a fresh one.

    ``body`` is what ScheduledRequestSchema lets in. Whoever schedules may post now; that is
    looked at again when its time comes. Raises NotFound, NotPermitted, Invalid, TooManyScheduled,
    IdempotencyConflict.
    """
    client_id = body.pop("client_id") or uuid.uuid4().hex
    body_fingerprint = fingerprint([conversation_id, body])
    found = find_repeat(
        session,
        ScheduledMessage,
        sender_id=by.official_id or 0,
        client_id=client_id,
        body_fingerprint=body_fingerprint,
    )
    if found is not None:
        return describe(found), False
    place = access_conversation(session, by, conversation_id, action="message.schedule")
    if not may_post(by, place):
        raise refuse("message.schedule", place, "Announcements come from those who issue them")
    _check_time(body["at"])
    if (seq := body["reply_to_seq"]) is not None and not (
        place.first_seq <= seq <= place.conversation.last_seq
    ):
        raise Invalid.at("/reply_to_seq", "There is no such message to reply to")
    check_content(session, by, conversation_id, body["kind"], body["content"])
    check_mentions(session, by, place, body["mentions"])
    _check_room(session, by)
    scheduled = ScheduledMessage(
        sender_id=by.official_id,
        client_id=client_id,
        fingerprint=body_fingerprint,
        account_id=by.account_id,
        post_id=by.post.id if by.post else 0,
        conversation_id=conversation_id,
        **body,
        due_at=body["at"],
        created_at=clock.now(),
    )
    session.add(scheduled)
    session.flush()
    hold_content(session, scheduled)
    return tell_sender(session, scheduled), True


def _check_time(at: datetime) -> None:
    if not clock.now() < at <= clock.now() + FARTHEST:
        raise Invalid.at("/at", "A time in the future, at most a year ahead")


def check_content(
    session: Session, by: Principal, conversation_id: int, kind: str, content: Any
) -> None:
    """That it could be sent as it is now. Raises Invalid."""
    kinds.prepare_content(session, by, conversation_id, kind, load_content(kind, content))


def load_content(kind: str, content: Any) -> dict[str, Any] | None:
    """What clients send as ``content``, as sending takes it. Raises Invalid."""
    try:
        return kinds.load_content(kind, content)
    except ValidationError as error:
        raise Invalid.at("/content", "Not the content of a message of this kind") from error


def hold_content(session: Session, scheduled: ScheduledMessage) -> None:
    """What it carries waits for its time."""
    content = load_content(scheduled.kind, scheduled.content)
    kinds.hold_content(session, scheduled.kind, scheduled.sender_id, content, scheduled.at)


def _release_content(session: Session, scheduled: ScheduledMessage, content: Any) -> None:
    """It does not carry this any more; but others of the sender's may."""
    if content is None:
        return
    loaded = load_content(scheduled.kind, content)
    kinds.hold_content(session, scheduled.kind, scheduled.sender_id, loaded, None)
    session.flush()
    pending = select(ScheduledMessage).where(
        ScheduledMessage.sender_id == scheduled.sender_id,
        ScheduledMessage.state.in_(PENDING),
        ScheduledMessage.kind == scheduled.kind,
    )
    for each in session.scalars(pending):
        hold_content(session, each)


def _check_room(session: Session, by: Principal) -> None:
    waiting = select(func.count()).where(
        ScheduledMessage.sender_id == by.official_id, ScheduledMessage.state == "waiting"
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyScheduled


def access_scheduled(
    session: Session, by: Principal, scheduled_id: int, action: str
) -> ScheduledMessage:
    """One's own, locked until the transaction ends. Raises NotFound."""
    found = session.get(ScheduledMessage, scheduled_id, with_for_update=True)
    if found is None:
        raise NotFound
    if found.sender_id != by.official_id:
        raise deny(NotFound(), action, "scheduled_message", scheduled_id)
    return found


def change_scheduled(
    session: Session, by: Principal, scheduled_id: int, changes: dict[str, Any]
) -> dict[str, Any]:
    """Other words or another time; one that failed waits again, for a time that must be given.

    Raises NotFound, Invalid, ScheduledSettled, TooManyScheduled.
    """
    scheduled = _pending(session, by, scheduled_id, "scheduled.change")
    before = scheduled.content
    if "at" in changes:
        _check_time(changes["at"])
        scheduled.at = changes["at"]
        _wait(session, by, scheduled, changes["at"])
    elif scheduled.state == "failed":
        raise Invalid.at("/at", "What failed needs a time to be tried again")
    if "content" in changes:
        scheduled.content = changes["content"]
        check_content(session, by, scheduled.conversation_id, scheduled.kind, scheduled.content)
    if "text" in changes:
        if scheduled.kind == kinds.TEXT and not changes["text"].strip():
            raise Invalid.at("/text", "A text needs words")
        scheduled.text = changes["text"]
    if changes.keys() & {"at", "content"}:
        _release_content(session, scheduled, before)
    return tell_sender(session, scheduled)


def send_now(session: Session, by: Principal, scheduled_id: int) -> dict[str, Any]:
    """Have it sent at once, also after it failed. Raises NotFound, ScheduledSettled."""
    scheduled = _pending(session, by, scheduled_id, "scheduled.send")
    _wait(session, by, scheduled, clock.now())
    return tell_sender(session, scheduled)


def cancel_scheduled(session: Session, by: Principal, scheduled_id: int) -> None:
    """A repeat changes nothing. Raises NotFound, ScheduledSettled for what was sent."""
    scheduled = access_scheduled(session, by, scheduled_id, "scheduled.cancel")
    if scheduled.state == "sent":
        raise ScheduledSettled
    if scheduled.state != "cancelled":
        scheduled.state, scheduled.due_at = "cancelled", None
        _release_content(session, scheduled, scheduled.content)
        tell_sender(session, scheduled)


def _pending(session: Session, by: Principal, scheduled_id: int, action: str) -> ScheduledMessage:
    scheduled = access_scheduled(session, by, scheduled_id, action)
    if scheduled.state not in PENDING:
        raise ScheduledSettled
    return scheduled


def _wait(session: Session, by: Principal, scheduled: ScheduledMessage, until: datetime) -> None:
    if scheduled.state != "waiting":
        _check_room(session, by)
    scheduled.state, scheduled.due_at, scheduled.attempts = "waiting", until, 0
    scheduled.failure_code = scheduled.failure_detail = None


def list_scheduled(
    session: Session,
    by: Principal,
    conversation_id: int | None,
    *,
    state: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """One's own, in one conversation or all of them, by their times."""
    query = select(ScheduledMessage).where(ScheduledMessage.sender_id == by.official_id)
    if conversation_id is not None:
        access_conversation(session, by, conversation_id)
        query = query.where(ScheduledMessage.conversation_id == conversation_id)
    if state == "pending":
        query = query.where(ScheduledMessage.state.in_(PENDING))
    elif state != "any":
        query = query.where(ScheduledMessage.state == state)
    if (after := decode_cursor(cursor, int, int)) is not None:
        position = tuple_(ScheduledMessage.at, ScheduledMessage.id)
        query = query.where(position > tuple_(moment_of(after[0]), after[1]))
    rows = session.scalars(
        query.order_by(ScheduledMessage.at, ScheduledMessage.id).limit(limit + 1)
    ).all()
    found = page(rows, limit, lambda row: ((row.at - EPOCH) // timedelta(microseconds=1), row.id))
    return {**found, "items": [describe(row) for row in found["items"]]}


def describe(scheduled: ScheduledMessage) -> dict[str, Any]:
    failure = None
    if scheduled.failure_code is not None:
        failure = {"code": scheduled.failure_code, "detail": scheduled.failure_detail}
    return {
        "id": scheduled.id,
        "conversation_id": scheduled.conversation_id,
        "kind": scheduled.kind,
        "text": scheduled.text,
        "content": scheduled.content,
        "reply_to_seq": scheduled.reply_to_seq,
        "at": scheduled.at,
        "state": scheduled.state,
        "failure": failure,
        "seq": scheduled.seq,
        "created_at": scheduled.created_at,
        "client_id": scheduled.client_id,
    }


def tell_sender(session: Session, scheduled: ScheduledMessage) -> dict[str, Any]:
    """Its sender's devices hear of every change: ``scheduled.updated``, the whole of it."""
    shown = describe(scheduled)
    outbox.publish(
        session,
        "scheduled.updated",
        ScheduledSchema().dump(shown),
        rooms=[rooms.official(scheduled.sender_id)],
    )
    return shown
