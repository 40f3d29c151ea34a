"""What happens to a group, told in the group itself: messages of the kind ``notice``.

Only services write them, with the change they tell of. Whoever had read everything before has
read the notice too, so that nobody's unread count moves because somebody joined.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import Schema
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import fingerprint
from zzd.messaging import events
from zzd.messaging.kinds import Kind
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.schemas import MessageSchema
from zzd.messaging.views import describe_message
from zzd.orgtree.models import Official
from zzd.principal import Principal

NOTICE = "notice"
# Of more people than these a notice tells only how many they are.
MOST_NAMED = 20
KIND = Kind(NOTICE, Schema, from_clients=False)


def tell(
    session: Session,
    by: Principal,
    conversation: Conversation,
    action: str,
    *,
    official_ids: Collection[int] = (),
    name: str | None = None,
    text: str | None = None,
) -> None:
    """Say in a group, whose row the caller has locked, what ``by`` did.

    ``action`` is added, joined, removed, left, made_owner, made_admin, made_member (of
    ``official_ids``), renamed (to ``name``) or notice_changed (to ``text``); to people who
    came, ``text`` is the group's welcome. Of the bot ``name``: bot_added, bot_renamed (from
    ``text``), bot_switched_on, bot_switched_off, bot_secret_rotated, bot_removed.
    """
    now = clock.now()
    conversation.last_seq += 1
    conversation.activity_at = conversation.changed_at = now
    seq = conversation.last_seq
    message = Message(
        conversation_id=conversation.id,
        seq=seq,
        sender_id=by.official_id,
        client_id=uuid.uuid4().hex,
        fingerprint=fingerprint([conversation.id, seq]),
        sender_name=by.official_name,
        sender_title=by.post.title if by.post else "",
        sender_unit=by.post.unit_name if by.post else "",
        kind=NOTICE,
        text="",
        content={
            "action": action,
            "people": _named(session, official_ids),
            "count": len(official_ids),
            "name": name,
            "text": text,
        },
        created_at=now,
    )
    session.add(message)
    session.flush()
    session.execute(
        update(Participation)
        .where(
            Participation.conversation_id == conversation.id,
            Participation.read_seq == seq - 1,
            Participation.left_at.is_(None),
        )
        .values(read_seq=seq)
        .execution_options(synchronize_session=False)
    )
    events.message_created(
        session,
        [MessageSchema().dump(describe_message(message, None, by))],
        conversation={
            "id": str(conversation.id),
            "kind": conversation.kind,
            "name": conversation.name,
        },
        to=events.rooms_of(conversation.id, None),
    )


def _named(session: Session, official_ids: Collection[int]) -> list[dict[str, Any]]:
    if not official_ids:
        return []
    some = sorted(official_ids)[:MOST_NAMED]
    query = select(Official.id, Official.name).where(Official.id.in_(some)).order_by(Official.id)
    return [{"id": str(row.id), "name": row.name} for row in session.execute(query)]
