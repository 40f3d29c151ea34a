"""A conversation's notice (群公告): one text that counts, and those before it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.messaging.events import rooms_of
from zzd.messaging.groups import events, notices
from zzd.messaging.groups.models import GroupNotice
from zzd.messaging.groups.schemas import NoticeSchema
from zzd.messaging.policy import access_conversation, may_manage, refuse
from zzd.messaging.problems import NotAGroup
from zzd.principal import Principal

LONGEST_TOLD = 200


def get_notice(session: Session, principal: Principal, conversation_id: int) -> dict[str, Any]:
    """``{notice}``, null where there is none. Raises NotFound."""
    access_conversation(session, principal, conversation_id)
    return {"notice": _describe(_newest(session, conversation_id))}


def put_notice(session: Session, by: Principal, conversation_id: int, text: str) -> dict[str, Any]:
    """Put up a notice, or take it away with an empty text. The same text changes nothing.

    Raises NotFound, NotAGroup for a direct conversation, NotPermitted.
    """
    place = access_conversation(session, by, conversation_id, action="notice.put", lock=True)
    conversation = place.conversation
    if conversation.kind == "direct":
        raise NotAGroup
    if not may_manage(by, place):
        raise refuse("notice.put", place, "Only who manages a conversation puts up its notice")
    before = _newest(session, conversation_id)
    if text == (before.text if before else ""):
        return {"notice": _describe(before)}
    notice = GroupNotice(
        conversation_id=conversation_id,
        text=text,
        by_id=by.official_id,
        by_name=by.official_name,
        at=clock.now(),
    )
    session.add(notice)
    session.flush()
    described = _describe(notice)
    events.notice_updated(
        session,
        conversation_id,
        NoticeSchema().dump(described) if described else None,
        to=rooms_of(conversation_id, conversation.audience_id),
    )
    if conversation.kind == "group":
        told = text[:LONGEST_TOLD]
        notices.tell(session, by, conversation, "notice_changed", text=told)
    return {"notice": described}


def page_notices(
    session: Session, principal: Principal, conversation_id: int, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """All that were ever put up, the newest first; an empty one took the notice away.

    Raises NotFound.
    """
    access_conversation(session, principal, conversation_id)
    query = select(GroupNotice).where(GroupNotice.conversation_id == conversation_id)
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(GroupNotice.id < before[0])
    rows = session.scalars(query.order_by(GroupNotice.id.desc()).limit(limit + 1)).all()
    found = page(rows, limit, lambda row: (row.id,))
    return {**found, "items": [_as_dict(row) for row in found["items"]]}


def _newest(session: Session, conversation_id: int) -> GroupNotice | None:
    query = select(GroupNotice).where(GroupNotice.conversation_id == conversation_id)
    return session.scalar(query.order_by(GroupNotice.id.desc()).limit(1))


def _describe(notice: GroupNotice | None) -> dict[str, Any] | None:
    return _as_dict(notice) if notice and notice.text else None


def _as_dict(notice: GroupNotice) -> dict[str, Any]:
    by = {"id": notice.by_id, "name": notice.by_name}
    return {"text": notice.text, "by": by, "at": notice.at}
