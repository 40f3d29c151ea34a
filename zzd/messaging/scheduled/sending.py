"""Sending what was scheduled, when its time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, and_, select, tuple_, update
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.audit.log import record_denial
from zzd.db import transaction
from zzd.errors import Problem
from zzd.identity.principals import principal_of_account
from zzd.messaging import messages
from zzd.messaging.models import Message
from zzd.messaging.scheduled.messages import load_content, tell_sender
from zzd.messaging.scheduled.models import ScheduledMessage
from zzd.messaging.scheduled.problems import PostNotHeld

log = structlog.get_logger()

SENT_AS = "scheduled."
# When something of ours fails, it is not the sender's: it is tried again, so often.
AGAIN_AFTER, MOST_ATTEMPTS = timedelta(minutes=1), 5


def send_due() -> None:
    """Send what is due. Any number of workers may do it at once."""
    due.act_on_each(
        lambda _now: select(ScheduledMessage.id).where(_is_due()).order_by(ScheduledMessage.due_at),
        _send_or_settle,
        what="scheduled messages",
    )


def _send_or_settle(scheduled_id: int) -> None:
    try:
        _send(scheduled_id)
    except Problem as problem:
        _fail(scheduled_id, problem)
    except Exception as error:
        log.warning("a scheduled message waits", id=scheduled_id, exc_info=error)
        _postpone(scheduled_id)


def _is_due() -> ColumnElement[bool]:
    return ScheduledMessage.due_at <= clock.now()


def _claim(session: Session, scheduled_id: int) -> ScheduledMessage | None:
    return due.claim(
        session, ScheduledMessage, and_(ScheduledMessage.id == scheduled_id, _is_due())
    )


def _send(scheduled_id: int) -> None:
    """The message, its event and the note that it was sent, all or nothing.

    Should the note ever be lost while the message stays, the message's ``client_id`` finds it.
    """
    with transaction() as session:
        scheduled = _claim(session, scheduled_id)
        if scheduled is None:
            return
        sender = principal_of_account(session, scheduled.account_id, post_id=scheduled.post_id)
        if sender is None:
            raise PostNotHeld
        sent, fresh = messages.send_message(
            session,
            sender,
            scheduled.conversation_id,
            text=scheduled.text,
            kind=scheduled.kind,
            content=load_content(scheduled.kind, scheduled.content),
            mentions=scheduled.mentions,
            client_id=f"{SENT_AS}{scheduled.id}",
            reply_to_seq=scheduled.reply_to_seq,
        )
        if not fresh:
            # The repeat undid what the transaction held; whoever settles it first does.
            scheduled = _claim(session, scheduled_id)
            if scheduled is None:
                return
        scheduled.state, scheduled.due_at, scheduled.seq = "sent", None, sent["seq"]
        tell_sender(session, scheduled)


def _fail(scheduled_id: int, problem: Problem) -> None:
    with transaction() as session:
        scheduled = _claim(session, scheduled_id)
        if scheduled is None:
            return
        scheduled.state, scheduled.due_at = "failed", None
        scheduled.failure_code = problem.code
        scheduled.failure_detail = str(problem)[:500]
        tell_sender(session, scheduled)
        sender = principal_of_account(session, scheduled.account_id)
    record_denial(problem, by=sender)


def _postpone(scheduled_id: int) -> None:
    with transaction() as session:
        scheduled = _claim(session, scheduled_id)
        if scheduled is None:
            return
        scheduled.attempts += 1
        scheduled.due_at = clock.now() + AGAIN_AFTER
        if scheduled.attempts >= MOST_ATTEMPTS:
            scheduled.state, scheduled.due_at = "failed", None
            scheduled.failure_code = "internal_error"
            scheduled.failure_detail = "Something went wrong on our side; it has been recorded"
            tell_sender(session, scheduled)


def forget_words(session: Session, sent: Sequence[Message]) -> None:
    """What these messages said is not kept any more, and so not with what was to be sent either."""
    ids = [
        int(number)
        for each in sent
        if each.client_id.startswith(SENT_AS)
        and (number := each.client_id.removeprefix(SENT_AS)).isdigit()
        and len(number) < 19
    ]
    # A client's own key may look the same: the row must tell of this message's sending.
    places = {(each.conversation_id, each.seq) for each in sent}
    session.execute(
        update(ScheduledMessage)
        .where(
            ScheduledMessage.id.in_(ids),
            tuple_(ScheduledMessage.conversation_id, ScheduledMessage.seq).in_(places),
        )
        .values(text="", content=None, mentions=None),
        execution_options={"synchronize_session": False},
    )
