"""What happens to a message after it was sent: taken back, or said differently."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.audit import log as audit
from zzd.messaging import events, kinds
from zzd.messaging.forwards import FORWARD
from zzd.messaging.groups.notices import NOTICE
from zzd.messaging.marks.loading import add_marks
from zzd.messaging.marks.models import Pin, Reaction, ReactionCount
from zzd.messaging.messages import find_message
from zzd.messaging.models import Mention, Message, MessageVersion
from zzd.messaging.policy import access_conversation, may_manage, refuse
from zzd.messaging.problems import (
    EditWindowPassed,
    MessageRecalled,
    MessageRemoved,
    NotEditable,
    RecallWindowPassed,
)
from zzd.messaging.rules import still_within
from zzd.messaging.views import describe_message
from zzd.principal import Principal
from zzd.settings import Settings


def settings() -> Settings:
    found: Settings = current_app.extensions["zzd.settings"]
    return found


def recall_message(
    session: Session, by: Principal, conversation_id: int, seq: int
) -> dict[str, Any]:
    """Take back what one said, within the time set; its place in the order stays.

    Who manages a group or an audience's conversation takes back anybody's, at any time, and it
    is recorded who did. What people added to the message goes with it. A repeat changes nothing.
    Raises NotFound, NotPermitted, MessageRemoved, NotEditable for a notice,
    RecallWindowPassed.
    """
    place = access_conversation(session, by, conversation_id, action="message.recall", lock=True)
    message, quoted = find_message(session, place, seq)
    own = message.sender_id == by.official_id
    managing = may_manage(by, place)
    if not own and not managing:
        raise refuse("message.recall", place, "Only its sender recalls a message")
    if message.recalled_at is not None:
        return describe_message(message, quoted, by)
    if message.removed_at is not None:
        raise MessageRemoved
    if message.kind == NOTICE:
        raise NotEditable
    now = clock.now()
    if not managing and not still_within(settings().recall_within, message.created_at, now):
        raise RecallWindowPassed
    message.recalled_at = message.changed_at = place.conversation.changed_at = now
    message.recalled_by_id, message.recalled_by_name = by.official_id, by.official_name
    for added in (Mention, Reaction, ReactionCount, Pin):
        session.execute(
            delete(added).filter_by(conversation_id=conversation_id, seq=seq),
            execution_options={"synchronize_session": False},
        )
    if not own:
        audit.append(
            session,
            "message.recall",
            by=by,
            object_kind="conversation",
            object_id=conversation_id,
            seq=seq,
            sender_id=message.sender_id,
        )
    events.message_recalled(
        session,
        conversation_id,
        seq=seq,
        recalled_at=now,
        recalled_by={"id": str(by.official_id), "name": by.official_name},
        to=events.rooms_of(conversation_id, place.conversation.audience_id),
    )
    return describe_message(message, quoted, by)


def edit_message(
    session: Session, by: Principal, conversation_id: int, seq: int, text: str
) -> dict[str, Any]:
    """Say differently what one said, within the time set; what it said before is kept.

    The same words again change nothing. Raises NotFound, NotPermitted, MessageRecalled,
    MessageRemoved, NotEditable, EditWindowPassed.
    """
    place = access_conversation(session, by, conversation_id, action="message.edit", lock=True)
    message, quoted = find_message(session, place, seq)
    if message.sender_id != by.official_id:
        raise refuse("message.edit", place, "Only its sender changes a message")
    if message.recalled_at is not None:
        raise MessageRecalled
    if message.removed_at is not None:
        raise MessageRemoved
    if message.kind == FORWARD or message.kind not in kinds.names():
        raise NotEditable
    now = clock.now()
    if not still_within(settings().edit_within, message.created_at, now):
        raise EditWindowPassed
    if text != message.text:
        _keep_version(session, message)
        message.text = text
        message.edited_at = message.changed_at = place.conversation.changed_at = now
        events.message_updated(
            session,
            message,
            to=events.rooms_of(conversation_id, place.conversation.audience_id),
        )
    item = describe_message(message, quoted, by)
    add_marks(session, by, conversation_id, [item])
    return item


def _keep_version(session: Session, message: Message) -> None:
    """What it said until now, and since when. Under the lock of the conversation."""
    before = session.scalar(
        select(func.max(MessageVersion.no)).where(MessageVersion.message_id == message.id)
    )
    session.execute(
        insert(MessageVersion).values(
            message_id=message.id,
            no=(before or 0) + 1,
            text=message.text,
            at=message.edited_at or message.created_at,
        )
    )


def page_versions(
    session: Session,
    principal: Principal,
    conversation_id: int,
    seq: int,
    *,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """What a message said, the first words first and those of now last; of a recalled
    or removed one nothing. Raises NotFound."""
    place = access_conversation(session, principal, conversation_id)
    message, _quoted = find_message(session, place, seq)
    if message.recalled_at is not None or message.removed_at is not None:
        return {"items": [], "next": None}
    query = select(MessageVersion).where(MessageVersion.message_id == message.id)
    after = decode_cursor(cursor, int)
    if after is not None:
        query = query.where(MessageVersion.no > after[0])
    kept = session.scalars(query.order_by(MessageVersion.no).limit(limit + 1)).all()
    rows: list[dict[str, Any]] = [
        {"no": each.no, "text": each.text, "at": each.at} for each in kept
    ]
    if len(rows) <= limit:
        no = rows[-1]["no"] if rows else (after[0] if after else 0)
        at = message.edited_at or message.created_at
        rows.append({"no": no + 1, "text": message.text, "at": at})
    return page(rows, limit, lambda row: (row["no"],))
