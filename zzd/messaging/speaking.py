"""Apps that speak for themselves: under their own name, in org groups within their part.

In the database a message of theirs has a ``sender_id`` below those of bots (``rules.app_of``), with
``client_id`` keys of its own. What an app says for an official, ``messages`` sends.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import FromClause, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import fingerprint
from zzd.errors import IdempotencyConflict, NotFound, Problem, deny
from zzd.messaging import kinds, messages
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.numbers import C, Taken
from zzd.messaging.policy import Place, may_know_of
from zzd.messaging.rules import NAMED, sender_of_app
from zzd.messaging.views import describe_message
from zzd.messaging.written import Along, insert_with
from zzd.orgtree.remembered import REVISION, audience_in
from zzd.principal import Principal

# An event is the same for everybody: it is written as for somebody who is nobody.
NOBODY = Principal(account_id=0, username="", session_id=None)


def speaks_for_itself(by: Principal) -> bool:
    return by.app_id is not None and by.official_id is None


def access_place(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    action: str,
    lock: bool = False,
    asked_by: int | None = None,
) -> Place:
    """An org group whose whole audience lies in the app's part: there it may speak for itself; and
    where the official ``asked_by`` asked it something and still is, groups and direct conversations
    of people in its part as well.

    Raises NotFound.
    """
    query = select(Conversation, REVISION).where(Conversation.id == conversation_id)
    if lock:
        query = query.with_for_update(of=Conversation).execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    found, rev = row
    audience = audience_in(session, rev, found.audience_id)
    known = by.reach is not None and may_know_of(session, by.reach, found, audience)
    named = found.kind in NAMED and asked_by is not None and _is_in(session, found, asked_by)
    if not known or not (found.kind == "org_group" or named):
        raise deny(NotFound(), action, "conversation", conversation_id)
    return Place(found, None, audience, rev)


def _is_in(session: Session, conversation: Conversation, official_id: int) -> bool:
    query = select(Participation.official_id).filter_by(
        conversation_id=conversation.id, official_id=official_id, left_at=None
    )
    return session.scalar(query) is not None


def say(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    text: str,
    kind: str = kinds.TEXT,
    content: dict[str, Any] | None = None,
    client_id: str | None = None,
    asked_by: int | None = None,
    along: Sequence[Along] = (),
) -> tuple[dict[str, Any], bool]:
    """Say something as the app of ``by``, under its name, where it may or was asked
    (``access_place``); returns the message and whether it is a fresh one. ``along`` is written with
    it. Three statements on PostgreSQL, four on SQLite: the place, which is held, the message with
    its number, the event.

    Raises NotFound, Invalid, IdempotencyConflict.
    """
    if by.app is None:
        raise RuntimeError("only apps speak for themselves")
    client_id = client_id or uuid.uuid4().hex
    sender_id = sender_of_app(by.app.id)
    said = fingerprint([conversation_id, text, kind, content])
    group = access_place(
        session, by, conversation_id, action="message.send", lock=True, asked_by=asked_by
    ).conversation
    try:
        content = kinds.prepare_content(session, by, group.id, kind, content)
        keep = kinds.keep_content(session, kind, content)
    except Problem:
        # What it names may have gone since the first of two equal requests.
        if (earlier := _said_before(session, sender_id, client_id, said)) is not None:
            return earlier, False
        raise
    now, seq = clock.now(), group.last_seq + 1
    row = {
        "conversation_id": group.id,
        "seq": seq,
        "sender_id": sender_id,
        "client_id": client_id,
        "fingerprint": said,
        "sender_name": by.app.name_zh[:50],
        "sender_title": "",
        "sender_unit": "",
        "kind": kind,
        "text": text,
        "content": content,
        "reply_to_seq": None,
        "mentions": None,
        "created_at": now,
    }
    written = insert_with(session, row, [partial(_take_number, now), *keep, *along])
    if written is None:
        earlier = _said_before(session, sender_id, client_id, said)
        if earlier is None:
            raise RuntimeError("a message that was in the way is gone")
        return earlier, False
    shown = messages.describe_sent(written.id, row, None, NOBODY)
    taken = Taken(group.id, group.kind, group.name, group.audience_id, seq, first_seq=1)
    messages.tell(session, taken, [shown])
    return shown, True


def _take_number(now: datetime, here: FromClause) -> Any:
    """The conversation is locked already."""
    taken = update(C).where(C.c.id == here.c.conversation_id)
    return taken.values(last_seq=here.c.seq, activity_at=now, changed_at=now)


def _said_before(
    session: Session, sender_id: int, client_id: str, said: str
) -> dict[str, Any] | None:
    """What an earlier request with this ``client_id`` said. Raises IdempotencyConflict."""
    earlier = session.scalar(
        select(Message).where(Message.sender_id == sender_id, Message.client_id == client_id)
    )
    if earlier is None:
        return None
    if earlier.fingerprint != said:
        raise IdempotencyConflict
    return describe_message(earlier, None, NOBODY)
