"""Apps that speak for themselves: under their own name, in org groups within their part.

In the database a message of theirs has a ``sender_id`` below those of bots (``rules.app_of``), with
``client_id`` keys of its own. What an app says for an official, ``messages`` sends.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import fingerprint
from zzd.errors import IdempotencyConflict, NotFound, deny
from zzd.messaging import events, kinds
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import Place, may_know_of
from zzd.messaging.rules import NAMED, sender_of_app
from zzd.messaging.schemas import MessageSchema
from zzd.messaging.views import describe_message
from zzd.orgtree.in_use import find_in_use
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
    query = select(Conversation).where(Conversation.id == conversation_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    audience = None
    if found.audience_id is not None:
        audience = find_in_use(session, [found.audience_id])[found.audience_id]
    known = by.reach is not None and may_know_of(session, by.reach, found, audience)
    named = found.kind in NAMED and asked_by is not None and _is_in(session, found, asked_by)
    if not known or not (found.kind == "org_group" or named):
        raise deny(NotFound(), action, "conversation", conversation_id)
    return Place(found, None, audience)


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
    name: str,
    text: str,
    kind: str = kinds.TEXT,
    content: dict[str, Any] | None = None,
    client_id: str | None = None,
    asked_by: int | None = None,
) -> tuple[dict[str, Any], bool]:
    """Say something as the app of ``by``, under its ``name``, where it may or was asked
    (``access_place``); the message, and whether it is a fresh one. Raises NotFound, Invalid, IdempotencyConflict.
    """
    sender_id = sender_of_app(by.app_id or 0)
    client_id = client_id or uuid.uuid4().hex
    said = fingerprint([conversation_id, text, kind, content])
    group = access_place(
        session, by, conversation_id, action="message.send", lock=True, asked_by=asked_by
    ).conversation
    earlier = session.scalar(
        select(Message).where(Message.sender_id == sender_id, Message.client_id == client_id)
    )
    if earlier is not None:
        if earlier.fingerprint != said:
            raise IdempotencyConflict
        return describe_message(earlier, None, NOBODY), False
    now = clock.now()
    group.last_seq += 1
    group.activity_at = group.changed_at = now
    message = Message(
        conversation_id=group.id,
        seq=group.last_seq,
        sender_id=sender_id,
        client_id=client_id,
        fingerprint=said,
        sender_name=name[:50],
        sender_title="",
        sender_unit="",
        kind=kind,
        text=text,
        content=kinds.prepare_content(session, by, group.id, kind, content),
        created_at=now,
    )
    session.add(message)
    session.flush()
    kinds.keep_content(session, kind, group.id, message.seq, message.content)
    shown = describe_message(message, None, NOBODY)
    events.message_created(
        session,
        [MessageSchema().dump(shown)],
        conversation={"id": str(group.id), "kind": group.kind, "name": group.name},
        to=events.rooms_of(group.id, group.audience_id),
    )
    return shown, True
