"""What an app answers to a command, and what whoever asked is told when nothing comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from zzd import clock, due
from zzd.db import fingerprint, transaction
from zzd.errors import NotFound, deny
from zzd.messaging import speaking
from zzd.messaging.cards import cards
from zzd.miniapps.commanding import events
from zzd.miniapps.commanding.invoking import describe
from zzd.miniapps.commanding.models import CommandCall
from zzd.miniapps.commanding.problems import CommandSettled
from zzd.miniapps.commanding.schemas import ANSWERED, FAILED, WAITING
from zzd.miniapps.installations.reach import live_installation
from zzd.principal import Principal

NO_ANSWER, APP_GONE = "no_answer", "app_gone"
KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 5000


def answer_command(
    session: Session, by: Principal, call_id: int, said: dict[str, Any]
) -> CommandCall:
    """Answer what somebody asked of this installation: ``said`` is as CommandAnswerSchema loads it.
    The same answer again changes nothing.

    Raises NotFound, CommandSettled, Invalid, CardKeyTaken.
    """
    call = session.get(CommandCall, call_id, with_for_update=True)
    if call is None:
        raise NotFound
    if call.installation_id != by.installation_id:
        raise deny(NotFound(), "command.answer", "command", call_id)
    body = fingerprint([said])
    if call.state == ANSWERED and call.answer_fingerprint == body:
        return call
    if call.state != WAITING:
        raise CommandSettled
    if "text" in said:
        call.answer = said["text"]
    else:
        call.seq = _say(session, by, call, said)
    call.answer_fingerprint = body
    _settle(session, call, ANSWERED)
    return call


def _say(session: Session, by: Principal, call: CommandCall, said: dict[str, Any]) -> int:
    """In the conversation, under the app's name, as long as whoever asked is in it."""
    where: dict[str, Any] = {"client_id": f"command-{call.id}", "asked_by": call.sender_id}
    if "card" in said:
        content = {name: value for name, value in said["card"].items() if name != "key"}
        card, _ = cards.send_card(
            session, by, call.conversation_id, content=content, key=said["card"]["key"], **where
        )
        return int(card["seq"])
    text = said["message"]["text"]
    message, _ = speaking.say(session, by, call.conversation_id, text=text, **where)
    return int(message["seq"])


def _settle(session: Session, call: CommandCall, state: str, reason: str | None = None) -> None:
    call.state, call.reason = state, reason
    call.answer_until, call.settled_at = None, clock.now()
    session.flush()
    events.command_updated(session, call, describe(session, call))


def give_up_due() -> None:
    """Tell those whom no app answered in time."""
    due.act_on_each(_overdue, _give_up, what="a command without an answer")


def _overdue(now: datetime) -> Select[int]:
    return (
        select(CommandCall.id)
        .where(CommandCall.answer_until <= now)
        .order_by(CommandCall.answer_until)
    )


def _give_up(call_id: int) -> None:
    with transaction() as session:
        overdue = (CommandCall.id == call_id) & (CommandCall.answer_until <= due.moment(session))
        call = due.claim(session, CommandCall, overdue)
        if call is not None:
            live = live_installation(session, call.installation_id)
            _settle(session, call, FAILED, NO_ANSWER if live else APP_GONE)


def forget_old() -> None:
    """Delete what was asked long ago."""
    before = clock.now() - KEPT_FOR
    while True:
        with transaction() as session:
            old = select(CommandCall.id).where(CommandCall.created_at < before)
            old = old.limit(FORGOTTEN_AT_ONCE)
            result: Any = session.execute(delete(CommandCall).where(CommandCall.id.in_(old)))
        if result.rowcount < FORGOTTEN_AT_ONCE:
            return
